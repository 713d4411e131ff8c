"""Routes about machines as they are now: the list, one machine's signals, its conditions."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import MachineRange, Nothing
from hub.access.viewer import Viewer
from hub.web.answers import answer_response, says_rows
from hub.web.auth import current_viewer
from hub.web.ranges import Company, Slug, check_machine, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]


def build_router(gate: Gate) -> APIRouter:
    """GET /machines, …/signals, …/conditions."""
    router = APIRouter(tags=["machines"])
    now = gate.catalogue.question("machines.now")
    signals = gate.catalogue.question("machines.signals")
    conditions = gate.catalogue.question("machines.conditions")

    @router.get("/machines", summary=now.summary, responses=says_rows(now.row, "machines", now.summary, paged=False))
    async def get_machines(viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, now.name, Nothing(), company), "machines", paged=False)

    @router.get(
        "/machines/{site}/{machine}/signals",
        summary=signals.summary,
        responses=says_rows(signals.row, "signals", signals.summary, paged=False),
    )
    async def get_signals(site: Slug, machine: Slug, viewer: Asking, company: Company = None) -> Response:
        check_machine(site, machine)
        params = {"site": site, "machine": machine}
        return answer_response(await gate.ask(viewer, signals.name, params, company), "signals", paged=False)

    @router.get(
        "/machines/{site}/{machine}/conditions",
        summary=conditions.summary,
        responses=says_rows(conditions.row, "conditions", conditions.summary),
    )
    async def get_conditions(
        params: Annotated[MachineRange, Depends(machine_range)], viewer: Asking, company: Company = None
    ) -> Response:
        return answer_response(await gate.ask(viewer, conditions.name, params, company), "conditions")

    return router
