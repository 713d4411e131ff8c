"""One machine's page: how it is now, how its day went, its runs, telemetry, alarms and signals (DESIGN §8).

`…/window` gives the parts that follow the shown window, `…/chart` the points of one signal, and `/live/…` keeps
the head and the signals as they are. Windows are given by scripts in milliseconds since 1970; inside, ``_us``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.times import from_us, to_us
from hub.access.gate import Gate
from hub.access.live import LiveBus, MachineChanged
from hub.access.viewer import Viewer
from hub.errors import NotFound
from hub.web.daychart import View, view_of
from hub.web.dayview import Day, SignalLine, build_day, signal_line, spans_of
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.states import look
from hub.web.stream import beat, beats, fragments, partial
from hub.web.times import iso

PAGE: Final = 5000
MAX_PAGES: Final = 8
POINTS: Final = 720
FIRST_CHARTS: Final = 2
BRIDGED_S: Final = 300.0
"""A signal that reports changes alone is silent while it stands still: a line bridges silence up to this long."""
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Ms = Annotated[int | None, Query(ge=0, le=4_102_444_800_000)]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks about one machine for one viewer."""

    gate: Gate
    viewer: Viewer
    site: str
    machine: str

    async def now(self) -> Any:
        """The machine's row of `machines.now`; NotFound where the company has none of that name."""
        answer = await self.gate.ask(self.viewer, "machines.now", {})
        for row in answer.rows:
            if (row.site, row.machine) == (self.site, self.machine):
                return row
        raise NotFound(f"machine {self.site}/{self.machine}")

    async def rows(self, question: str, **params: object) -> list[Any]:
        """All rows of a question about this machine, page by page, up to `MAX_PAGES` pages."""
        asked = {"site": self.site, "machine": self.machine, **params}
        rows: list[Any] = []
        for _ in range(MAX_PAGES):
            answer = await self.gate.ask(self.viewer, question, asked)
            rows += answer.rows
            if answer.next_cursor is None:
                break
            asked["cursor"] = answer.next_cursor
        return rows

    async def day(self, view: View, reading: Reading) -> Day:
        """All that follows the shown window."""
        day = {"from_us": view.day_us, "to_us": view.day_end_us, "limit": PAGE}
        if view.day_end_us <= view.day_us:
            return build_day([], [], [], view, reading)
        spans = spans_of(await self.rows("timeline.states", **day))
        window = {"from_us": view.from_us, "to_us": view.to_us, "limit": PAGE}
        runs = await self.rows("timeline.runs", **window)
        conditions = await self.rows("machines.conditions", **day)
        return build_day(spans, runs, conditions, view, reading)

    async def signals(self, reading: Reading) -> list[SignalLine]:
        """The machine's signals as they are now."""
        return [signal_line(row, reading) for row in await self.rows("machines.signals")]


def head_values(row: Any, reading: Reading, now: datetime) -> dict[str, Any]:
    """What the head of the page shows of a row of `machines.now`."""
    clock = reading.clock
    unknown = look(row.state).state == "unknown"
    return {
        "row": row,
        "state": look(row.state).state,
        "since": clock.moment(row.since, now),
        "known_until": clock.full(row.known_until),
        "tick_iso": iso(row.known_until if unknown else row.since),
        "coverage": None if row.coverage_today is None else int(row.coverage_today * 100),
    }


def _today_view(reading: Reading, day: date | None, frame: tuple[int | None, int | None], now_us: int) -> View:
    shown = day or reading.clock.today(from_us(now_us))
    left, right = (None if ms is None else ms * 1000 for ms in frame)
    return view_of(reading.clock.day_us(shown), left, right, now_us)


def _day_values(reading: Reading, day: Day) -> dict[str, Any]:
    shown = reading.clock.today(from_us(day.view.day_us))
    today = reading.clock.today(from_us(day.view.now_us))
    return {
        "day": day,
        "view": day.view,
        "date": shown.isoformat(),
        "date_text": reading.clock.day(shown),
        "today": today.isoformat(),
        "previous": (shown - timedelta(days=1)).isoformat(),
        "following": (shown + timedelta(days=1)).isoformat() if shown < today else None,
    }


def _chart_json(rows: list[Any]) -> Response:
    """Columns for the chart: seconds since 1970, least, mean and greatest; null where nothing is known."""
    columns: dict[str, list[float | None]] = {"t": [], "min": [], "mean": [], "max": []}
    due_s: float | None = None
    for row in rows:
        t = to_us(row.t) / 1e6
        if due_s is not None and t > due_s:
            _append(columns, due_s, None, None, None)  # a line must not bridge buckets without values
        _append(columns, t, row.min, row.mean, row.max)
        due_s = t + max(1.5 * row.width_s, BRIDGED_S)
    return Response(msgspec.json.encode(columns), media_type="application/json", headers={"Cache-Control": "no-store"})


