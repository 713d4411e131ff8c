"""Traceability's tables in a company's store.

`lot_steps` keeps each `lot` record under its identity; what cannot be understood keeps its `fault`. `lot_claims` are
the parentages that records claim, the refused ones among them; `lots` and `lot_links` are what follows from the
rest. `certificates` and `handovers` are filled by people. Times are microseconds since 1970.
"""

TRACE = """
CREATE TABLE lots (
    lot_id INTEGER PRIMARY KEY,
    lot TEXT NOT NULL UNIQUE,
    item TEXT,
    unit TEXT,
    came REAL,
    went REAL,
    remains REAL,
    shipped REAL,
    findings TEXT NOT NULL DEFAULT '[]',
    first_at INTEGER,
    last_at INTEGER
);
CREATE INDEX lots_by_time ON lots (last_at, lot_id);
CREATE INDEX lots_by_item ON lots (item, lot_id);
CREATE INDEX lots_not_in_balance ON lots (last_at, lot_id) WHERE findings <> '[]';
CREATE TABLE lot_steps (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    lot_id INTEGER,
    lot TEXT NOT NULL,
    item TEXT,
    quantity REAL,
    unit TEXT,
    parents TEXT NOT NULL,
    taken TEXT NOT NULL,
    order_id TEXT,
    operation TEXT,
    machine TEXT,
    operator TEXT,
    customer TEXT,
    certificate TEXT,
    fault TEXT,
    circular INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE INDEX lot_steps_by_lot ON lot_steps (lot_id, at);
CREATE INDEX lot_steps_by_operation ON lot_steps (order_id, operation, at);
CREATE INDEX lot_steps_by_machine ON lot_steps (machine, at);
CREATE INDEX lot_steps_not_understood ON lot_steps (at) WHERE fault IS NOT NULL OR circular;
CREATE TABLE lot_claims (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    parent_id INTEGER NOT NULL,
    child_id INTEGER NOT NULL,
    stated REAL,
    amount REAL,
    unit TEXT,
    PRIMARY KEY (epoch_no, seq, parent_id)
) WITHOUT ROWID;
CREATE INDEX lot_claims_down ON lot_claims (parent_id, child_id);
CREATE INDEX lot_claims_up ON lot_claims (child_id, parent_id);
CREATE TABLE lot_links (
    parent_id INTEGER NOT NULL,
    child_id INTEGER NOT NULL,
    quantity REAL,
    unit TEXT,
    PRIMARY KEY (parent_id, child_id)
) WITHOUT ROWID;
CREATE INDEX lot_links_up ON lot_links (child_id, parent_id, quantity, unit);
CREATE TABLE certificates (
    certificate_id INTEGER PRIMARY KEY,
    lot TEXT NOT NULL,
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (lot, sha256)
);
CREATE TABLE handovers (
    digest TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('out', 'in')),
    lot TEXT NOT NULL,
    alias TEXT NOT NULL,
    company TEXT,
    company_name TEXT,
    quantity REAL,
    unit TEXT,
    made INTEGER NOT NULL,
    ends INTEGER,
    salt TEXT NOT NULL,
    PRIMARY KEY (digest, side)
) WITHOUT ROWID;
CREATE INDEX handovers_by_lot ON handovers (lot);
CREATE TABLE trace_consents (
    lot TEXT NOT NULL,
    company TEXT NOT NULL,
    until INTEGER,
    given_by TEXT NOT NULL,
    given INTEGER NOT NULL,
    PRIMARY KEY (lot, company)
) WITHOUT ROWID;
"""
PROJECTED = ("lots", "lot_steps", "lot_claims", "lot_links")
BOOKS = ("certificates", "handovers", "trace_consents")
