"""Pages of characteristics: the list, one with its control chart and capability, and the form that makes one.

`/live/characteristics/…` keeps the chart as it is. Times in forms are local to the reader, without a zone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from hub.access.gate import Gate
from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.form_pages import Fault, fault_of, fields_of, texts, typed_in, values_of
from hub.orders.pages import SEE_OTHER, who_of
from hub.quality.chart_model import KINDS
from hub.quality.column_model import CHARACTERISTIC
from hub.quality.commands import MASTER
from hub.quality.exclusion_pages import add_exclusions, choices, left_out
from hub.quality.pages import ViewerOf, characteristic_path, concerns
from hub.quality.rules_model import RULE_SETS
from hub.sheets.fault import Refused
from hub.web.controlchart import WIDTH, draw, figure
from hub.web.layout import Pages, Reading, reading_of
from hub.web.stream import beat, beats, fragments, partial

LISTED: Final = 100
NEWEST: Final = 30
NAMED: Final = 4
"""So many broken points are named in the drawing itself: the newest; more would cover each other."""
_APART: Final = 150.0
_TICKS: Final = ("first", "last", "trend", "active")
_NAMES: Final = {"cp": "Cp", "cpk": "Cpk", "pp": "Pp", "ppk": "Ppk", "ppm": "ppm"}
Pooled = Literal["own", "deviation", "z"]


def _named(band: Any) -> set[int]:
    """Which broken points are named: of the newest few heaps of them, the one farthest from the centre."""
    heaps: list[list[int]] = []
    broken = [index for index, mark in enumerate(band.marks) if mark.rules] if band else []
    for index in reversed(broken):
        if heaps and band.marks[heaps[-1][0]].x - band.marks[index].x <= _APART:
            heaps[-1].append(index)
        else:
            heaps.append([index])
    return {max(heap, key=lambda index: abs(band.marks[index].away)) for heap in heaps[:NAMED]}


def chart_values(row: Any, reading: Reading) -> dict[str, Any]:
    """What `characteristic_chart.html` draws of a row of `quality.chart`."""
    upper = draw(row.points, reading) if row.points else None
    under = draw(row.points, reading, spread=True) if row.points else None
    broken = [(point, point.rules) for point in reversed(row.points) if point.rules]
    name = row.name or row.characteristic
    return {
        "upper": upper, "under": under, "upper_named": _named(upper), "under_named": _named(under), "width": WIDTH,
        "broken": broken[:LISTED], "unit": row.unit or "", "figure": figure, "basis": _basis(row, reading),
        "figure_text": reading.words("quality.figure", name=name, n=len(broken)),
    }  # fmt: skip


def _basis(row: Any, reading: Reading) -> str:
    base = row.baseline
    if row.basis == "none" or base is None:
        return reading.words("quality.basis.none", why=row.why or "")
    if row.basis == "given":
        return reading.words("quality.basis.given")
    if row.basis == "provisional":
        return reading.words("quality.basis.provisional", samples=base.samples)
    since, until = reading.clock.full(row.baseline_from), reading.clock.full(row.baseline_to)
    return reading.words("quality.basis.stated", since=since, until=until, samples=base.samples, values=base.values)


def _plan(row: Any, reading: Reading) -> str:
    said = [] if row.every is None else [reading.words("quality.plan.every", n=row.every)]
    said += [reading.words(key) for key, on in (("quality.first", row.first), ("quality.last", row.last)) if on]
    return reading.words("list.and").join(said) or reading.words("none")


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The routes of characteristics. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    _add_forms(router, gate, pages, viewer_of)
    page = _add_page(router, gate, pages, viewer_of)
    _add_baseline(router, gate, viewer_of, page)
    add_exclusions(router, gate, viewer_of, page)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.get("/characteristics")
    async def listed(request: Request, viewer: SignedIn, cursor: str | None = None) -> HTMLResponse:
        answer = await gate.ask(viewer, "quality.characteristics", {"cursor": cursor, "limit": LISTED})
        values: dict[str, Any] = {
            "rows": answer.rows, "more": answer.next_cursor, "figure": figure, "path": characteristic_path,
            "may_change": viewer.has(*MASTER),
        }  # fmt: skip
        return pages.page(request, "characteristics.html", await who_of(gate, viewer), **values)

    @router.get("/live/characteristics/{characteristic}", response_class=EventSourceResponse)
    async def live_chart(
        request: Request, viewer: SignedIn, characteristic: str, pooled: Pooled = "own"
    ) -> AsyncIterator[ServerSentEvent]:
        reading, sent = reading_of(request), None
        async for changed in beats(request, live, viewer):
            if sent is None or concerns(changed, characteristic if pooled == "own" else None):
                row = (await gate.ask(viewer, "quality.chart", _chart_of(characteristic, pooled))).rows[0]
                html = pages.part(reading, "characteristic_chart.html", **chart_values(row, reading))
                for event in fragments(partial("chart", "innerMorph", html) if html != sent else ""):
                    yield event
                sent = html
            yield beat(clock_us())

    return router


def _chart_of(characteristic: str, pooled: Pooled) -> dict[str, Any]:
    return {"characteristic": characteristic[:200], "pooled": None if pooled == "own" else pooled}


Draw = Callable[..., Awaitable[HTMLResponse]]


def _add_page(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> Draw:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def page(
        request: Request, viewer: Viewer, characteristic: str, pooled: Pooled = "own", *, fault: Fault | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> HTMLResponse:  # fmt: skip
        reading = reading_of(request)
        row = (await gate.ask(viewer, "quality.characteristic", {"characteristic": characteristic[:200]})).rows[0]
        chart = (await gate.ask(viewer, "quality.chart", _chart_of(characteristic, pooled))).rows[0]
        measured = {"characteristic": characteristic, "limit": NEWEST}
        excluded = await gate.ask(viewer, "quality.exclusions", {"characteristic": characteristic[:200]})
        values = chart_values(chart, reading) | {
            "row": row, "able": chart.capability, "base": chart.baseline, "names": _NAMES, "plan": _plan(row, reading),
            "measured": (await gate.ask(viewer, "quality.measurements", measured)).rows, "pooled": pooled,
            "pools": row.kind == "variable" and row.process and row.gauge, "may_change": viewer.has(*MASTER),
            "path": characteristic_path, "live_path": f"/live{characteristic_path(characteristic)}?pooled={pooled}",
            "excluded": left_out(excluded.rows, chart.points),
            "choices": choices(chart.points, reading) if chart.points and pooled == "own" else None,
            "fault": fault, "typed": {"id": "", "reason": "", "since": _local(row.baseline_from, reading),
                                      "until": _local(row.baseline_to, reading), **(typed or {})},
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "characteristic.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/characteristics/{characteristic}")
    async def one(
        request: Request, viewer: SignedIn, characteristic: str, pooled: Pooled = "own"
    ) -> HTMLResponse:  # fmt: skip
        return await page(request, viewer, characteristic, pooled)

    return page


def _local(moment: datetime | None, reading: Reading) -> str:
    return "" if moment is None else reading.clock.local(moment).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: str, reading: Reading, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=reading.clock.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("say when, with day and time", "日付と時刻を入力してください", field) from None


def _add_baseline(router: APIRouter, gate: Gate, viewer_of: ViewerOf, page: Draw) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.post("/characteristics/{characteristic}/baseline")
    async def state(request: Request, viewer: SignedIn, characteristic: str) -> Response:
        typed, reading = await typed_in(request), reading_of(request)
        asked: dict[str, Any] = {"characteristic": characteristic[:200]}
        try:
            if "clear" not in typed:
                asked["baseline_from"] = _moment(typed.get("since", ""), reading, "since")
                asked["baseline_to"] = _moment(typed.get("until", ""), reading, "until")
            await gate.do(viewer, "quality.set_baseline", asked)
        except Invalid as error:
            return await page(request, viewer, characteristic, fault=fault_of(error, reading.words.lang), typed=typed)
        return RedirectResponse(characteristic_path(characteristic), status_code=SEE_OTHER)


def _add_forms(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw_form(
        request: Request, viewer: Viewer, typed: Mapping[str, str], editing: str | None, fault: Fault | None = None
    ) -> HTMLResponse:
        columns = CHARACTERISTIC if editing is None else [c for c in CHARACTERISTIC if c.key != "characteristic"]
        plain = {"kind": "variable", "chart": "", "rules": "default"} | dict.fromkeys(_TICKS, "") | dict(typed)
        values = {
            "fields": fields_of(columns, plain, reading_of(request).words.lang, fault), "typed": plain,
            "charts": ("", *KINDS), "rule_sets": RULE_SETS, "fault": fault, "editing": editing is not None,
            "may_change": viewer.has(*MASTER),
            "action": "/characteristics/new" if editing is None else f"{characteristic_path(editing)}/edit",
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "characteristic_form.html", await who_of(gate, viewer), status=status, **values)

    async def save(request: Request, viewer: Viewer, editing: str | None) -> Response:
        typed, lang = await typed_in(request), reading_of(request).words.lang
        try:
            asked = values_of(CHARACTERISTIC, typed) | {key: typed.get(key) == "1" for key in _TICKS}
            asked |= {key: typed[key] for key in ("kind", "chart", "rules") if typed.get(key)}
            asked["subgroup"] = asked["subgroup"] or 1
            asked["active"] = asked["active"] or editing is None
            if editing is not None:
                asked["characteristic"] = editing
            saved = await gate.do(viewer, "quality.save_characteristic", asked)
        except Invalid as error:
            return await draw_form(request, viewer, typed, editing, fault_of(error, lang))
        return RedirectResponse(characteristic_path(saved.key), status_code=SEE_OTHER)

    @router.get("/characteristics/new")
    async def new(request: Request, viewer: SignedIn, item: str = "", operation: str = "") -> HTMLResponse:
        return await draw_form(request, viewer, {"item": item[:64], "operation": operation[:64]}, None)

    @router.post("/characteristics/new")
    async def make(request: Request, viewer: SignedIn) -> Response:
        return await save(request, viewer, None)

    @router.get("/characteristics/{characteristic}/edit")
    async def edit(request: Request, viewer: SignedIn, characteristic: str) -> HTMLResponse:
        row = (await gate.ask(viewer, "quality.characteristic", {"characteristic": characteristic[:200]})).rows[0]
        shown = texts(CHARACTERISTIC, row) | {key: "1" if getattr(row, key) else "" for key in _TICKS}
        return await draw_form(
            request, viewer, shown | {"kind": row.kind, "chart": row.chart, "rules": row.rules}, characteristic
        )  # fmt: skip

    @router.post("/characteristics/{characteristic}/edit")
    async def change(request: Request, viewer: SignedIn, characteristic: str) -> Response:
        return await save(request, viewer, characteristic)
