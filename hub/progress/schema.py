"""The progress tables in a company's store. Times are microseconds since 1970, UTC; machines by key ``site/machine``.

Folded: `progress_reports`, each report under its (epoch_no, seq); `work`, one row for each run and operation it was
for, `order_id` NULL where it belongs to nothing (`named`: the order its machine named then); `work_due`, from when on
a machine's work is to be joined anew; `taken_up`, what had been taken up at a machine by a time and not finished, to
fold reports on from.

Books: `bindings`, what people said a program was for, one word after another; `program_lines`, the nests' lines with
the time they held: a line that is taken away goes on to hold for what had run by then, so that a program number that
is used again for another order leaves the work of the first one where it was. `marks` numbers what changed in the
books, and from when on that concerns runs, so that a fold made from an older copy of them knows what it lacks.
"""

PROGRESS = """
CREATE TABLE progress_reports (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    machine TEXT,
    action TEXT NOT NULL,
    good INTEGER,
    reject INTEGER,
    rework INTEGER,
    reason TEXT,
    operator TEXT,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE INDEX progress_by_operation ON progress_reports (order_id, operation, at);
CREATE INDEX progress_by_machine ON progress_reports (machine, at);
CREATE INDEX progress_turns ON progress_reports (order_id, operation, at, epoch_no, seq, action)
    WHERE action IN ('start', 'resume', 'finish');
CREATE INDEX changes_naming ON changes (machine_id, signal, at) WHERE signal IN ('order', 'operation');
CREATE TABLE taken_up (
    machine TEXT NOT NULL,
    at INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (machine, at)
) WITHOUT ROWID;
CREATE TABLE work (
    machine_id INTEGER NOT NULL,
    started INTEGER NOT NULL,
    line INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    program TEXT,
    order_id TEXT,
    operation TEXT,
    source TEXT,
    quantity INTEGER NOT NULL,
    strokes INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    active REAL NOT NULL,
    named TEXT,
    PRIMARY KEY (machine_id, started, line)
) WITHOUT ROWID;
CREATE INDEX work_by_operation ON work (order_id, operation);
CREATE INDEX work_unassigned ON work (machine_id, program, started) WHERE order_id IS NULL;
CREATE INDEX work_by_name ON work (named, machine_id, started) WHERE named IS NOT NULL;
CREATE TABLE work_due (
    machine TEXT PRIMARY KEY,
    from_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE bindings (
    number INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    program TEXT,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    kind TEXT NOT NULL,
    order_id TEXT,
    operation TEXT,
    who TEXT NOT NULL,
    decided INTEGER NOT NULL,
    why TEXT
);
CREATE INDEX bindings_by_machine ON bindings (machine, program, until_at, from_at);
CREATE INDEX bindings_by_order ON bindings (order_id);
CREATE TABLE program_lines (
    machine TEXT NOT NULL,
    program TEXT NOT NULL,
    order_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    cut_mm REAL,
    pierces INTEGER,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (machine, program, order_id, operation)
) WITHOUT ROWID;
CREATE INDEX program_lines_by_order ON program_lines (order_id, operation);
CREATE TABLE marks (
    number INTEGER PRIMARY KEY,
    machine TEXT,
    program TEXT,
    order_id TEXT,
    from_at INTEGER
);
CREATE TRIGGER nest_line_added AFTER INSERT ON nest_lines BEGIN
    INSERT INTO program_lines SELECT new.machine, new.program, new.order_id, new.operation, new.quantity, new.cut_mm,
        new.pierces, coalesce((SELECT max(until_at) + 1 FROM program_lines WHERE machine = new.machine
        AND program = new.program), -4611686018427387904), NULL WHERE true
        ON CONFLICT (machine, program, order_id, operation) DO UPDATE SET quantity = excluded.quantity,
        cut_mm = excluded.cut_mm, pierces = excluded.pierces, until_at = NULL;
    INSERT INTO marks (machine, program, from_at) SELECT machine, program, from_at FROM program_lines
        WHERE machine = new.machine AND program = new.program AND order_id = new.order_id
        AND operation = new.operation;
END;
CREATE TRIGGER nest_line_removed AFTER DELETE ON nest_lines BEGIN
    UPDATE program_lines SET until_at = coalesce((SELECT max(started) FROM runs JOIN machines USING (machine_id)
        WHERE machine = old.machine AND program = old.program), -4611686018427387904)
        WHERE machine = old.machine AND program = old.program AND order_id = old.order_id
        AND operation = old.operation;
    INSERT INTO marks (machine, program, from_at) SELECT machine, program, until_at FROM program_lines
        WHERE machine = old.machine AND program = old.program AND order_id = old.order_id
        AND operation = old.operation;
    DELETE FROM program_lines WHERE until_at = -4611686018427387904 AND machine = old.machine
        AND program = old.program;
END;
CREATE TRIGGER order_added AFTER INSERT ON orders BEGIN
    INSERT INTO marks (order_id) VALUES (new.order_id); END;
CREATE TRIGGER order_changed AFTER UPDATE ON orders BEGIN INSERT INTO marks (order_id) VALUES (new.order_id); END;
CREATE TRIGGER order_removed AFTER DELETE ON orders BEGIN INSERT INTO marks (order_id) VALUES (old.order_id); END;
CREATE TRIGGER operation_added AFTER INSERT ON operations BEGIN
    INSERT INTO marks (order_id) VALUES (new.order_id); END;
CREATE TRIGGER operation_removed AFTER DELETE ON operations BEGIN
    INSERT INTO marks (order_id) VALUES (old.order_id); END;
"""
PROJECTED = ("progress_reports", "taken_up", "work", "work_due")
BOOKS = ("bindings", "program_lines", "marks")
"""After the orders' tables: copying those fires the triggers, and these then take the place of what came of it."""
