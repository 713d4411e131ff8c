"""Routes about quality: characteristics and their charts, measurements, nonconformances, gauges.

Times are RFC 3339, days YYYY-MM-DD; values in the characteristic's unit.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import Nothing, Page
from hub.access.viewer import Viewer
from hub.quality.chart_questions import ChartOf, Pooled, Since
from hub.quality.commands import Dispose, Exclude, SaveCharacteristic, SaveGauge, SetBaseline
from hub.quality.inspection_commands import Imported, ImportMeasurements, Inspect
from hub.quality.measured_questions import MeasurementsPage, NonconformancesPage
from hub.quality.questions import CharacteristicsPage
from hub.sheets.reading import MOST_BYTES
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_body, read_struct
from hub.web.ranges import Company, Cursor, From, Limit, Slug, To, parse_time

Asking = Annotated[Viewer, Depends(current_viewer)]
Text = Annotated[str | None, Query(max_length=200)]
Points = Annotated[int, Query(ge=1, le=5000, description="of so many of the newest measurements")]
Active = Annotated[bool | None, Query(description="still asked for, or no more")]
Times = tuple[int | None, int | None]
_SHEET: Final = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _times(from_: From = None, to: To = None) -> Times:
    """FastAPI dependency: a range whose ends may be left out."""
    return (
        None if from_ is None else parse_time(from_, "from"),
        None if to is None else parse_time(to, "to"),
    )


InRange = Annotated[Times, Depends(_times)]


def _narrowed(
    characteristic: Text = None, order: Text = None, lot: Text = None, serial: Text = None
) -> dict[str, str | None]:
    """FastAPI dependency: of what a measurement is to be."""
    return {"characteristic": characteristic, "order": order, "lot": lot, "serial": serial}


Narrowed = Annotated[dict[str, Any], Depends(_narrowed)]


def build_router(gate: Gate) -> APIRouter:
    """The quality room's routes."""
    router = APIRouter(tags=["quality"])
    _add_characteristics(router, gate)
    _add_chart(router, gate)
    _add_measurements(router, gate)
    _add_nonconformances(router, gate)
    _add_commands(router, gate)
    return router


def _rows(gate: Gate, name: str, key: str, *, paged: bool = True) -> dict[str, Any]:
    question = gate.catalogue.question(name)
    described = says_rows(question.row, key, question.summary, paged=paged)
    return {"summary": question.summary, "responses": described}


def _add_characteristics(router: APIRouter, gate: Gate) -> None:
    @router.get("/characteristics", **_rows(gate, "quality.characteristics", "characteristics"))
    async def get_characteristics(
        viewer: Asking, item: Text = None, operation: Text = None, active: Active = None, cursor: Cursor = None,
        limit: Limit = 1000, company: Company = None,
    ) -> Response:  # fmt: skip
        params = CharacteristicsPage(item=item, operation=operation, active=active, cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "quality.characteristics", params, company), "characteristics")

    @router.get("/gauges", **_rows(gate, "quality.gauges", "gauges", paged=False))
    async def get_gauges(viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, "quality.gauges", Nothing(), company), "gauges", paged=False)


