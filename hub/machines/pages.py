"""The live board: every machine of the company, as it is now and as its last hours went (DESIGN §8, §10).

`GET /` draws it; `GET /live/board` keeps it so: one stream of server-sent events (`hub.web.stream`) that asks again
at every beat and sends only the tiles whose picture differs. Times are microseconds since 1970 (``_us``).
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.times import to_us
from hub.access.gate import Gate
from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.states import STATES, look
from hub.web.stream import beat, beats, fragments, partial
from hub.web.strips import Shape, Span, shapes
from hub.web.times import HOUR_US, MINUTE_US, ceil_us, iso

STRIPS_S: Final = 15.0
WALL_WIDTH: Final = 1900
WALL_HEIGHT: Final = 970
TILE_RATIO: Final = 1.9
SPANS: Final = ("8h", "24h", "day")
SORTS: Final = ("name", "urgency", "since")
SpanKey = Literal["8h", "24h", "day"]
SortKey = Literal["name", "urgency", "since"]
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]


@dataclass(frozen=True, slots=True)
class Tile:
    """One machine as the board shows it; texts are in the reader's language and time zone."""

    id: str
    href: str
    name: str
    state: str
    urgency: int
    changed: int
    since: str
    known_until: str
    known_iso: str
    tick_iso: str
    program: str | None
    part_count: int | None
    alarm_text: str | None
    more_alarms: int
    coverage: int | None
    path_only: bool
    strip: list[Shape]
    ahead: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """The machines of one place."""

    slug: str
    name: str
    tiles: list[Tile]


@dataclass(frozen=True, slots=True)
class Count:
    """How many machines are in a state."""

    state: str
    n: int


@dataclass(frozen=True, slots=True)
class Window:
    """What the strips of a board show: from `from_us` to `to_us`; after `now_us` nothing has happened yet."""

    from_us: int
    to_us: int
    now_us: int


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board's templates need."""

    sites: list[Site]
    counts: list[Count]
    total: int
    span: SpanKey

    def values(self) -> dict[str, Any]:
        """As values for a template."""
        return {"sites": self.sites, "counts": self.counts, "total": self.total, "span": self.span}


def window_of(span: SpanKey, reading: Reading, now_us: int) -> Window:
    """What strips show now; it moves on by whole minutes so that pictures stay the same in between."""
    edge = ceil_us(now_us, MINUTE_US)
    if span == "day":
        first, after = reading.clock.day_us(reading.clock.today(datetime.fromtimestamp(now_us / 1e6, UTC)))
        return Window(first, after, min(edge, after))
    hours = 8 if span == "8h" else 24
    return Window(edge - hours * HOUR_US, edge, edge)


def build_board(
    rows: Iterable[Any],
    strips: Mapping[tuple[str, str], list[Shape]],
    site_names: Mapping[str, str],
    reading: Reading,
    window: Window,
    span: SpanKey,
) -> Board:
    """The board of these machines (rows of `machines.now`)."""
    sites: dict[str, Site] = {}
    tally = dict.fromkeys(STATES, 0)
    for row in sorted(rows, key=lambda row: (row.site, natural(row.name or row.machine))):
        site = sites.setdefault(row.site, Site(row.site, site_names.get(row.site, row.site), []))
        tile = build_tile(row, strips.get((row.site, row.machine), []), reading, window)
        site.tiles.append(tile)
        tally[tile.state] += 1
    by_urgency = sorted(STATES, key=lambda state: look(state).urgency)
    counts = [Count(state, tally[state]) for state in by_urgency]
    return Board(list(sites.values()), counts, sum(tally.values()), span)


def build_tile(row: Any, strip: list[Shape], reading: Reading, window: Window) -> Tile:
    """One row of `machines.now` as a tile."""
    seen_look = look(row.state)
    clock, now = reading.clock, datetime.fromtimestamp(window.now_us / 1e6, UTC)
    unknown = seen_look.state == "unknown"
    ticks_from = row.known_until if unknown else row.since
    width = 240 / (window.to_us - window.from_us) * (window.to_us - window.now_us)
    return Tile(
        id=f"m_{row.site}_{row.machine}",
        href=f"/machines/{row.site}/{row.machine}",
        name=row.name or row.machine,
        state=seen_look.state,
        urgency=seen_look.urgency,
        changed=-to_us(row.since) // 10_000_000 if row.since else 0,
        since=clock.moment(row.since, now),
        known_until=clock.moment(row.known_until, now),
        known_iso=iso(row.known_until),
        tick_iso=iso(ticks_from),
        program=None if unknown else row.program,
        part_count=None if unknown else row.part_count,
        alarm_text=(row.alarm_text or reading.words("board.alarm")) if row.alarms and not unknown else None,
        more_alarms=max(0, (row.alarms or 0) - 1),
        coverage=None if row.coverage_today is None else math.floor(row.coverage_today * 100),
        path_only=row.proof == "path",
        strip=strip,
        ahead=f"M{240 - width:.2f} 0H240V16H{240 - width:.2f}z" if width > 0 else None,
    )


