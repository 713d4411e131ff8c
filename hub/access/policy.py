"""Who may see which class of what (DESIGN §7). Pure; deny by default, and the reason is said.

A viewer sees their own company only; what is nobody's own is answered as if it did not exist, but for questions that
the owner's books let that very company ask (a lot's hand-over): of those the class `trace` alone. Inside a company
`cost` and `people` go by role, everything else is open to every role.
"""

from dataclasses import dataclass
from typing import Any, Final

from hub.access.catalogue import CLASSES, Change, Command, DisclosureClass, Question
from hub.access.viewer import Viewer
from hub.directory.roles import Role
from hub.errors import NotAllowed, NotFound

VERSION: Final = "own-company-1"
PARTNER_SEES: Final[frozenset[DisclosureClass]] = frozenset({"trace"})

_BY_ROLE: Final[dict[DisclosureClass, frozenset[Role]]] = {
    "cost": frozenset({"manager", "estimator", "admin"}),
    "people": frozenset({"manager", "admin"}),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one viewer sees of one company: classes, and for each withheld class the reason."""

    seen: frozenset[DisclosureClass]
    reasons: tuple[tuple[DisclosureClass, str], ...]
    version: str = VERSION


def judge(viewer: Viewer, owner: str) -> Verdict:
    """The verdict over `owner`'s data; NotFound where the viewer may not know that `owner` exists."""
    if viewer.company != owner:
        raise NotFound(f"company {owner[:63]!r}")
    reasons = tuple(
        (name, f"needs one of the roles {', '.join(sorted(roles))}")
        for name, roles in _BY_ROLE.items()
        if not viewer.has(*roles)
    )
    return Verdict(frozenset(CLASSES).difference(name for name, _ in reasons), reasons)


def judge_partner(viewer: Viewer, owner: str, *, consented: bool) -> Verdict:
    """The verdict over one answer about another company: its trace and nothing else, and only with its consent."""
    if not consented:
        raise NotFound(f"company {owner[:63]!r}")
    hidden = (name for name in CLASSES if name not in PARTNER_SEES)
    return Verdict(PARTNER_SEES, tuple((name, f"not granted to {viewer.company}") for name in hidden))


def check_roles(viewer: Viewer, asked: Question[Any, Any] | Command[Any, Any] | Change[Any, Any]) -> None:
    """NotAllowed where the question or command is for other roles."""
    if asked.roles is not None and not viewer.has(*asked.roles):
        raise NotAllowed(
            f"{asked.name} is for the roles {', '.join(sorted(asked.roles))}; ask an admin of your company"
        )
