"""The stops page: what stood and why, one tap for a reason, split and re-assigned, and what time went to (Pareto).

`/live/stops` keeps list and Pareto as they are. Days are the reader's; forms carry times as microseconds since 1970.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.times import from_us, to_us
from hub.access.gate import Gate
from hub.access.live import BooksChanged, LiveBus
from hub.access.viewer import Viewer
from hub.errors import Invalid, NotFound
from hub.stops.commands import REPORTERS
from hub.stops.model import GROUPS
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.pages_account import SEE_OTHER, own_path
from hub.web.stopsview import By, StopLine, choices, losses, stop_lines, totals
from hub.web.stream import beat, beats, fragments, partial

MOST: Final = 5000
LINES: Final = 200
LOOK_US: Final = 3_000_000
"""Machines change all the time, stops do not: they are asked about no oftener, save when somebody said something."""
BLANK_REASONS: Final = 3
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Text = Annotated[str, Form(max_length=1000)]
Rows = Annotated[list[str], Form()]
Draw = Callable[..., Awaitable[HTMLResponse]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the stops a page shows: a day, all machines or one (``site/machine``), and how the Pareto is cut."""

    day: date | None
    machine: str
    by: By

    def query(self, **more: str) -> str:
        """As the query of an address."""
        asked = {"day": self.day.isoformat() if self.day else "", "machine": self.machine, "by": self.by, **more}
        return urlencode({name: value for name, value in asked.items() if value and (name, value) != ("by", "reason")})

    def path(self, **more: str) -> str:
        """The address of the page."""
        query = self.query(**more)
        return f"/stops?{query}" if query else "/stops"


@dataclass(frozen=True, slots=True)
class StopsReader:
    """Asks for one reader's stops again and again."""

    gate: Gate
    viewer: Viewer
    reading: Reading
    shown: Shown

    def day(self, now_us: int) -> date:
        """The day that is shown; today where none was asked for, or one out of this world."""
        asked = self.shown.day
        if asked is not None and FIRST_YEAR <= asked.year <= LAST_YEAR:
            return asked
        return self.reading.clock.today(from_us(now_us))

    async def settings(self) -> Any:
        """The row of `stops.settings`."""
        return (await self.gate.ask(self.viewer, "stops.settings", {})).rows[0]

    async def values(self, now_us: int) -> dict[str, Any]:
        """What follows the machines: the list, the Pareto and the totals."""
        from_, to = self.reading.clock.day_us(self.day(now_us))
        where: dict[str, Any] = {"from_us": from_, "to_us": to}
        if self.shown.machine:
            site, _, machine = self.shown.machine.partition("/")
            where |= {"site": site, "machine": machine}
        settings = await self.settings()
        reasons = choices(settings, self.reading)
        stops = await self.gate.ask(self.viewer, "stops.stops", where | {"limit": MOST})
        lost = (await self.gate.ask(self.viewer, "stops.pareto", where)).rows
        lines = stop_lines(stops.rows, reasons, self.reading, from_us(now_us), settings.threshold_s)
        return {
            "lines": lines[:LINES],
            "left_out": len(lines) - LINES,
            "bars": losses(lost, reasons, self.shown.by, self.reading),
            "totals": totals(lost, self.reading),
            "reasons": reasons,
            "unplanned": settings.unplanned,
            "threshold": self.reading.clock.span(settings.threshold_s),
            "may_say": self.viewer.has(*REPORTERS),
            "shown": self.shown,
            "day_text": self.reading.clock.day(self.day(now_us)),
        }


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The routes of the stops pages. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers
    draw = _drawer(gate, pages, clock_us)

    @router.get("/stops")
    async def stops(
        request: Request, viewer: SignedIn, day: date | None = None, machine: str = "", by: By = "reason",
        stop: str = "",
    ) -> HTMLResponse:  # fmt: skip
        return await draw(request, viewer, Shown(day, machine, by), stop=stop)

    @router.get("/live/stops", response_class=EventSourceResponse)
    async def live_stops(
        request: Request, viewer: SignedIn, day: date | None = None, machine: str = "", by: By = "reason"
    ) -> AsyncIterator[ServerSentEvent]:
        reading, sent, due_us = reading_of(request), "", 0
        reader = StopsReader(gate, viewer, reading, Shown(day, machine, by))
        async for changed in beats(request, live, viewer):
            if clock_us() >= due_us or any(isinstance(one, BooksChanged) for one in changed):
                html = pages.part(reading, "stops_list.html", **await reader.values(clock_us()))
                for event in fragments(partial("stops", "innerMorph", html) if html != sent else ""):
                    yield event
                sent, due_us = html, clock_us() + LOOK_US
            yield beat(clock_us())

    _add_forms(router, gate, draw, SignedIn, clock_us)
    _add_settings(router, gate, pages, SignedIn)
    return router


