"""The quality room's tables in a company's store. Times are microseconds since 1970 UTC, days YYYY-MM-DD.

Measurements are folded from inspection records, judged by the characteristics and orders as they are now;
characteristics, gauges, what people decided about a nonconformance and what they left out of a chart's baseline are
books. A nonconformance is a measurement whose verdict is out. `violations` holds what each chart says, drawn anew for
the characteristics in `charts_due` alone. `quality_marks` numbers what changed in the books, so that a fold made from
an older copy of them knows what it lacks.
"""

QUALITY = """
CREATE TABLE measurements (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    characteristic TEXT NOT NULL,
    value REAL,
    passed INTEGER,
    unit TEXT,
    machine TEXT,
    order_id TEXT,
    operation TEXT,
    lot TEXT,
    serial TEXT,
    instrument TEXT,
    operator TEXT,
    verdict TEXT,
    fault TEXT,
    fault_ja TEXT,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE INDEX measurements_by_characteristic ON measurements (characteristic, at, epoch_no, seq);
CREATE INDEX measurements_by_order ON measurements (order_id, operation, at) WHERE order_id IS NOT NULL;
CREATE INDEX measurements_by_lot ON measurements (lot, at) WHERE lot IS NOT NULL;
CREATE INDEX measurements_by_serial ON measurements (serial, at) WHERE serial IS NOT NULL;
CREATE INDEX measurements_by_machine ON measurements (machine, at) WHERE machine IS NOT NULL;
CREATE INDEX measurements_out ON measurements (at, epoch_no, seq) WHERE verdict IN ('low', 'high', 'fail');
CREATE INDEX measurements_at_fault ON measurements (at, epoch_no, seq) WHERE fault IS NOT NULL;
CREATE TABLE characteristics (
    characteristic TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    operation TEXT NOT NULL,
    made BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX characteristics_by_item ON characteristics (item, operation);
CREATE TABLE gauges (
    gauge TEXT PRIMARY KEY,
    name TEXT,
    site TEXT,
    active INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE calibrations (
    gauge TEXT NOT NULL,
    calibrated_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    PRIMARY KEY (gauge, calibrated_on)
) WITHOUT ROWID;
CREATE TABLE dispositions (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    disposition TEXT NOT NULL,
    cause TEXT,
    note TEXT,
    decided_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE TABLE exclusions (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    characteristic TEXT NOT NULL,
    reason TEXT NOT NULL,
    excluded_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE INDEX exclusions_by_characteristic ON exclusions (characteristic);
CREATE TABLE violations (
    characteristic TEXT NOT NULL,
    at INTEGER NOT NULL,
    number INTEGER NOT NULL,
    rule TEXT NOT NULL,
    spread INTEGER NOT NULL,
    value REAL NOT NULL,
    provisional INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    order_id TEXT,
    machine TEXT,
    PRIMARY KEY (characteristic, number, rule, spread)
) WITHOUT ROWID;
CREATE INDEX violations_by_time ON violations (at);
CREATE TABLE charts_due (characteristic TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE quality_marks (
    number INTEGER PRIMARY KEY,
    characteristic TEXT,
    order_id TEXT
);
CREATE TRIGGER characteristic_saved AFTER INSERT ON characteristics BEGIN
    INSERT INTO quality_marks (characteristic) VALUES (new.characteristic); END;
CREATE TRIGGER exclusion_made AFTER INSERT ON exclusions BEGIN
    INSERT INTO quality_marks (characteristic) VALUES (new.characteristic); END;
CREATE TRIGGER exclusion_withdrawn AFTER DELETE ON exclusions BEGIN
    INSERT INTO quality_marks (characteristic) VALUES (old.characteristic); END;
CREATE TRIGGER measured_order_added AFTER INSERT ON orders BEGIN
    INSERT INTO quality_marks (order_id) VALUES (new.order_id); END;
CREATE TRIGGER measured_order_removed AFTER DELETE ON orders BEGIN
    INSERT INTO quality_marks (order_id) VALUES (old.order_id); END;
"""
PROJECTED = ("measurements", "violations", "charts_due")
BOOKS = ("characteristics", "gauges", "calibrations", "dispositions", "exclusions", "quality_marks")
"""The marks last: copying the others fires the triggers, and these then take the place of what came of it."""
