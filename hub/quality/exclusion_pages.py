"""On a characteristic's page: points left out of its chart's baseline, each with a reason, and the forms for that.

Times are shown in the reader's zone. A refused form is shown again with what was typed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.form_pages import fault_of, typed_in
from hub.orders.pages import SEE_OTHER
from hub.quality.pages import ViewerOf, characteristic_path
from hub.web.controlchart import figure
from hub.web.layout import Reading, reading_of


class LeftOut(msgspec.Struct, frozen=True):
    """A row of `quality.exclusions`, with when and what its point was; None where the chart no longer shows it."""

    row: Any
    at: datetime | None
    value: float | None


def left_out(rows: Sequence[Any], points: Sequence[Any]) -> list[LeftOut]:
    """What was left out, beside the points of the chart."""
    by_id = {number: point for point in points for number in point.ids}
    found = [(row, by_id.get(row.id)) for row in rows]
    return [
        LeftOut(row, None if point is None else point.at, None if point is None else point.value)
        for row, point in found
    ]


def choices(points: Sequence[Any], reading: Reading) -> dict[str, list[tuple[str, str]]]:
    """Points that may be left out as (id, text), the newest first: those that break a rule, and the others."""
    found: dict[str, list[tuple[str, str]]] = {"broken": [], "other": []}
    for point in reversed(points):
        if point.left_out is None:
            text = f"{reading.clock.full(point.at)} · {figure(point.value)}"
            found["broken" if point.rules else "other"].append((point.ids[-1], text))
    return found


def add_exclusions(router: APIRouter, gate: Gate, viewer_of: ViewerOf, page: Any) -> None:
    """The two forms. `page` draws the characteristic's page again where one is refused."""
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def say(request: Request, viewer: Viewer, characteristic: str, *, excluded: bool) -> Response:
        typed, lang = await typed_in(request), reading_of(request).words.lang
        try:
            asked = {"id": typed.get("id", ""), "reason": typed.get("reason"), "excluded": excluded}
            await gate.do(viewer, "quality.exclude", asked)
        except Invalid as error:
            again: Response = await page(
                request, viewer, characteristic, fault=fault_of(error, lang), typed=typed
            )  # fmt: skip
            return again
        return RedirectResponse(f"{characteristic_path(characteristic)}#baseline", status_code=SEE_OTHER)

    @router.post("/characteristics/{characteristic}/exclude")
    async def exclude(request: Request, viewer: SignedIn, characteristic: str) -> Response:
        return await say(request, viewer, characteristic, excluded=True)

    @router.post("/characteristics/{characteristic}/include")
    async def include(request: Request, viewer: SignedIn, characteristic: str) -> Response:
        return await say(request, viewer, characteristic, excluded=False)
