"""The roles a user or a token of a company may hold (DESIGN §7)."""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, cast, get_args

from hub.errors import Invalid

Role: TypeAlias = Literal["operator", "manager", "estimator", "sales", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ADMIN: Final[frozenset[Role]] = frozenset({"admin"})
ANYONE: Final[frozenset[Role]] = frozenset(ROLES)


def check_roles(names: Iterable[str]) -> frozenset[Role]:
    """The roles of these names; Invalid where one is none, or there are none at all."""
    given = frozenset(names)
    unknown = sorted(given.difference(ROLES))
    if unknown or not given:
        said = f"{unknown[0][:40]!r} is no role" if unknown else "no role was given"
        raise Invalid(f"{said}; choose from {', '.join(ROLES)}", "roles")
    return cast("frozenset[Role]", given)


def pack_roles(roles: Iterable[str]) -> str:
    """Roles as one column."""
    return ",".join(sorted(roles))


def unpack_roles(packed: str) -> frozenset[Role]:
    """Roles from their column; a role that this version does not know gives no right."""
    return frozenset(role for role in ROLES if role in packed.split(","))