def natural(text: str) -> list[tuple[int, int, str]]:
    """A sort key by which ``MC-2`` comes before ``MC-10``."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for char in f"{text.casefold()}\0":
        if char.isdecimal():
            digits += char
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, char))
    return parts


@dataclass(frozen=True, slots=True)
class Grid:
    """How a wall screen is divided."""

    cols: int
    rows: int


def grid_of(count: int) -> Grid:
    """Columns and rows of a 16:9 screen that leave the most room to tiles about twice as wide as high.

    >>> grid_of(1), grid_of(5), grid_of(60)
    (Grid(cols=1, rows=1), Grid(cols=3, rows=2), Grid(cols=8, rows=8))
    """
    grids = [Grid(cols, max(1, math.ceil(count / cols))) for cols in range(1, 17)]
    return max(grids, key=lambda grid: min(WALL_WIDTH / grid.cols / TILE_RATIO, WALL_HEIGHT / grid.rows))


class BoardReader:
    """Asks for one reader's board again and again; strips, which change slowly, less often."""

    def __init__(self, gate: Gate, viewer: Viewer, reading: Reading, span: SpanKey) -> None:
        self._gate = gate
        self._viewer = viewer
        self._reading = reading
        self._span = span
        self._strips: dict[tuple[str, str], list[Shape]] = {}
        self._strips_due = -math.inf
        self._window: Window | None = None

    async def read(self, now_us: int, site_names: Mapping[str, str]) -> Board:
        """The board as it is."""
        answer = await self._gate.ask(self._viewer, "machines.now", {})
        window = window_of(self._span, self._reading, now_us)
        if now_us / 1e6 >= self._strips_due or window != self._window:
            self._strips = await self._read_strips(window)
            self._strips_due = now_us / 1e6 + STRIPS_S
            self._window = window
        return build_board(answer.rows, self._strips, site_names, self._reading, window, self._span)

    async def _read_strips(self, window: Window) -> dict[tuple[str, str], list[Shape]]:
        params = {"from_us": window.from_us, "to_us": window.now_us}
        answer = await self._gate.ask(self._viewer, "timeline.strips", params)
        return await asyncio.to_thread(draw_strips, answer.rows, window)


def draw_strips(rows: Iterable[Any], window: Window) -> dict[tuple[str, str], list[Shape]]:
    """Rows of `timeline.strips` as a small strip for each (site, machine)."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for row in rows:
        if row.state is not None:
            spans.setdefault((row.site, row.machine), []).append(Span(to_us(row.start), to_us(row.end), row.state))
    return {
        machine: shapes(own, window.from_us, window.to_us, width=240, height=16, columns=240)
        for machine, own in spans.items()
    }


async def site_names(gate: Gate, viewer: Viewer) -> tuple[Who, dict[str, str]]:
    """Whom the page is for, and what the sites of their company are called."""
    company = await gate.view(viewer)
    return Who(viewer.name, company.slug, company.name), {site.site: site.name for site in company.sites}


def changes(pages: Pages, reading: Reading, board: Board, sent: dict[str, str]) -> str:
    """The partials that bring a page showing `sent` up to `board`; `sent` is brought up to date too."""
    drawn = {
        tile.id: pages.part(reading, "board_tile.html", tile=tile, span=board.span)
        for site in board.sites
        for tile in site.tiles
    }
    summary = pages.part(reading, "board_summary.html", **board.values())
    partials: list[str] = []
    if drawn.keys() == sent.keys() - {"summary"}:
        partials = [partial(key, "outerMorph", html) for key, html in drawn.items() if sent[key] != html]
    else:
        values = board.values() | {"company_slug": "", "origin": ""}
        partials = [partial("board", "innerMorph", pages.part(reading, "board_sites.html", **values))]
    if sent.get("summary") != summary:
        partials.append(partial("summary", "innerMorph", summary))
    sent.clear()
    sent.update(drawn, summary=summary)
    return "".join(partials)


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The board's routes. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.get("/")
    async def board(
        request: Request, viewer: SignedIn, span: SpanKey = "8h", sort: SortKey = "name", wall: int = 0
    ) -> HTMLResponse:
        who, names = await site_names(gate, viewer)
        reading = reading_of(request)
        shown = await BoardReader(gate, viewer, reading, span).read(clock_us(), names)
        values = shown.values() | {
            "sort": sort,
            "sorts": SORTS,
            "spans": SPANS,
            "size": "l" if shown.total <= 6 else "m" if shown.total <= 16 else "s",
            "wall": grid_of(shown.total) if wall else None,
            "query": urlencode({"span": span, "lang": reading.words.lang}),
        }
        return pages.page(request, "board.html", who, **values)

    @router.get("/live/board", response_class=EventSourceResponse)
    async def live_board(request: Request, viewer: SignedIn, span: SpanKey = "8h") -> AsyncIterator[ServerSentEvent]:
        reading = reading_of(request)
        reader = BoardReader(gate, viewer, reading, span)
        sent: dict[str, str] = {}
        async for _ in beats(request, live, viewer):
            _, names = await site_names(gate, viewer)
            for event in fragments(changes(pages, reading, await reader.read(clock_us(), names), sent)):
                yield event
            yield beat(clock_us())

    return router
