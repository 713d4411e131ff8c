"""Who asks: a person, an API token, an agent for its terminals, or the hub's own console; of exactly one company."""

from dataclasses import dataclass
from typing import Literal

from hub.directory.roles import Role

ViewerKind = Literal["user", "token", "console", "agent"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """`name` is the e-mail of a user, the label of a token or an agent's id: what the audit says."""

    company: str
    kind: ViewerKind
    name: str
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Whether one of these roles is held."""
        return not self.roles.isdisjoint(roles)


def console(company: str) -> Viewer:
    """Whoever may run commands on the hub's own machine."""
    return Viewer(company, "console", "console", frozenset({"admin"}))
