"""Routes about stops: the list, the Pareto, why a machine stood, and what is set."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from contract.times import to_us
from hub.access.gate import Gate
from hub.access.params import Nothing
from hub.access.viewer import Viewer
from hub.companies.commands import Done
from hub.errors import Invalid
from hub.stops import commands, questions
from hub.stops.commands import Text
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, Cursor, From, Limit, Slug, To, check_machine, check_range

Asking = Annotated[Viewer, Depends(current_viewer)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
OneSite = Annotated[str | None, Query(description="only machines of this site", max_length=63)]
OneMachine = Annotated[str | None, Query(description="only this machine of `site`", max_length=63)]


class ReasonBody(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Why the machine stood from `from` until `to`; `to` left out: it still stands, and for this reason."""

    from_: Time
    to: Time | None = None
    code: Text
    text: Text | None = None
    operator: Text | None = None


class SplitBody(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A stop had two reasons: `before` until `at`, `after` from then on; left out: unexplained."""

    from_: Time
    at: Time
    to: Time
    before: Text | None = None
    after: Text | None = None
    operator: Text | None = None


class WithdrawBody(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The time of which nothing is to be said any more."""

    from_: Time
    to: Time


def build_router(gate: Gate) -> APIRouter:
    """GET /stops, /stops/pareto, /stops/settings; POST …/reasons; PUT /stops/reasons and /stops/threshold."""
    router = APIRouter(tags=["stops"])
    _add_questions(router, gate)
    for path, name, body in (
        ("reasons", "stops.give_reason", ReasonBody),
        ("reasons/split", "stops.split", SplitBody),
        ("reasons/withdraw", "stops.withdraw_reason", WithdrawBody),
    ):
        _add_post(router, gate, f"/machines/{{site}}/{{machine}}/{path}", name, body)
    _add_put(router, gate, "/stops/reasons", "stops.set_reasons", commands.SetReasons)
    _add_put(router, gate, "/stops/threshold", "stops.set_threshold", commands.SetThreshold)
    return router


def _add_questions(router: APIRouter, gate: Gate) -> None:
    ask = gate.catalogue.question

    @router.get(
        "/stops",
        summary=ask("stops.stops").summary,
        responses=says_rows(questions.StopRow, "stops", "Cut to the range, by start"),
    )
    async def get_stops(
        viewer: Asking, from_: From = None, to: To = None, site: OneSite = None, machine: OneMachine = None,
        cursor: Cursor = None, limit: Limit = 1000, company: Company = None,
    ) -> Response:  # fmt: skip
        from_us, to_us = check_range(from_, to)
        asked = questions.StopRange(
            from_us=from_us, to_us=to_us, site=site, machine=machine, cursor=cursor, limit=limit
        )
        return answer_response(await gate.ask(viewer, "stops.stops", asked, company), "stops")

    @router.get(
        "/stops/pareto",
        summary=ask("stops.pareto").summary,
        responses=says_rows(questions.LossRow, "losses", "The largest first", paged=False),
    )
    async def get_pareto(
        viewer: Asking, from_: From = None, to: To = None, site: OneSite = None, machine: OneMachine = None,
        company: Company = None,
    ) -> Response:  # fmt: skip
        from_us, to_us = check_range(from_, to)
        asked = questions.LossRange(from_us=from_us, to_us=to_us, site=site, machine=machine)
        return answer_response(await gate.ask(viewer, "stops.pareto", asked, company), "losses", paged=False)

    @router.get(
        "/stops/settings",
        summary=ask("stops.settings").summary,
        responses=says_rows(questions.SettingsRow, "settings", "One row", paged=False),
    )
    async def get_settings(viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, "stops.settings", Nothing(), company), "settings", paged=False)


def _add_post(router: APIRouter, gate: Gate, path: str, name: str, body: type[Any]) -> None:
    """A route that takes what is said of one machine."""
    command = gate.catalogue.command(name)

    @router.post(
        path,
        name=name,
        summary=command.summary,
        status_code=201,
        responses=says(Done, command.summary, 201, refuses=(400, 403, 404, 413, 422)),
        openapi_extra=takes(body),
    )
    async def post_said(request: Request, viewer: Asking, site: Slug, machine: Slug) -> Response:
        check_machine(site, machine)
        said = msgspec.structs.asdict(await read_struct(request, body))
        return json_response(await gate.do(viewer, name, {"site": site, "machine": machine, **_as_params(said)}), 201)


def _as_params(said: dict[str, Any]) -> dict[str, Any]:
    """The body's times as params have them."""
    times = {name: said.pop(name) for name in ("from_", "at", "to") if name in said}
    inside = {f"{name.rstrip('_')}_us": None if at is None else _us(at, name.rstrip("_")) for name, at in times.items()}
    return said | inside


def _us(moment: datetime, field: str) -> int:
    us = to_us(moment)
    if us < 0:
        raise Invalid(f"{field} lies before 1970", field)
    return us


def _add_put(router: APIRouter, gate: Gate, path: str, name: str, params: type[Any]) -> None:
    command = gate.catalogue.command(name)

    @router.put(
        path,
        name=name,
        summary=command.summary,
        responses=says(Done, "Done", refuses=(400, 403, 413, 422)),
        openapi_extra=takes(params),
    )
    async def put_all(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, params)))
