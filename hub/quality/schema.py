"""The quality room's tables in a company's store. Times are microseconds since 1970 UTC, days YYYY-MM-DD.

Measurements are folded from inspection records, judged by the characteristics as they are now; characteristics, gauges
and what people decided about a nonconformance are books. A nonconformance is a measurement whose verdict is out.
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
"""
PROJECTED = ("measurements",)
BOOKS = ("characteristics", "gauges", "calibrations", "dispositions")
