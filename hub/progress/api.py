"""Routes about progress: how far orders are, what does not agree, unassigned work; reports, and what runs were for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.progress.questions import AtMachine, AtSite, Late, Most, OfOrder
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, Limit, Slug, check_machine

Asking = Annotated[Viewer, Depends(current_viewer)]
Order = Annotated[str, Query(description="the order's number", max_length=200)]


def build_router(gate: Gate) -> APIRouter:
    """GET /progress, /progress/reports, /late, /faults, /unassigned, /bindings; POST /progress, /progress/bindings."""
    router = APIRouter(tags=["progress"])
    _add_of_order(router, gate, "/progress", "operations", "progress.order")
    _add_of_order(router, gate, "/progress/reports", "reports", "progress.reports")
    _add_lists(router, gate)
    _add_bindings(router, gate)
    for path, name in (
        ("/progress", "progress.report"),
        ("/progress/bindings", "progress.bind"),
        ("/progress/unbindings", "progress.unbind"),
    ):
        _add_post(router, gate, path, name)
    return router


def _add_of_order(router: APIRouter, gate: Gate, path: str, key: str, name: str) -> None:
    question = gate.catalogue.question(name)

    @router.get(
        path,
        name=f"get_progress_{key}",
        summary=question.summary,
        responses=says_rows(question.row, key, question.summary, paged=False),
    )
    async def get_of_order(viewer: Asking, order: Order, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, name, OfOrder(order=order), company), key, paged=False)


def _add_lists(router: APIRouter, gate: Gate) -> None:
    late, faults = gate.catalogue.question("progress.late"), gate.catalogue.question("progress.faults")
    unassigned = gate.catalogue.question("progress.unassigned")

    @router.get(
        "/progress/late", summary=late.summary, responses=says_rows(late.row, "orders", late.summary, paged=False)
    )
    async def get_late(
        viewer: Asking,
        everything: Annotated[bool, Query(alias="all", description="also orders that are not late")] = False,  # noqa: FBT002 - a query parameter
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        asked = Late(all=everything, limit=limit)
        return answer_response(await gate.ask(viewer, late.name, asked, company), "orders", paged=False)

    @router.get(
        "/progress/faults",
        summary=faults.summary,
        responses=says_rows(faults.row, "operations", faults.summary, paged=False),
    )
    async def get_faults(viewer: Asking, limit: Limit = 1000, company: Company = None) -> Response:
        return answer_response(
            await gate.ask(viewer, faults.name, Most(limit=limit), company), "operations", paged=False
        )

    @router.get(
        "/progress/unassigned",
        summary=unassigned.summary,
        responses=says_rows(unassigned.row, "programs", unassigned.summary, paged=False),
    )
    async def get_unassigned(
        viewer: Asking,
        site: Annotated[str | None, Query(description="only at this site", max_length=63)] = None,
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        asked = AtSite(site=site, limit=limit)
        return answer_response(await gate.ask(viewer, unassigned.name, asked, company), "programs", paged=False)


def _add_bindings(router: APIRouter, gate: Gate) -> None:
    question = gate.catalogue.question("progress.bindings")

    @router.get(
        "/machines/{site}/{machine}/bindings",
        summary=question.summary,
        responses=says_rows(question.row, "bindings", "The newest first", paged=False),
    )
    async def get_bindings(site: Slug, machine: Slug, viewer: Asking, company: Company = None) -> Response:
        check_machine(site, machine)
        asked = AtMachine(site=site, machine=machine)
        return answer_response(await gate.ask(viewer, question.name, asked, company), "bindings", paged=False)


def _add_post(router: APIRouter, gate: Gate, path: str, name: str) -> None:
    command = gate.catalogue.command(name)

    @router.post(
        path,
        name=name,
        summary=command.summary,
        status_code=201,
        responses=says(command.result, command.summary, 201, refuses=(400, 403, 404, 413, 422)),
        openapi_extra=takes(command.params),
    )
    async def post_command(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, command.params)), 201)
