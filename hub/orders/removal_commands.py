"""Removing an order that was a mistake: only while nothing was done for it, which rooms above this one know."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from hub.access.catalogue import Books, Change
from hub.errors import Conflict
from hub.orders import store
from hub.orders.commands import Gone, TheOrder, check_nests, found_order
from hub.orders.import_questions import MASTER
from hub.stores.company import Reader

Claim: TypeAlias = Callable[[Reader, str], bool]
"""Whether something was done for an order, by its number."""


def remove_order(claims: Sequence[Claim]) -> Change[TheOrder, Gone]:
    """The command; it refuses what one of the `claims` knows of. Whoever joins the rooms hands them in."""

    def run(books: Books, params: TheOrder) -> Gone:
        order = found_order(books, params.order).order
        if any(claim(books.writer, order) for claim in claims):
            raise Conflict(
                f"work was reported or bound to order {order}; close it instead",
                f"注番「{order}」には報告または運転の実績があります。削除せず「完了にする」を押してください",
            )
        check_nests(books, order, ())
        store.remove_order(books.writer, order)
        books.touched.add(("orders", order))
        return Gone(key=order)

    return Change(
        name="orders.remove_order", summary="Remove an order that was a mistake", params=TheOrder, result=Gone,
        roles=MASTER, run=run,
    )  # fmt: skip
