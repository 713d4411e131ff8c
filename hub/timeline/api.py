"""Routes about a machine over time: its states and its runs."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import MachineRange, RunRange
from hub.access.viewer import Viewer
from hub.web.answers import answer_response, says_rows
from hub.web.auth import current_viewer
from hub.web.ranges import Company, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]
InRange = Annotated[MachineRange, Depends(machine_range)]


def build_router(gate: Gate) -> APIRouter:
    """GET /machines/{site}/{machine}/states and …/runs."""
    router = APIRouter(tags=["timeline"])
    states = gate.catalogue.question("timeline.states")
    runs = gate.catalogue.question("timeline.runs")

    @router.get(
        "/machines/{site}/{machine}/states",
        summary=states.summary,
        responses=says_rows(states.row, "intervals", "Half-open intervals that tile the range, by start"),
    )
    async def get_states(params: InRange, viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, states.name, params, company), "intervals")

    @router.get(
        "/machines/{site}/{machine}/runs",
        summary=runs.summary,
        responses=says_rows(runs.row, "runs", "Runs that touch the range, whole, by start"),
    )
    async def get_runs(
        params: InRange,
        viewer: Asking,
        program: Annotated[str | None, Query(description="only runs of this program", max_length=4096)] = None,
        complete: Annotated[bool | None, Query(description="only complete, or only other runs")] = None,
        company: Company = None,
    ) -> Response:
        asked = RunRange(**msgspec.structs.asdict(params), program=program, complete=complete)
        return answer_response(await gate.ask(viewer, runs.name, asked, company), "runs")

    return router
