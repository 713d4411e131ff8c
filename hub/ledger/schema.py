"""The ledger's tables in a company's store.

`segments` holds accepted batches as zstd bodies, telemetry apart from everything else, not a row per record:
see docs/decisions/0003. `epoch_no` numbers a company's epochs in the order they first arrived; (epoch_no, seq)
orders any two records of one machine. Times are microseconds since 1970, UTC.
"""

LEDGER = """
CREATE TABLE epochs (
    epoch_no INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first_received INTEGER NOT NULL,
    records INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0,
    last_received INTEGER NOT NULL,
    UNIQUE (agent, epoch)
);
CREATE TABLE claims (
    epoch_no INTEGER NOT NULL REFERENCES epochs,
    after INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, after)
) WITHOUT ROWID;
CREATE TABLE losses (
    epoch_no INTEGER NOT NULL REFERENCES epochs,
    after INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, after)
) WITHOUT ROWID;
CREATE TABLE segments (
    segment INTEGER PRIMARY KEY,
    epoch_no INTEGER NOT NULL REFERENCES epochs,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    records INTEGER NOT NULL,
    received INTEGER NOT NULL,
    body BLOB,
    samples BLOB
);
CREATE INDEX segments_by_number ON segments (epoch_no, last_seq);
CREATE INDEX segments_with_samples ON segments (segment) WHERE samples IS NOT NULL;
CREATE TABLE spans (
    machine TEXT NOT NULL,
    segment INTEGER NOT NULL REFERENCES segments,
    at_min INTEGER NOT NULL,
    at_max INTEGER NOT NULL,
    PRIMARY KEY (machine, segment)
) WITHOUT ROWID;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    epoch_no INTEGER NOT NULL REFERENCES epochs,
    seq INTEGER,
    reason TEXT NOT NULL,
    received INTEGER NOT NULL,
    digest BLOB NOT NULL,
    raw BLOB NOT NULL,
    UNIQUE (epoch_no, seq, digest)
);
CREATE TABLE agent_status (
    agent TEXT PRIMARY KEY,
    epoch_no INTEGER NOT NULL REFERENCES epochs,
    received INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    status BLOB NOT NULL
) WITHOUT ROWID;
"""