def _add_chart(router: APIRouter, gate: Gate) -> None:
    question = gate.catalogue.question("quality.chart")

    @router.get(
        "/characteristics/{characteristic}/chart",
        summary=question.summary,
        responses=says(question.row, "The chart with its limits, violations and capability", refuses=(404, 422)),
    )
    async def get_chart(
        characteristic: Slug, viewer: Asking, between: InRange, points: Points = 300, pooled: Pooled | None = None,
        company: Company = None,
    ) -> Response:  # fmt: skip
        params = ChartOf(
            characteristic=characteristic[:200], from_us=between[0], to_us=between[1], limit=points, pooled=pooled
        )  # fmt: skip
        answer = await gate.ask(viewer, question.name, params, company)
        return json_response(answer.rows[0])

    @router.get(
        "/characteristics/{characteristic}/exclusions", **_rows(gate, "quality.exclusions", "exclusions", paged=False)
    )
    async def get_exclusions(characteristic: Slug, viewer: Asking, company: Company = None) -> Response:
        answer = await gate.ask(viewer, "quality.exclusions", {"characteristic": characteristic[:200]}, company)
        return answer_response(answer, "exclusions", paged=False)

    @router.get("/violations", **_rows(gate, "quality.violations", "violations", paged=False))
    async def get_violations(
        viewer: Asking, between: InRange, limit: Limit = 1000, company: Company = None
    ) -> Response:  # fmt: skip
        answer = await gate.ask(viewer, "quality.violations", Since(from_us=between[0], limit=limit), company)
        return answer_response(answer, "violations", paged=False)


def _add_measurements(router: APIRouter, gate: Gate) -> None:
    @router.get("/measurements", **_rows(gate, "quality.measurements", "measurements"))
    async def get_measurements(
        viewer: Asking, between: InRange, which: Narrowed, cursor: Cursor = None, limit: Limit = 1000,
        company: Company = None,
    ) -> Response:  # fmt: skip
        params = MeasurementsPage(**which, from_us=between[0], to_us=between[1], cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "quality.measurements", params, company), "measurements")

    @router.get("/measurements/not-understood", **_rows(gate, "quality.not_understood", "measurements"))
    async def get_not_understood(
        viewer: Asking, cursor: Cursor = None, limit: Limit = 1000, company: Company = None
    ) -> Response:
        params = Page(cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "quality.not_understood", params, company), "measurements")

    @router.post(
        "/inspections/import",
        summary=gate.catalogue.command("quality.import").summary,
        responses=says(Imported, "What the file says", refuses=(403, 413, 422)),
        openapi_extra=_SHEET,
    )
    async def post_import(
        request: Request,
        viewer: Asking,
        commit: Annotated[bool, Query(description="false: only say what it would do")] = False,  # noqa: FBT002 - a query parameter
    ) -> Response:
        asked = ImportMeasurements(data=await read_body(request, MOST_BYTES), preview=not commit)
        return json_response(await gate.do(viewer, "quality.import", asked))


def _add_nonconformances(router: APIRouter, gate: Gate) -> None:
    @router.get("/nonconformances", **_rows(gate, "quality.nonconformances", "nonconformances"))
    async def get_nonconformances(
        viewer: Asking,
        is_open: Annotated[bool | None, Query(alias="open", description="nothing decided yet, or the others")] = None,
        characteristic: Text = None,
        order: Text = None,
        cursor: Cursor = None,
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        params = NonconformancesPage(
            open=is_open, characteristic=characteristic, order=order, cursor=cursor, limit=limit
        )  # fmt: skip
        return answer_response(await gate.ask(viewer, "quality.nonconformances", params, company), "nonconformances")


def _add_commands(router: APIRouter, gate: Gate) -> None:
    for path, name, kind in (
        ("/characteristics", "quality.save_characteristic", SaveCharacteristic),
        ("/characteristics/baseline", "quality.set_baseline", SetBaseline),
        ("/gauges", "quality.save_gauge", SaveGauge),
        ("/nonconformances/disposition", "quality.dispose", Dispose),
        ("/measurements/baseline", "quality.exclude", Exclude),
        ("/inspections", "quality.inspect", Inspect),
    ):
        _add_post(router, gate, path, (name, kind))


def _add_post(router: APIRouter, gate: Gate, path: str, named: tuple[str, type[Any]]) -> None:
    name, kind = named
    command = gate.catalogue.command(name)

    @router.post(
        path,
        name=name,
        summary=command.summary,
        status_code=201,
        responses=says(command.result, command.summary, 201, refuses=(403, 404, 413, 422)),
        openapi_extra=takes(kind),
    )
    async def post(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, kind)), 201)
