"""The machines' tables in a company's store. All but `life` are folded from the ledger and can be rebuilt."""

MACHINES = """
CREATE TABLE machines (
    machine_id INTEGER PRIMARY KEY,
    machine TEXT NOT NULL UNIQUE,
    at INTEGER,
    record BLOB,
    epoch_no INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE state_models (
    machine_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    model TEXT NOT NULL,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (machine_id, at)
) WITHOUT ROWID;
CREATE TABLE changes (
    machine_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    signal TEXT NOT NULL,
    value,
    quality INTEGER NOT NULL,
    code TEXT,
    seen INTEGER NOT NULL,
    wrong_clock INTEGER NOT NULL,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (machine_id, at, signal)
) WITHOUT ROWID;
CREATE TABLE conditions (
    machine_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    level TEXT,
    code TEXT,
    text TEXT,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (machine_id, id, at)
) WITHOUT ROWID;
CREATE TABLE newest (
    machine_id INTEGER NOT NULL,
    signal TEXT NOT NULL,
    at INTEGER NOT NULL,
    value,
    quality INTEGER NOT NULL,
    code TEXT,
    seen INTEGER NOT NULL,
    unit TEXT,
    telemetry INTEGER NOT NULL,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (machine_id, signal)
) WITHOUT ROWID;
CREATE TABLE life (
    machine TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    known_until INTEGER,
    connected INTEGER NOT NULL,
    reason TEXT,
    bad_signals BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    received INTEGER NOT NULL
) WITHOUT ROWID;
"""
CLOCKS = """
CREATE TABLE clocks (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    offset_us INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
"""
FAULTS = """
ALTER TABLE life ADD COLUMN faults BLOB;
"""
PROJECTED = ("machines", "state_models", "changes", "conditions", "newest", "clocks")
