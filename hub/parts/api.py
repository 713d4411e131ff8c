"""Routes about parts: those of a machine, the versions of its programs, and what people decide about those."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import MachineRange
from hub.access.viewer import Viewer
from hub.parts.questions import OneVersion, PartRange, ProgramsOf
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, Limit, Slug, check_machine, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]
InRange = Annotated[MachineRange, Depends(machine_range)]
Program = Annotated[str | None, Query(description="only of this program", max_length=4096)]
OneProgram = Annotated[str, Query(description="the program", max_length=4096)]
Number = Annotated[int, Query(description="the version's number", ge=1, le=2**53)]


def build_router(gate: Gate) -> APIRouter:
    """GET /machines/{site}/{machine}/parts and …/programs, with their runs, signatures and decisions."""
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

    _add_version(router, gate, "runs", "parts.runs")
    _add_version(router, gate, "signatures", "parts.signatures")
    _add_decisions(router, gate)
    return router


def _add_version(router: APIRouter, gate: Gate, key: str, name: str) -> None:
    question = gate.catalogue.question(name)

    @router.get(
        f"/machines/{{site}}/{{machine}}/programs/{key}",
        name=f"get_program_{key}",
        summary=question.summary,
        responses=says_rows(question.row, key, question.summary, paged=False),
    )
    async def get_of_version(
        site: Slug, machine: Slug, viewer: Asking, program: OneProgram, version: Number, limit: Limit = 1000,
        company: Company = None,
    ) -> Response:  # fmt: skip
        check_machine(site, machine)
        asked = OneVersion(site=site, machine=machine, program=program, version=version, limit=limit)
        return answer_response(await gate.ask(viewer, name, asked, company), key, paged=False)


def _add_decisions(router: APIRouter, gate: Gate) -> None:
    question, change = gate.catalogue.question("parts.decisions"), gate.catalogue.command("parts.decide")

    @router.get(
        "/machines/{site}/{machine}/programs/decisions",
        summary=question.summary,
        responses=says_rows(question.row, "decisions", "The newest first", paged=False),
    )
    async def get_decisions(
        site: Slug, machine: Slug, viewer: Asking, program: OneProgram, company: Company = None
    ) -> Response:
        check_machine(site, machine)
        asked = ProgramsOf(site=site, machine=machine, program=program)
        return answer_response(await gate.ask(viewer, question.name, asked, company), "decisions", paged=False)

    @router.post(
        "/programs/decisions",
        summary=change.summary,
        status_code=201,
        responses=says(change.result, "Kept; parts are judged by it", 201, refuses=(400, 403, 404, 413, 422)),
        openapi_extra=takes(change.params),
    )
    async def post_decision(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, change.name, await read_struct(request, change.params)), 201)