def _append(
    columns: dict[str, list[float | None]], t: float, low: float | None, mean: float | None, high: float | None
) -> None:
    for column, value in zip(columns.values(), (t, low, mean, high), strict=True):
        column.append(value)


class MachineStream:
    """What an open machine's page has been sent, and what it lacks."""

    def __init__(self, pages: Pages, reading: Reading, asker: Asker) -> None:
        self._pages = pages
        self._reading = reading
        self._asker = asker
        self._sent: dict[str, str] = {}
        self._seen: object = None

    async def look(self, now_us: int) -> AsyncIterator[ServerSentEvent]:
        """The fragments that differ, and `changed` where the timeline is to be asked anew."""
        row = await self._asker.now()
        head = self._pages.part(self._reading, "machine_head.html", **head_values(row, self._reading, from_us(now_us)))
        values: Mapping[str, Any] = {"signals": await self._asker.signals(self._reading)}
        table = self._pages.part(self._reading, "machine_signals.html", **values)
        html = "".join(
            partial(target, "innerMorph", part)
            for target, part in (("head", head), ("signals", table))
            if self._sent.get(target) != part
        )
        self._sent.update(head=head, signals=table)
        for event in fragments(html):
            yield event
        seen = (row.state, row.since, row.program, row.alarms)
        if seen != self._seen and self._seen is not None:
            yield ServerSentEvent(event="changed", raw_data=row.state)
        self._seen = seen


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The routes of a machine's page. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers
    LeftMs = Annotated[Ms, Query(alias="from")]  # noqa: N806 - as above
    RightMs = Annotated[Ms, Query(alias="to")]  # noqa: N806 - as above

    @router.get("/machines/{site}/{machine}")
    async def machine_page(
        request: Request, viewer: SignedIn, site: str, machine: str, day: date | None = None,
        left: LeftMs = None, right: RightMs = None,
    ) -> HTMLResponse:  # fmt: skip
        reading, asker, now_us = reading_of(request), Asker(gate, viewer, site, machine), clock_us()
        row, company = await asker.now(), await gate.view(viewer)
        who = Who(viewer.name, company.slug, company.name)
        shown = await asker.day(_today_view(reading, day, (left, right), now_us), reading)
        signals = await asker.signals(reading)
        telemetry = [signal for signal in signals if signal.telemetry]
        values = {
            **head_values(row, reading, datetime.fromtimestamp(now_us / 1e6, UTC)),
            **_day_values(reading, shown),
            "signals": signals,
            "telemetry": telemetry,
            "chosen": {signal.name for signal in telemetry[:FIRST_CHARTS]},
            "site_name": next((s.name for s in company.sites if s.site == site), site),
            "path": f"/machines/{site}/{machine}",
            "live_path": f"/live/machines/{site}/{machine}",
        }
        return pages.page(request, "machine.html", who, **values)

    @router.get("/machines/{site}/{machine}/window")
    async def window(
        request: Request, viewer: SignedIn, site: str, machine: str, day: date, left: LeftMs, right: RightMs
    ) -> HTMLResponse:
        reading, asker = reading_of(request), Asker(gate, viewer, site, machine)
        shown = await asker.day(_today_view(reading, day, (left, right), clock_us()), reading)
        return HTMLResponse(pages.part(reading, "machine_window.html", **_day_values(reading, shown)))

    @router.get("/machines/{site}/{machine}/chart")
    async def chart(viewer: SignedIn, site: str, machine: str, signal: str, left: LeftMs, right: RightMs) -> Response:
        params = {"from_us": (left or 0) * 1000, "to_us": (right or 0) * 1000, "points": POINTS, "signal": signal}
        return _chart_json(await Asker(gate, viewer, site, machine).rows("series.read", **params))

    @router.get("/live/machines/{site}/{machine}", response_class=EventSourceResponse)
    async def live_machine(
        request: Request, viewer: SignedIn, site: str, machine: str
    ) -> AsyncIterator[ServerSentEvent]:
        stream = MachineStream(pages, reading_of(request), Asker(gate, viewer, site, machine))
        mine = MachineChanged(site=site, machine=machine)
        async for changed in beats(request, live, viewer):
            if not changed or mine in changed:
                async for event in stream.look(clock_us()):
                    yield event
            yield beat(clock_us())

    return router
