"""Telemetry's tables in a company's store.

`sample_blocks` holds blocks as they came, moved out of the ledger's segment in one transaction; `sample_hours` holds
them re-cut by signal and hour. A sample is stored once: content moves from one to the next and never changes, so
these tables are truth and a rebuild leaves them alone. A block's times are `base` + its distances; `t0`, `seen` and
`own` say how `base` came about, so that a correction of the agent's clock can move it (blocks written before these
columns came stay where they are).
"""

SERIES = """
CREATE TABLE sample_blocks (
    machine_id INTEGER NOT NULL,
    signal TEXT NOT NULL,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    t_min INTEGER NOT NULL,
    t_max INTEGER NOT NULL,
    count INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    received INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (machine_id, signal, epoch_no, seq)
) WITHOUT ROWID;
CREATE TABLE sample_hours (
    machine_id INTEGER NOT NULL,
    signal TEXT NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    good INTEGER NOT NULL,
    low REAL,
    mean REAL,
    high REAL,
    minutes BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (machine_id, signal, hour)
) WITHOUT ROWID;
"""
STAMPED = """
ALTER TABLE sample_blocks ADD COLUMN t0 INTEGER;
ALTER TABLE sample_blocks ADD COLUMN seen INTEGER;
ALTER TABLE sample_blocks ADD COLUMN own INTEGER;
ALTER TABLE sample_blocks ADD COLUMN base INTEGER;
"""
