"""API tokens: for scripts and for other programs; shown once, revocable, with an end if wanted."""

from dataclasses import dataclass

from hub.directory.company import Desk
from hub.directory.names import check_name
from hub.directory.roles import Role, check_roles, pack_roles, unpack_roles
from hub.directory.secrets import digest, new_id, new_secret
from hub.errors import NotAuthenticated, NotFound
from hub.stores.company import Reader


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is the secret, shown now and never again; `id` names it for revoking."""

    id: str
    token: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token speaks for."""

    company: str
    name: str
    roles: frozenset[Role]


def add_token(desk: Desk, name: str | None, roles: frozenset[str], expires_us: int | None, now_us: int) -> NewToken:
    """A new token; named after its id where no name is given."""
    public, secret = new_id(), new_secret("tsu")
    shown = f"token {public}" if name is None else check_name(name, "name")
    desk.writer.run(
        "INSERT INTO tokens (id, hash, company, name, roles, created_us, expires_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (public, digest(secret), desk.slug, shown, pack_roles(check_roles(roles)), now_us, expires_us),
    )
    return NewToken(public, secret)


def revoke_token(desk: Desk, token_id: str, now_us: int) -> None:
    """Ends a token at once; NotFound where the company has none of this id that still lives."""
    sql = "UPDATE tokens SET revoked_us = ? WHERE company = ? AND id = ? AND revoked_us IS NULL"
    if desk.writer.run(sql, (now_us, desk.slug, token_id)) == 0:
        raise NotFound(f"live token {token_id[:40]!r} in company {desk.slug!r}")


def find_token(reader: Reader, token: str, now_us: int) -> TokenHolder:
    """Whom this token speaks for; NotAuthenticated where it is unknown, revoked or over."""
    sql = "SELECT company, name, roles, expires_us, revoked_us FROM tokens WHERE hash = ?"
    row = reader.one(sql, (digest(token),))
    if row is None:
        raise NotAuthenticated("this API token is not known here")
    company, name, roles, expires_us, revoked_us = row
    if revoked_us is not None:
        raise NotAuthenticated(f"the API token {name!r} was revoked; ask an admin for a new one")
    if expires_us is not None and now_us >= expires_us:
        raise NotAuthenticated(f"the API token {name!r} has expired; ask an admin for a new one")
    return TokenHolder(company, name, unpack_roles(roles))
