"""The orders' tables in a company's store: all filled by people (pages, API, imports), none folded.

Times are microseconds since 1970, UTC; durations seconds (``_s``); `due` is a calendar day, YYYY-MM-DD. `closed` is the
moment at which an order was closed, NULL while it is open. No foreign keys: a rebuild copies the tables one by one.
"""

ORDERS = """
CREATE TABLE items (
    item TEXT PRIMARY KEY,
    name TEXT,
    revision TEXT,
    material TEXT,
    thickness_mm REAL,
    mass_kg REAL,
    customer TEXT,
    unit TEXT
) WITHOUT ROWID;
CREATE TABLE routing_steps (
    item TEXT NOT NULL,
    operation TEXT NOT NULL,
    position INTEGER NOT NULL,
    process TEXT NOT NULL,
    machine TEXT,
    machine_class TEXT,
    site TEXT,
    setup_s REAL,
    cycle_s REAL,
    handwork_s REAL,
    bends INTEGER,
    note TEXT,
    PRIMARY KEY (item, operation)
) WITHOUT ROWID;
CREATE TABLE nests (
    machine TEXT NOT NULL,
    program TEXT NOT NULL,
    sheet_item TEXT,
    sheet_quantity REAL,
    remnant TEXT,
    PRIMARY KEY (machine, program)
) WITHOUT ROWID;
CREATE TABLE nest_lines (
    machine TEXT NOT NULL,
    program TEXT NOT NULL,
    order_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    cut_mm REAL,
    pierces INTEGER,
    area_mm2 REAL,
    PRIMARY KEY (machine, program, order_id, operation)
) WITHOUT ROWID;
CREATE INDEX nest_lines_by_order ON nest_lines (order_id, operation);
CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    customer TEXT,
    customer_order TEXT,
    item TEXT NOT NULL,
    revision TEXT,
    quantity INTEGER NOT NULL,
    due TEXT,
    priority INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    closed INTEGER
) WITHOUT ROWID;
CREATE INDEX orders_by_due ON orders (due, order_id);
CREATE INDEX orders_by_item ON orders (item);
CREATE TABLE operations (
    order_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    position INTEGER NOT NULL,
    process TEXT NOT NULL,
    machine TEXT,
    machine_class TEXT,
    site TEXT,
    setup_s REAL,
    cycle_s REAL,
    handwork_s REAL,
    bends INTEGER,
    quantity INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (order_id, operation)
) WITHOUT ROWID;
CREATE INDEX operations_by_machine ON operations (machine);
CREATE TABLE operators (
    code TEXT PRIMARY KEY,
    name TEXT,
    site TEXT,
    active INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE import_columns (
    kind TEXT NOT NULL,
    heading TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (kind, heading)
) WITHOUT ROWID;
"""
BOOKS = ("items", "routing_steps", "nests", "nest_lines", "orders", "operations", "operators", "import_columns")
