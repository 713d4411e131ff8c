"""Which orders are late, and by how much; and what a program that belongs to nothing may have been for. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from hub.orders.model import Operation

Why: TypeAlias = Literal["named", "listed", "under_way", "machine", "site"]
WHYS: Final[tuple[Why, ...]] = ("named", "listed", "under_way", "machine", "site")
"""Why an operation is suggested, the best reason first."""
MOST: Final = 5


class Suggestion(msgspec.Struct, frozen=True):
    """An operation that a program may have been for, and why."""

    order: str
    operation: str
    why: Why


def days_late(due: str | None, today: date) -> int | None:
    """Days since an order's day, negative while it is ahead; None where there is none.

    >>> days_late("2026-04-01", date(2026, 4, 3)), days_late(None, date(2026, 4, 3))
    (2, None)
    """
    return None if due is None else (today - date.fromisoformat(due)).days


def suggestions(
    machine: str, candidates: Iterable[Operation], *, named: str | None, listed: Iterable[tuple[str, str]],
    under_way: Iterable[tuple[str, str]],
) -> tuple[Suggestion, ...]:  # fmt: skip
    """The operations that fit best: named by the machine, in the table, under way, planned here or at the site.

    `candidates`: operations that are open, the soonest due first; that order decides within one reason.
    """
    on_list, working = set(listed), set(under_way)
    found: list[tuple[int, Suggestion]] = []
    for each in candidates:
        key = (each.order, each.operation)
        why: Why | None = None
        if each.order == named:
            why = "named"
        elif key in on_list:
            why = "listed"
        elif key in working and each.machine == machine:
            why = "under_way"
        elif each.machine == machine:
            why = "machine"
        elif each.machine is None and each.site in (None, machine.partition("/")[0]):
            why = "site"
        if why is not None:
            found.append((WHYS.index(why), Suggestion(*key, why)))
    return tuple(suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])[:MOST])
