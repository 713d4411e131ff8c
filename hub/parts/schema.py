"""The parts' tables in a company's store. Times are microseconds since 1970, UTC.

`versions` and `parts` are folded from runs and rebuilt with them. `decisions` is what people said of program versions,
one after another; `decided` is the last one that was taken into the fold. `judged` says from when on a machine's runs
were judged anew, for whoever builds on parts (and takes the row away). `settled` is what is remembered of the earlier
runs of a program's last version, so that further ones only add: with it the signatures of full runs (`steps`: how many
different ones each has) and the gaps before parts.
"""

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
DECISIONS = """
ALTER TABLE versions ADD COLUMN verdict TEXT;
ALTER TABLE versions ADD COLUMN programmed TEXT NOT NULL DEFAULT '[]';
ALTER TABLE parts ADD COLUMN holds TEXT NOT NULL DEFAULT '{}';
CREATE INDEX versions_by_until ON versions (machine_id, until);
CREATE INDEX versions_counting ON versions (machine_id, counting_since) WHERE counting_since IS NOT NULL;
CREATE TABLE settled (
    machine_id INTEGER NOT NULL,
    program TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (machine_id, program)
) WITHOUT ROWID;
CREATE TABLE settled_signatures (
    machine_id INTEGER NOT NULL,
    program TEXT NOT NULL,
    signature TEXT NOT NULL,
    steps INTEGER NOT NULL,
    times INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    holds TEXT NOT NULL,
    PRIMARY KEY (machine_id, program, signature)
) WITHOUT ROWID;
CREATE INDEX settled_leading ON settled_signatures (machine_id, program, steps, times DESC, first_at);
CREATE TABLE settled_gaps (
    machine_id INTEGER NOT NULL,
    program TEXT NOT NULL,
    gap INTEGER NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (machine_id, program, gap)
) WITHOUT ROWID;
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    program TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    signature TEXT,
    who TEXT NOT NULL,
    decided INTEGER NOT NULL,
    why TEXT
);
CREATE INDEX decisions_by_program ON decisions (machine, program);
CREATE TABLE decided (
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE judged (
    machine_id INTEGER PRIMARY KEY,
    from_at INTEGER NOT NULL
);
INSERT INTO due (machine_id, from_at) SELECT machine_id, -4611686018427387904 FROM machines WHERE true
    ON CONFLICT (machine_id) DO UPDATE SET from_at = excluded.from_at;
"""
"""Parts judged before are judged again: their programmed holds were not told apart."""
PROJECTED = ("versions", "parts", "settled", "settled_signatures", "settled_gaps", "decided", "judged")
BOOKS = ("decisions",)
