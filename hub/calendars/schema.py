"""The calendars' tables in a company's store, filled by people: plans by scope, and the days that differ.

A scope is "" (the company), a site or a machine (`site/machine`). Plans and days are JSON of `hub.calendars.model`.
"""

CALENDARS = """
CREATE TABLE calendar_plans (
    scope TEXT PRIMARY KEY,
    plan TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE calendar_days (
    scope TEXT NOT NULL,
    day TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (scope, day)
) WITHOUT ROWID;
"""
BOOKS = ("calendar_plans", "calendar_days")