def _drawer(gate: Gate, pages: Pages, clock_us: Callable[[], int]) -> Draw:
    async def draw(
        request: Request, viewer: Viewer, shown: Shown, *, stop: str = "", status: int = 200, **said: Any
    ) -> HTMLResponse:
        reading, now_us, company = reading_of(request), clock_us(), await gate.view(viewer)
        reader = StopsReader(gate, viewer, reading, shown)
        machines = (await gate.ask(viewer, "machines.now", {})).rows
        if shown.machine and all(f"{row.site}/{row.machine}" != shown.machine for row in machines):
            raise NotFound(f"machine {shown.machine[:127]}")
        values = await reader.values(now_us)
        day, today = reader.day(now_us), reading.clock.today(from_us(now_us))
        values |= {
            "machines": [(f"{row.site}/{row.machine}", row.name) for row in machines],
            "date": day.isoformat(), "today": today.isoformat(),
            "previous": Shown(day - timedelta(days=1), shown.machine, shown.by).path(),
            "following": Shown(day + timedelta(days=1), shown.machine, shown.by).path() if day < today else None,
            "by_reason": Shown(shown.day, shown.machine, "reason").path(),
            "by_machine": Shown(shown.day, shown.machine, "machine").path(),
            "live_path": f"/live/stops?{shown.query()}",
            "picked": _picked(values["lines"], stop), "fault": None, "typed": {},
            "may_set": viewer.has("manager", "admin"),
        }  # fmt: skip
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "stops.html", who, status=status, **(values | said))

    return draw


def _picked(lines: list[StopLine], stop: str) -> StopLine | None:
    return next((line for line in lines if line.id == stop and line.kind == "stop"), None)


@dataclass(frozen=True, slots=True)
class Said:
    """A form about one stop, as it was sent: `typed` has what people wrote, `to_us` None where it still stands.

    `shown_us`: where the page showed its start, after `from_us` where it began on a day before.
    """

    machine: str
    from_us: int
    to_us: int | None
    shown_us: int
    stop: str
    following: str
    typed: dict[str, str]

    @property
    def params(self) -> dict[str, Any]:
        """What every command about a stop is told."""
        site, _, name = self.machine.partition("/")
        return {"site": site, "machine": name, "from_us": self.from_us, "to_us": self.to_us}


async def _said(request: Request) -> Said:
    form = await request.form()
    typed = {name: value[:1000] for name, value in form.items() if isinstance(value, str)}
    from_us_, to_us_ = _us(typed.get("from", "")), _us(typed.get("to", ""))
    if from_us_ is None:
        raise Invalid("the form does not say when the stop began; open the page again", "from")
    place = {name: typed.pop(name, "") for name in ("machine", "from", "to", "shown", "stop", "next")}
    shown_us = _us(place["shown"]) or from_us_
    return Said(place["machine"], from_us_, to_us_, shown_us, place["stop"], place["next"], typed)


