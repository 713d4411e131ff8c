"""Agents: an invitation (one-time code), its use (credential), and its end (revoked).

Using a new code ends every credential before it; how a credential is replaced in between is in `credentials`.
"""

from dataclasses import dataclass

from contract.enrolment import SECRET_LETTERS, read_code, whole_code
from contract.times import rfc3339
from hub.directory.company import Desk, add_site, has_site
from hub.directory.credentials import add_credential, end_credentials
from hub.directory.identity import authority_der
from hub.directory.names import check_slug
from hub.directory.secrets import digest, new_code
from hub.errors import Conflict, NotAuthenticated, NotFound
from hub.stores.company import Writer

CODE_DAYS = 7
_DAY_US = 86_400_000_000
_ANOTHER = "ask for a new one: tsunagu-hub agent code AGENT --company SLUG --data DIR"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code to be used once, before `expires_us`; shown now and never again.

    It carries the fingerprint of the hub's own authority where the hub serves with one (`contract.enrolment`).
    """

    agent: str
    site: str
    code: str
    expires_us: int
    new_site: bool = False


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A credential, shown now and never again."""

    company: str
    agent: str
    site: str
    credential: str


def add_agent(desk: Desk, agent: str, site: str, now_us: int) -> Invitation:
    """A new agent (or a revoked one taken back) and its code; makes the site where it is new."""
    check_slug(agent, "agent")
    check_slug(site, "site")
    known = desk.writer.one("SELECT site, revoked_us FROM agents WHERE company = ? AND agent = ?", (desk.slug, agent))
    if known is not None and known[1] is None:
        raise Conflict(
            f"agent {agent!r} of company {desk.slug!r} is there already, at site {known[0]!r}; "
            f"for a new enrolment code: tsunagu-hub agent code {agent} --company {desk.slug} --data DIR"
        )
    new_site = not has_site(desk, site)
    if new_site:
        add_site(desk, site, None, now_us)
    if known is None:
        sql = "INSERT INTO agents (company, agent, site, created_us) VALUES (?, ?, ?, ?)"
        desk.writer.run(sql, (desk.slug, agent, site, now_us))
    else:
        sql = "UPDATE agents SET site = ?, revoked_us = NULL, enrolled_us = NULL WHERE company = ? AND agent = ?"
        desk.writer.run(sql, (site, desk.slug, agent))
    return _invite(desk, agent, site, now_us, new_site=new_site)


def renew_code(desk: Desk, agent: str, now_us: int) -> Invitation:
    """A new code for an agent that is there; older unused codes end. Its credential lives until this is used."""
    sql = "SELECT site FROM agents WHERE company = ? AND agent = ? AND revoked_us IS NULL"
    row = desk.writer.one(sql, (desk.slug, agent))
    if row is None:
        raise NotFound(f"agent {agent[:63]!r} in company {desk.slug!r}")
    return _invite(desk, agent, row[0], now_us, new_site=False)


def _invite(desk: Desk, agent: str, site: str, now_us: int, *, new_site: bool) -> Invitation:
    _drop_codes(desk, agent)
    code, expires_us = new_code(), now_us + CODE_DAYS * _DAY_US
    desk.writer.run(
        "INSERT INTO enrolment_codes (hash, company, agent, created_us, expires_us) VALUES (?, ?, ?, ?, ?)",
        (digest(read_code(code)), desk.slug, agent, now_us, expires_us),
    )
    return Invitation(agent, site, whole_code(code, authority_der(desk.writer)), expires_us, new_site)


def _drop_codes(desk: Desk, agent: str) -> None:
    sql = "DELETE FROM enrolment_codes WHERE company = ? AND agent = ? AND used_us IS NULL"
    desk.writer.run(sql, (desk.slug, agent))


def revoke_agent(desk: Desk, agent: str, now_us: int) -> None:
    """Ends its credential and codes at once; what it has delivered stays. NotFound where there is none."""
    key = (desk.slug, agent)
    sql = "UPDATE agents SET revoked_us = ? WHERE company = ? AND agent = ? AND revoked_us IS NULL"
    if desk.writer.run(sql, (now_us, *key)) == 0:
        raise NotFound(f"agent {agent[:63]!r} in company {desk.slug!r} that is not revoked already")
    end_credentials(desk.writer, key, now_us)
    _drop_codes(desk, agent)


def enrol(writer: Writer, code: str, agent: str, site: str, now_us: int) -> Enrolled:
    """Turns a code into a credential; of a whole code only the secret letters matter here.

    NotAuthenticated where the code is not known, used or expired; Conflict where agent or site are not the code's
    (the code stays unused).
    """
    hashed = digest(read_code(code)[:SECRET_LETTERS])
    row = writer.one(
        """SELECT c.company, c.agent, a.site, c.expires_us, c.used_us FROM enrolment_codes AS c
           JOIN agents AS a ON a.company = c.company AND a.agent = c.agent
           WHERE c.hash = ?""",
        (hashed,),
    )
    if row is None:
        raise NotAuthenticated(f"this enrolment code is not known here; check it, or {_ANOTHER}")
    company, code_agent, code_site, expires_us, used_us = row
    if used_us is not None:
        raise NotAuthenticated(f"this enrolment code was used on {rfc3339(used_us)[:10]}; {_ANOTHER}")
    if now_us >= expires_us:
        raise NotAuthenticated(f"this enrolment code expired on {rfc3339(expires_us)[:10]}; {_ANOTHER}")
    if (agent, site) != (code_agent, code_site):
        raise Conflict(
            f"this code is for agent {code_agent!r} at site {code_site!r}, not for agent {agent[:63]!r} at site "
            f"{site[:63]!r}; correct [agent] id and site in the configuration (the code can still be used)"
        )
    key = (company, code_agent)
    writer.run("UPDATE enrolment_codes SET used_us = ? WHERE hash = ?", (now_us, hashed))
    writer.run("UPDATE agents SET enrolled_us = ? WHERE company = ? AND agent = ?", (now_us, *key))
    end_credentials(writer, key, now_us)
    return Enrolled(company, code_agent, code_site, add_credential(writer, key, now_us))
