"""What a company chose to offer at its terminals, in its store. Its list of work itself is read from other rooms."""

REJECTS = """
CREATE TABLE reject_reasons (
    code TEXT PRIMARY KEY,
    ja TEXT NOT NULL,
    en TEXT NOT NULL,
    position INTEGER NOT NULL
) WITHOUT ROWID;
"""
BOOKS = ("reject_reasons",)
