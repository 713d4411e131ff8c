"""Agents' credentials: whose one is, and how one is replaced without a moment in which none is good.

::

    enrolled ──► in use ──► due (30 days, or asked) ──► a new one beside it, not yet used ──► the new one's first use
                   ▲                                                                            ends all others
                   └────────────────────────────────────────────────────────────────────────────────┘

Both are good until the new one was used, so an agent may be killed at any point between. One that was made and never
used ends as soon as another is made. Kept are hashes alone; times are microseconds since 1970.
"""

from dataclasses import dataclass
from typing import Final

from contract.times import rfc3339
from hub.directory.company import Desk
from hub.directory.secrets import digest, new_secret
from hub.errors import NotAuthenticated, NotFound
from hub.stores.company import Reader, Writer

ROTATE_DAYS: Final = 30
_DAY_US: Final = 86_400_000_000
_ENROL: Final = "enrol it with a new code: tsunagu-hub agent code AGENT --company SLUG --data DIR"


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """Who an agent is, as its credential proves."""

    company: str
    agent: str
    site: str


@dataclass(frozen=True, slots=True)
class Presented:
    """A live credential: whose it is, whether this is its first use, and from when on it should be replaced."""

    identity: AgentIdentity
    is_new: bool
    rotate_us: int


def add_credential(writer: Writer, key: tuple[str, str], now_us: int) -> str:
    """A new credential of the agent `(company, agent)`, beside those it has; shown now and never again."""
    credential = new_secret("tsa")
    writer.run(
        "INSERT INTO credentials (hash, company, agent, created_us, rotate_us) VALUES (?, ?, ?, ?, ?)",
        (digest(credential), *key, now_us, now_us + ROTATE_DAYS * _DAY_US),
    )
    return credential


def end_credentials(writer: Writer, key: tuple[str, str], now_us: int, *, but: str = "") -> None:
    """Ends every live credential of an agent at once, except the one whose hash is `but`."""
    sql = "UPDATE credentials SET revoked_us = ? WHERE company = ? AND agent = ? AND revoked_us IS NULL AND hash <> ?"
    writer.run(sql, (now_us, *key, but))


def find_credential(reader: Reader, credential: str) -> Presented:
    """Whose credential this is; NotAuthenticated where it is nobody's, or has ended."""
    row = reader.one(
        """SELECT c.company, c.agent, a.site, c.used_us, c.rotate_us, c.revoked_us, a.revoked_us
           FROM credentials AS c JOIN agents AS a ON a.company = c.company AND a.agent = c.agent
           WHERE c.hash = ?""",
        (digest(credential),),
    )
    if row is None:
        raise NotAuthenticated(f"this agent credential is not known here; {_ENROL}")
    company, agent, site, used_us, rotate_us, ended_us, agent_ended_us = row
    if agent_ended_us is not None:
        raise NotAuthenticated(f"agent {agent!r} was revoked on {rfc3339(agent_ended_us)[:10]}; {_ENROL}")
    if ended_us is not None:
        raise NotAuthenticated(
            f"this credential of agent {agent!r} was replaced on {rfc3339(ended_us)[:10]} by one that is in use; where "
            f"the agent lost it, or another computer has it, {_ENROL}"
        )
    return Presented(AgentIdentity(company, agent, site), used_us is None, rotate_us)


def note_first_use(writer: Writer, credential: str, now_us: int) -> None:
    """The agent has this credential safe: every other one of it ends."""
    hashed = digest(credential)
    sql = "UPDATE credentials SET used_us = ? WHERE hash = ? AND used_us IS NULL AND revoked_us IS NULL"
    if writer.run(sql, (now_us, hashed)) == 0:
        return  # used at the same moment by another request, or ended meanwhile
    row = writer.one("SELECT company, agent FROM credentials WHERE hash = ?", (hashed,))
    assert row is not None
    end_credentials(writer, (row[0], row[1]), now_us, but=hashed)


def replace_credential(writer: Writer, credential: str, now_us: int) -> str:
    """A new credential beside the one presented, which stays good until the new one is used.

    One made before and never used ends: its agent did not get it, or asks anew. NotAuthenticated as `find_credential`.
    """
    identity = find_credential(writer, credential).identity
    key = (identity.company, identity.agent)
    sql = """UPDATE credentials SET revoked_us = ?
             WHERE company = ? AND agent = ? AND used_us IS NULL AND revoked_us IS NULL AND hash <> ?"""
    writer.run(sql, (now_us, *key, digest(credential)))
    return add_credential(writer, key, now_us)


def ask_rotation(desk: Desk, agent: str, now_us: int) -> None:
    """The agent shall replace its credential with its next batch; NotFound where it has none."""
    sql = "UPDATE credentials SET rotate_us = ? WHERE company = ? AND agent = ? AND revoked_us IS NULL"
    if desk.writer.run(sql, (now_us, desk.slug, agent)) == 0:
        raise NotFound(f"enrolled agent {agent[:63]!r} in company {desk.slug!r}")
