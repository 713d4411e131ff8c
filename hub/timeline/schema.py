"""The timeline's tables in a company's store, all folded and rebuilt from `changes`.

`intervals` and `runs` hold facts that have closed; the open ones live in `tails`. `checkpoints` are places to fold on
from when late records arrive. `due` says from when on a machine's timeline is to be folded again.
"""

TIMELINE = """
CREATE TABLE intervals (
    machine_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    state TEXT NOT NULL,
    program TEXT,
    PRIMARY KEY (machine_id, start)
) WITHOUT ROWID;
CREATE TABLE runs (
    machine_id INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    program TEXT,
    active INTEGER NOT NULL,
    held INTEGER NOT NULL,
    blind INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (machine_id, started)
) WITHOUT ROWID;
CREATE INDEX runs_by_program ON runs (machine_id, program, started);
CREATE TABLE tails (
    machine_id INTEGER PRIMARY KEY,
    tail BLOB NOT NULL
);
CREATE TABLE checkpoints (
    machine_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    tail BLOB NOT NULL,
    PRIMARY KEY (machine_id, at)
) WITHOUT ROWID;
CREATE TABLE due (
    machine_id INTEGER PRIMARY KEY,
    from_at INTEGER NOT NULL
);
CREATE TABLE faults (
    projection TEXT NOT NULL,
    machine_id INTEGER NOT NULL,
    since INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (projection, machine_id)
) WITHOUT ROWID;
"""
EVIDENCE = """
ALTER TABLE runs ADD COLUMN evidence TEXT NOT NULL DEFAULT '{}';
INSERT INTO due (machine_id, from_at) SELECT machine_id, -4611686018427387904 FROM machines WHERE true
    ON CONFLICT (machine_id) DO UPDATE SET from_at = excluded.from_at;
"""
"""Runs folded before are folded again: what their parts are judged by was not kept."""
PROJECTED = ("intervals", "runs", "tails", "checkpoints", "due", "faults")
