"""Tables of ``DIR/directory.db``, in portable SQL. Times are microseconds since 1970; secrets are hex SHA-256.

Released scripts are never edited, only followed by new ones.
"""

from typing import Final

MIGRATIONS: Final = (
    """
CREATE TABLE companies (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE TABLE sites (
    company TEXT NOT NULL REFERENCES companies (slug),
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (company, site)
);
CREATE TABLE users (
    email TEXT PRIMARY KEY,
    company TEXT NOT NULL REFERENCES companies (slug),
    roles TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    email TEXT NOT NULL REFERENCES users (email) ON DELETE CASCADE,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX sessions_by_email ON sessions (email);
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    company TEXT NOT NULL REFERENCES companies (slug),
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT,
    revoked_us BIGINT
);
CREATE TABLE agents (
    company TEXT NOT NULL,
    agent TEXT NOT NULL,
    site TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    enrolled_us BIGINT,
    revoked_us BIGINT,
    PRIMARY KEY (company, agent),
    FOREIGN KEY (company, site) REFERENCES sites (company, site)
);
CREATE TABLE enrolment_codes (
    hash TEXT PRIMARY KEY,
    company TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    used_us BIGINT,
    FOREIGN KEY (company, agent) REFERENCES agents (company, agent)
);
CREATE TABLE credentials (
    hash TEXT PRIMARY KEY,
    company TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    revoked_us BIGINT,
    FOREIGN KEY (company, agent) REFERENCES agents (company, agent)
);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at_us BIGINT NOT NULL,
    company TEXT NOT NULL,
    viewer_company TEXT NOT NULL,
    viewer_kind TEXT NOT NULL,
    viewer TEXT NOT NULL,
    verb TEXT NOT NULL,
    name TEXT NOT NULL,
    params TEXT NOT NULL,
    outcome TEXT NOT NULL,
    times BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    withheld TEXT NOT NULL
);
CREATE INDEX audit_by_company ON audit (company, number);
CREATE TABLE rebuilds (
    id INTEGER PRIMARY KEY,
    company TEXT NOT NULL REFERENCES companies (slug),
    asked_us BIGINT NOT NULL,
    done_us BIGINT,
    fault TEXT
);
""",
    """
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    authority_pem TEXT NOT NULL
);
ALTER TABLE credentials ADD COLUMN used_us BIGINT;
ALTER TABLE credentials ADD COLUMN rotate_us BIGINT NOT NULL DEFAULT 0;
UPDATE credentials SET used_us = created_us, rotate_us = created_us + 2592000000000;
CREATE INDEX credentials_by_agent ON credentials (company, agent);
""",
)
