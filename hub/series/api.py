"""The route of telemetry: one signal of a machine over time."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from contract.keys import is_signal_name
from hub.access.gate import Gate
from hub.access.params import MachineRange, SignalRange
from hub.access.viewer import Viewer
from hub.errors import NotFound
from hub.web.answers import answer_response, says_rows
from hub.web.auth import current_viewer
from hub.web.ranges import Company, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]
InRange = Annotated[MachineRange, Depends(machine_range)]


def build_router(gate: Gate) -> APIRouter:
    """GET /machines/{site}/{machine}/series/{signal}."""
    router = APIRouter(tags=["series"])
    read = gate.catalogue.question("series.read")

    @router.get(
        "/machines/{site}/{machine}/series/{signal}",
        summary=read.summary,
        responses=says_rows(read.row, "samples", "Samples, or buckets where `points` asks for fewer"),
    )
    async def get_series(
        params: InRange,
        viewer: Asking,
        signal: Annotated[str, Path(max_length=500)],
        points: Annotated[int | None, Query(ge=2, le=20_000, description="about so many; left out: every one")] = None,
        company: Company = None,
    ) -> Response:
        if not is_signal_name(signal):
            raise NotFound(f"signal {signal[:63]!r}")
        asked = SignalRange(**msgspec.structs.asdict(params), signal=signal, points=points)
        return answer_response(await gate.ask(viewer, read.name, asked, company), "samples")

    return router
