"""Routes about parts: those of a machine, and the versions of its programs."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import MachineRange
from hub.access.viewer import Viewer
from hub.parts.questions import PartRange, ProgramsOf
from hub.web.answers import answer_response, says_rows
from hub.web.auth import current_viewer
from hub.web.ranges import Company, Slug, check_machine, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]
InRange = Annotated[MachineRange, Depends(machine_range)]
Program = Annotated[str | None, Query(description="only of this program", max_length=4096)]


def build_router(gate: Gate) -> APIRouter:
    """GET /machines/{site}/{machine}/parts and …/programs."""
    router = APIRouter(tags=["parts"])
    parts = gate.catalogue.question("parts.parts")
    programs = gate.catalogue.question("parts.programs")

    @router.get(
        "/machines/{site}/{machine}/parts",
        summary=parts.summary,
        responses=says_rows(parts.row, "parts", "Parts that touch the range, whole, by start"),
    )
    async def get_parts(params: InRange, viewer: Asking, program: Program = None, company: Company = None) -> Response:
        asked = PartRange(**msgspec.structs.asdict(params), program=program)
        return answer_response(await gate.ask(viewer, parts.name, asked, company), "parts")

    @router.get(
        "/machines/{site}/{machine}/programs",
        summary=programs.summary,
        responses=says_rows(programs.row, "programs", "Versions, the newest first", paged=False),
    )
    async def get_programs(
        site: Slug, machine: Slug, viewer: Asking, program: Program = None, company: Company = None
    ) -> Response:
        check_machine(site, machine)
        asked = ProgramsOf(site=site, machine=machine, program=program)
        return answer_response(await gate.ask(viewer, programs.name, asked, company), "programs", paged=False)

    return router