def _us(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None


def _add_forms(router: APIRouter, gate: Gate, draw: Draw, SignedIn: Any, clock_us: Callable[[], int]) -> None:  # noqa: N803 - a type
    async def say(request: Request, viewer: Viewer, command: str, said: Said, **params: object) -> Response:
        try:
            await gate.do(viewer, command, said.params | params)
        except Invalid as error:
            shown = Shown(reading_of(request).clock.today(from_us(said.shown_us)), said.machine, "reason")
            fault = error.field or "code"
            return await draw(request, viewer, shown, stop=said.stop, status=422, fault=fault, typed=said.typed)
        return RedirectResponse(own_path(said.following), status_code=SEE_OTHER)

    @router.post("/stops/reason")
    async def give(request: Request, viewer: SignedIn) -> Response:
        said = await _said(request)
        more = {name: said.typed.get(name, "").strip() or None for name in ("text", "operator")}
        return await say(request, viewer, "stops.give_reason", said, code=said.typed.get("code", ""), **more)

    @router.post("/stops/withdraw")
    async def withdraw(request: Request, viewer: SignedIn) -> Response:
        said = await _said(request)
        return await say(request, viewer, "stops.withdraw_reason", said, to_us=said.to_us or 0)

    @router.post("/stops/split")
    async def split(request: Request, viewer: SignedIn) -> Response:
        said = await _said(request)
        to_us_ = min(said.to_us or 0, clock_us())
        # of several days the one that is shown is meant
        at_us = split_us(said.typed.get("at", ""), said.shown_us, to_us_, reading_of(request))
        at_us = said.from_us if at_us == said.shown_us else at_us
        reasons = {name: said.typed.get(name) or None for name in ("before", "after")}
        return await say(request, viewer, "stops.split", said, to_us=to_us_, at_us=at_us, **reasons)


def split_us(text: str, from_: int, to: int, reading: Reading) -> int:
    """The time of day within a stop that `text` (``HH:MM`` or ``HH:MM:SS``) names; its start where it names none."""
    try:
        wanted = time.fromisoformat(text.strip())
    except ValueError:
        return from_
    day = reading.clock.today(from_us(from_))
    while (start := reading.clock.day_us(day)[0]) < to:
        at = to_us(datetime.combine(day, wanted.replace(tzinfo=None), reading.clock.zone))
        if from_ < at < to and at >= start:
            return at
        day += timedelta(days=1)
    return from_


def _add_settings(router: APIRouter, gate: Gate, pages: Pages, SignedIn: Any) -> None:  # noqa: N803 - a type
    async def draw(request: Request, viewer: Viewer, *, status: int = 200, **said: Any) -> HTMLResponse:
        company, row = await gate.view(viewer), (await gate.ask(viewer, "stops.settings", {})).rows[0]
        values: dict[str, Any] = {
            "rows": [(one.code, one.ja, one.en, one.group) for one in row.reasons],
            "threshold": f"{row.threshold_s / 60:g}", "groups": GROUPS, "fault": None, "saved": None,
            "may_set": viewer.has("manager", "admin"),
        }  # fmt: skip
        values |= said
        values["rows"] += [("", "", "", "other")] * BLANK_REASONS
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "stops_settings.html", who, status=status, **values)

    @router.get("/stops/settings")
    async def settings(request: Request, viewer: SignedIn, saved: str = "") -> HTMLResponse:
        return await draw(request, viewer, saved="stops.set.saved" if saved else None)

    @router.post("/stops/settings/reasons")
    async def set_reasons(request: Request, viewer: SignedIn, code: Rows, ja: Rows, en: Rows, group: Rows) -> Response:
        typed = [row for row in zip(code, ja, en, group, strict=False) if any(text.strip() for text in row[:3])]
        reasons = [{"code": c, "ja": j, "en": e, "group": g} for c, j, e, g in typed]
        try:
            await gate.do(viewer, "stops.set_reasons", {"reasons": reasons})
        except Invalid as error:
            return await draw(request, viewer, status=422, rows=typed, fault=error.field or "reasons")
        return RedirectResponse("/stops/settings?saved=1", status_code=SEE_OTHER)

    @router.post("/stops/settings/threshold")
    async def set_threshold(request: Request, viewer: SignedIn, minutes: Text = "") -> Response:
        try:
            seconds = round(float(minutes) * 60)
            await gate.do(viewer, "stops.set_threshold", {"threshold_s": seconds})
        except (ValueError, OverflowError, Invalid):
            return await draw(request, viewer, status=422, threshold=minutes, fault="threshold")
        return RedirectResponse("/stops/settings?saved=1", status_code=SEE_OTHER)
