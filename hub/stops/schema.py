"""The stops' tables in a company's store: reasons as they were reported, and what a company chose to set.

Stops themselves are computed from the timeline and stored nowhere. Times are microseconds since 1970.
"""

STOPS = """
CREATE TABLE stop_reports (
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    machine TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT,
    operator TEXT,
    ongoing INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (epoch_no, seq)
) WITHOUT ROWID;
CREATE INDEX stop_reports_by_time ON stop_reports (machine, to_at);
CREATE TABLE stop_reasons (
    code TEXT PRIMARY KEY,
    ja TEXT NOT NULL,
    en TEXT NOT NULL,
    grp TEXT NOT NULL,
    position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE stop_settings (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
"""
PROJECTED = ("stop_reports",)
BOOKS = ("stop_reasons", "stop_settings")
