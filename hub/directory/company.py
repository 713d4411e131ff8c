"""One company's part of the directory: what is there, and the desk at which it is changed.

A question gets a `CompanyView`, a command a `Desk`; both are of exactly one company. Functions that change take the
desk first, so none can be called without saying for whom.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hub.directory.names import check_name, check_slug
from hub.directory.roles import Role, unpack_roles
from hub.errors import Conflict, NotFound
from hub.stores.company import Reader, Writer


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the company; `site` is its slug."""

    site: str
    name: str
    created_us: int


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that may report for its one site, once it is enrolled and as long as it is not revoked."""

    agent: str
    site: str
    created_us: int
    enrolled_us: int | None
    revoked_us: int | None
    code_expires_us: int | None
    """Until when its newest unused enrolment code is good; None where there is none."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in."""

    email: str
    roles: frozenset[Role]
    created_us: int


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret."""

    id: str
    name: str
    roles: frozenset[Role]
    created_us: int
    expires_us: int | None
    revoked_us: int | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who asked or did what: `times` times in the minute (questions) or once (commands)."""

    number: int
    at_us: int
    viewer_company: str
    viewer_kind: str
    viewer: str
    verb: str
    name: str
    params: str
    outcome: str
    times: int
    row_count: int
    withheld: str


AuditPage: TypeAlias = Callable[[int | None, int], list[AuditRow]]


def no_audit(before: int | None, limit: int) -> list[AuditRow]:  # noqa: ARG001 - an empty AuditPage
    """The audit of a view that has none."""
    return []


@dataclass(frozen=True, slots=True)
class CompanyView:
    """This one company as the directory knows it now."""

    slug: str
    name: str
    sites: tuple[Site, ...] = ()
    agents: tuple[Agent, ...] = ()
    users: tuple[User, ...] = ()
    tokens: tuple[Token, ...] = ()
    audit: AuditPage = no_audit
    """`audit(before, limit)`: rows with a number below `before` (None: the newest), newest first."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one company's part is changed, inside one open transaction."""

    slug: str
    writer: Writer


def view_company(reader: Reader, slug: str, audit: AuditPage = no_audit) -> CompanyView:
    """What is there of this company; NotFound where the company is not."""
    row = reader.one("SELECT name FROM companies WHERE slug = ?", (slug,))
    if row is None:
        raise NotFound(f"company {slug[:63]!r}")
    return CompanyView(
        slug=slug,
        name=row[0],
        sites=_sites(reader, slug),
        agents=_agents(reader, slug),
        users=_users(reader, slug),
        tokens=_tokens(reader, slug),
        audit=audit,
    )


def _sites(reader: Reader, slug: str) -> tuple[Site, ...]:
    sql = "SELECT site, name, created_us FROM sites WHERE company = ? ORDER BY site"
    return tuple(Site(*row) for row in reader.all(sql, (slug,)))


def _agents(reader: Reader, slug: str) -> tuple[Agent, ...]:
    sql = """
        SELECT agent, site, created_us, enrolled_us, revoked_us,
            (SELECT max(expires_us) FROM enrolment_codes AS c
             WHERE c.company = a.company AND c.agent = a.agent AND c.used_us IS NULL)
        FROM agents AS a WHERE company = ? ORDER BY site, agent"""
    return tuple(Agent(*row) for row in reader.all(sql, (slug,)))


def _users(reader: Reader, slug: str) -> tuple[User, ...]:
    sql = "SELECT email, roles, created_us FROM users WHERE company = ? ORDER BY email"
    return tuple(User(email, unpack_roles(roles), at) for email, roles, at in reader.all(sql, (slug,)))


def _tokens(reader: Reader, slug: str) -> tuple[Token, ...]:
    sql = """
        SELECT id, name, roles, created_us, expires_us, revoked_us
        FROM tokens WHERE company = ? ORDER BY created_us, id"""
    return tuple(
        Token(token, name, unpack_roles(roles), created, expires, revoked)
        for token, name, roles, created, expires, revoked in reader.all(sql, (slug,))
    )


def list_companies(reader: Reader) -> list[tuple[str, str]]:
    """Slug and name of every company: for whoever runs the hub, never for a viewer."""
    return [(slug, name) for slug, name in reader.all("SELECT slug, name FROM companies ORDER BY slug")]


def add_company(writer: Writer, slug: str, name: str, now_us: int) -> Desk:
    """A new company; Conflict where the slug is taken."""
    check_slug(slug, "company")
    if writer.one("SELECT 1 FROM companies WHERE slug = ?", (slug,)):
        raise Conflict(f"company {slug!r} is there already")
    writer.run("INSERT INTO companies VALUES (?, ?, ?)", (slug, check_name(name, "name"), now_us))
    return Desk(slug, writer)


def open_desk(writer: Writer, slug: str) -> Desk:
    """The desk of a company that exists; NotFound where it does not."""
    if writer.one("SELECT 1 FROM companies WHERE slug = ?", (slug,)) is None:
        raise NotFound(f"company {slug[:63]!r}; see: tsunagu-hub company list")
    return Desk(slug, writer)


def add_site(desk: Desk, site: str, name: str | None, now_us: int) -> None:
    """A new site, called as its slug where no name is given; Conflict where it is there."""
    check_slug(site, "site")
    if has_site(desk, site):
        raise Conflict(f"site {site!r} of company {desk.slug!r} is there already")
    shown = site if name is None else check_name(name, "name")
    desk.writer.run("INSERT INTO sites VALUES (?, ?, ?, ?)", (desk.slug, site, shown, now_us))


def has_site(desk: Desk, site: str) -> bool:
    """Whether the company has a site of this slug."""
    sql = "SELECT 1 FROM sites WHERE company = ? AND site = ?"
    return desk.writer.one(sql, (desk.slug, site)) is not None
