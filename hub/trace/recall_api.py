"""GET /recall: what was made of suspicious lots here, and what the companies that were given some of it say."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from hub.access.gate import Gate, Withheld
from hub.access.viewer import Viewer
from hub.trace.handover_api import Neighbour, neighbours_of
from hub.trace.recall_questions import RECALL, RecallRow
from hub.web.answers import json_response, says
from hub.web.auth import current_viewer
from hub.web.ranges import check_range

Asking = Annotated[Viewer, Depends(current_viewer)]


class Recall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One's own lots, the nearest first, and each company's word on what it was given of them."""

    lots: list[RecallRow]
    neighbours: list[Neighbour]
    withheld: tuple[Withheld, ...] = ()


def build_router(gate: Gate) -> APIRouter:
    """/recall."""
    router = APIRouter(tags=["trace"])

    @router.get("/recall", summary=RECALL.summary,
                responses=says(Recall, "One's own lots, then other companies'", refuses=(404, 422)))  # fmt: skip
    async def get_recall(
        viewer: Asking,
        lot: Annotated[list[str] | None, Query(description="a suspicious lot; may be repeated", max_length=200)] = None,
        machine: Annotated[str | None, Query(description="site/machine", max_length=200)] = None,
        from_: Annotated[str | None, Query(alias="from", description="RFC 3339")] = None,
        to: Annotated[str | None, Query(description="RFC 3339")] = None,
    ) -> Response:
        return json_response(await recall(gate, viewer, recall_params(tuple(lot or ()), machine, from_, to)))

    return router


async def recall(gate: Gate, viewer: Viewer, params: dict[str, Any]) -> Recall:
    """One's own recall, then each company that was handed a concerned lot, asked by itself and with its consent."""
    answer = await gate.ask(viewer, "trace.recall", params)
    concerned = {row.lot for row in answer.rows}
    beyond = await neighbours_of(gate, viewer, concerned, "forward") if concerned else []
    return Recall(lots=answer.rows, neighbours=beyond, withheld=answer.withheld)


def recall_params(lots: tuple[str, ...], machine: str | None, from_: str | None, to: str | None) -> dict[str, Any]:
    """The params of a recall from an address; Invalid where its times are none."""
    if not machine:
        return {"lots": lots}
    site, _, name = machine.partition("/")
    from_us_, to_us = check_range(from_, to)
    return {"lots": lots, "site": site, "machine": name, "from_us": from_us_, "to_us": to_us}
