"""The parts' tables in a company's store, all folded from runs and rebuilt with them. Times are microseconds."""

PARTS = """
CREATE TABLE versions (
    machine_id INTEGER NOT NULL,
    program TEXT NOT NULL,
    version INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    comment TEXT,
    runs INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    reference TEXT,
    times INTEGER NOT NULL,
    counting_since INTEGER,
    longest_gap INTEGER NOT NULL,
    PRIMARY KEY (machine_id, program, version)
) WITHOUT ROWID;
CREATE TABLE parts (
    machine_id INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    program TEXT NOT NULL,
    version INTEGER NOT NULL,
    grade TEXT NOT NULL,
    rule TEXT NOT NULL,
    active INTEGER NOT NULL,
    held INTEGER NOT NULL,
    gaps TEXT NOT NULL,
    PRIMARY KEY (machine_id, started)
) WITHOUT ROWID;
CREATE INDEX parts_by_program ON parts (machine_id, program, version, started);
"""
PROJECTED = ("versions", "parts")
