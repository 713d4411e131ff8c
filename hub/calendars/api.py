"""Routes about calendars: plans, days that differ, and the planned stretches of a machine."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import MachineRange, Nothing
from hub.access.viewer import Viewer
from hub.calendars import commands, questions
from hub.companies.commands import Done
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, machine_range

Asking = Annotated[Viewer, Depends(current_viewer)]
InRange = Annotated[MachineRange, Depends(machine_range)]
Scope = Annotated[str, Query(description='"" is the company, else a site or site/machine', max_length=127)]


def build_router(gate: Gate) -> APIRouter:
    """GET, PUT, DELETE /calendars and /calendars/days; GET /calendars/month and /machines/…/planned."""
    router = APIRouter(tags=["calendars"])
    _add_questions(router, gate)
    _add_changes(router, gate, "/calendars", "calendars.set_plan", commands.SetPlan)
    _add_changes(router, gate, "/calendars/days", "calendars.set_day", commands.SetDay)
    refuses = says(Done, "Done", refuses=(403, 404, 422))

    @router.delete("/calendars", summary=gate.catalogue.command("calendars.remove_plan").summary, responses=refuses)
    async def delete_plan(viewer: Asking, scope: Scope) -> Response:
        return json_response(await gate.do(viewer, "calendars.remove_plan", {"scope": scope}))

    @router.delete("/calendars/days", summary=gate.catalogue.command("calendars.remove_day").summary, responses=refuses)
    async def delete_day(viewer: Asking, scope: Scope, day: date) -> Response:
        return json_response(await gate.do(viewer, "calendars.remove_day", commands.TheDay(scope=scope, day=day)))

    return router


def _add_questions(router: APIRouter, gate: Gate) -> None:
    ask = gate.catalogue.question

    @router.get(
        "/calendars",
        summary=ask("calendars.plans").summary,
        responses=says_rows(questions.PlanRow, "calendars", "By scope", paged=False),
    )
    async def get_plans(viewer: Asking, company: Company = None) -> Response:
        answer = await gate.ask(viewer, "calendars.plans", Nothing(), company)
        return answer_response(answer, "calendars", paged=False)

    @router.get(
        "/calendars/days",
        summary=ask("calendars.days").summary,
        responses=says_rows(questions.DayRow, "days", "By day", paged=False),
    )
    async def get_days(viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, "calendars.days", Nothing(), company), "days", paged=False)

    @router.get(
        "/calendars/month",
        summary=ask("calendars.month").summary,
        responses=says_rows(questions.MonthRow, "days", "Every day of the month", paged=False),
    )
    async def get_month(
        viewer: Asking,
        month: Annotated[str, Query(description="for example 2026-11", max_length=20)],
        scope: Scope = "",
        company: Company = None,
    ) -> Response:
        asked = questions.MonthOf(month=month, scope=scope)
        return answer_response(await gate.ask(viewer, "calendars.month", asked, company), "days", paged=False)

    @router.get(
        "/machines/{site}/{machine}/planned",
        summary=ask("calendars.planned").summary,
        responses=says_rows(questions.PlannedRow, "planned", "Half-open stretches, cut to the range, by start"),
    )
    async def get_planned(params: InRange, viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, "calendars.planned", params, company), "planned")


def _add_changes(router: APIRouter, gate: Gate, path: str, name: str, params: type) -> None:
    @router.put(
        path,
        name=name,
        summary=gate.catalogue.command(name).summary,
        responses=says(Done, "Done", refuses=(400, 403, 404, 413, 422)),
        openapi_extra=takes(params),
    )
    async def put_one(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, params)))
