"""Users and their sessions. A session's id is known to the browser alone; its hash is kept."""

from dataclasses import dataclass

from hub.directory.company import Desk
from hub.directory.names import check_email
from hub.directory.roles import Role, check_roles, pack_roles, unpack_roles
from hub.directory.secrets import (
    check_password,
    digest,
    hash_password,
    new_password,
    new_secret,
    verify_password,
)
from hub.errors import Conflict, NotAllowed, NotFound
from hub.stores.company import Reader, Writer

SESSION_US = 12 * 3_600_000_000
_TOUCH_US = 5 * 60_000_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session's user; `expires_us` moves on as the session is used."""

    company: str
    email: str
    roles: frozenset[Role]
    expires_us: int

    def is_due(self, now_us: int) -> bool:
        """Whether its end should be moved on now (not at every request: that would be a write each)."""
        return self.expires_us - now_us < SESSION_US - _TOUCH_US


def add_user(desk: Desk, email: str, roles: frozenset[str], password: str | None, now_us: int) -> tuple[str, str]:
    """A new user: e-mail as kept, and the password (a made one where none is given). About 0.1 s."""
    email, known_roles = check_email(email), check_roles(roles)
    if desk.writer.one("SELECT 1 FROM users WHERE email = ?", (email,)):
        raise Conflict(f"{email} has an account already")
    secret = new_password() if password is None else check_password(password)
    desk.writer.run(
        "INSERT INTO users VALUES (?, ?, ?, ?, ?)",
        (email, desk.slug, pack_roles(known_roles), hash_password(secret), now_us),
    )
    return email, secret


def remove_user(desk: Desk, email: str) -> None:
    """Removes the user and ends their sessions; Conflict for the company's last admin."""
    roles = _roles_of(desk, email)
    if "admin" in roles and _admins(desk) == 1:
        raise Conflict(f"{email} is the last admin of company {desk.slug!r}; add another admin first")
    desk.writer.run("DELETE FROM sessions WHERE email = ?", (email,))
    desk.writer.run("DELETE FROM users WHERE email = ? AND company = ?", (email, desk.slug))


def _roles_of(desk: Desk, email: str) -> frozenset[Role]:
    row = desk.writer.one("SELECT roles FROM users WHERE email = ? AND company = ?", (email, desk.slug))
    if row is None:
        raise NotFound(f"user {email[:80]!r} in company {desk.slug!r}")
    return unpack_roles(row[0])


def _admins(desk: Desk) -> int:
    rows = desk.writer.all("SELECT roles FROM users WHERE company = ?", (desk.slug,))
    return sum("admin" in unpack_roles(roles) for (roles,) in rows)


def set_password(desk: Desk, email: str, password: str | None) -> str:
    """A new password (a made one where None); every session of the user ends. About 0.1 s."""
    _roles_of(desk, email)
    secret = new_password() if password is None else check_password(password)
    desk.writer.run("UPDATE users SET password_hash = ? WHERE email = ?", (hash_password(secret), email))
    desk.writer.run("DELETE FROM sessions WHERE email = ?", (email,))
    return secret


def change_own_password(desk: Desk, email: str, current: str, password: str) -> None:
    """As `set_password`, for a person who proves to know the current one; NotAllowed where they do not."""
    row = desk.writer.one("SELECT password_hash FROM users WHERE email = ? AND company = ?", (email, desk.slug))
    if not verify_password(row[0] if row else None, current):
        raise NotAllowed("the current password is not right; nothing was changed")
    set_password(desk, email, password)


def password_hash(reader: Reader, email: str) -> str | None:
    """The hash of this user's password, None where there is no such user."""
    row = reader.one("SELECT password_hash FROM users WHERE email = ?", (email.strip().lower(),))
    return None if row is None else str(row[0])


def open_session(writer: Writer, email: str, now_us: int) -> str:
    """A new session's id; sessions that have ended are swept out."""
    writer.run("DELETE FROM sessions WHERE expires_us <= ?", (now_us,))
    session = new_secret("tss")
    writer.run(
        "INSERT INTO sessions VALUES (?, ?, ?, ?)",
        (digest(session), email.strip().lower(), now_us, now_us + SESSION_US),
    )
    return session


def find_session(reader: Reader, session: str, now_us: int) -> SignedIn | None:
    """Whose live session this is; None where it is nobody's."""
    row = reader.one(
        """SELECT u.company, u.email, u.roles, s.expires_us FROM sessions AS s
           JOIN users AS u ON u.email = s.email WHERE s.hash = ? AND s.expires_us > ?""",
        (digest(session), now_us),
    )
    return None if row is None else SignedIn(row[0], row[1], unpack_roles(row[2]), row[3])


def touch_session(writer: Writer, session: str, now_us: int) -> None:
    """Moves a session's end on: it is in use."""
    sql = "UPDATE sessions SET expires_us = ? WHERE hash = ?"
    writer.run(sql, (now_us + SESSION_US, digest(session)))


def end_session(writer: Writer, session: str) -> None:
    """Signs out; nothing happens where there is no such session."""
    writer.run("DELETE FROM sessions WHERE hash = ?", (digest(session),))
