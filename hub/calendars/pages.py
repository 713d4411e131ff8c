"""The calendar page: a month as planned for the company, a site or a machine, and the forms that change it.

Days are those of the scope's time zone, hours ``HH:MM`` of its wall clock. Plain forms; what is wrong is said beside
its row and everything typed stays.
"""

import contextlib
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from contract.times import from_us
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid, NotFound
from hub.web.calendarview import (
    SHIFT_ROWS,
    UNATTENDED_ROWS,
    WEEK,
    DayForm,
    PlanForm,
    ShiftRow,
    build_month,
    shift_rows,
)
from hub.web.layout import Pages, Who, reading_of
from hub.web.pages_account import SEE_OTHER

MOST_ROWS: Final = 13
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Text = Annotated[str, Form(max_length=1000)]
Draw = Callable[..., Awaitable[HTMLResponse]]


def path_of(scope: str, month: str) -> str:
    """The address of the page."""
    asked = {name: value for name, value in (("scope", scope), ("month", month)) if value}
    return f"/calendar?{urlencode(asked)}" if asked else "/calendar"


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]) -> APIRouter:
    """The routes of the calendar page. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers
    draw = _drawer(gate, pages, clock_us)

    @router.get("/calendar")
    async def calendar(
        request: Request, viewer: SignedIn, scope: str = "", month: str = "", day: str = "", saved: int = 0
    ) -> HTMLResponse:
        chosen = DayForm(day=day[:10]) if day else DayForm()
        return await draw(request, viewer, scope, month, saved=bool(saved), day_form=chosen)

    _add_plan_forms(router, gate, draw, SignedIn)
    _add_day_forms(router, gate, draw, SignedIn)
    return router


def _drawer(gate: Gate, pages: Pages, clock_us: Callable[[], int]) -> Draw:
    async def draw(
        request: Request, viewer: Viewer, scope: str, month: str, *, status: int = 200, **said: Any
    ) -> HTMLResponse:
        reading, company = reading_of(request), await gate.view(viewer)
        today = reading.clock.today(from_us(clock_us()))
        shown = first_of(month, today)
        asked = {"month": f"{shown:%Y-%m}", "scope": scope[:200]}
        laid = build_month((await gate.ask(viewer, "calendars.month", asked)).rows, today)
        plans = {row.scope: row for row in (await gate.ask(viewer, "calendars.plans", {})).rows}
        days = (await gate.ask(viewer, "calendars.days", {})).rows
        machines = (await gate.ask(viewer, "machines.now", {})).rows
        values: dict[str, Any] = {
            "scope": scope, "laid": laid, "month": f"{shown:%Y-%m}", "year": shown.year, "number": shown.month,
            "previous": path_of(scope, f"{shown - timedelta(days=1):%Y-%m}"),
            "following": path_of(scope, f"{shown + timedelta(days=31):%Y-%m}"),
            "sites": [(site.site, site.name) for site in company.sites],
            "machines": [(f"{row.site}/{row.machine}", row.name) for row in machines],
            "days": [row for row in days if row.scope == scope and f"{row.day:%Y-%m}" >= f"{shown:%Y-%m}"],
            "form": _form(plans.get(scope)), "own": scope in plans, "day_form": DayForm(), "saved": False,
            "week": WEEK, "may_set": viewer.has("manager", "admin"), "here_path": path_of(scope, f"{shown:%Y-%m}"),
        }  # fmt: skip
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "calendar.html", who, status=status, **(values | said))

    return draw


def first_of(month: str, today: date) -> date:
    """The first day of a month ``2026-11``; of today's where the text names none between 2000 and 2099."""
    try:
        found = date.fromisoformat(f"{month}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year <= 2099 else today.replace(day=1)


def _form(plan: Any) -> PlanForm:
    if plan is None:
        return PlanForm([ShiftRow()] * SHIFT_ROWS, [ShiftRow()] * UNATTENDED_ROWS)
    return PlanForm(
        shift_rows(plan.shifts, SHIFT_ROWS), shift_rows(plan.unattended, UNATTENDED_ROWS), plan.holidays, plan.zone
    )


def _add_plan_forms(router: APIRouter, gate: Gate, draw: Draw, SignedIn: Any) -> None:  # noqa: N803 - a type
    @router.post("/calendar/plan")
    async def set_plan(request: Request, viewer: SignedIn) -> Response:
        typed = await request.form()
        scope, month = text_in(typed, "scope"), text_in(typed, "month")
        shifts, unattended = rows_in(typed, "s"), rows_in(typed, "u")
        zone, holidays = text_in(typed, "zone"), "holidays" in typed
        try:
            params = {
                "scope": scope, "holidays": holidays, "zone": zone or None,
                "shifts": [_shift(row, f"shifts.{n}") for n, row in shifts.items()],
                "unattended": [_shift(row, f"unattended.{n}") for n, row in unattended.items()],
            }  # fmt: skip
            await gate.do(viewer, "calendars.set_plan", params)
        except Invalid as error:
            form = PlanForm(
                _shown(shifts, SHIFT_ROWS), _shown(unattended, UNATTENDED_ROWS), holidays, zone,
                (error.field or "shifts", _part(error.field)),
            )  # fmt: skip
            return await draw(request, viewer, scope, month, status=422, form=form)
        return RedirectResponse(_saved(scope, month), status_code=SEE_OTHER)

    @router.post("/calendar/plan/remove")
    async def remove_plan(viewer: SignedIn, scope: Text = "", month: Text = "") -> Response:
        return await _gone(gate, viewer, "calendars.remove_plan", {"scope": scope}, _saved(scope, month))


def _add_day_forms(router: APIRouter, gate: Gate, draw: Draw, SignedIn: Any) -> None:  # noqa: N803 - a type
    @router.post("/calendar/day")
    async def set_day(request: Request, viewer: SignedIn) -> Response:
        typed = await request.form()
        said = {name: text_in(typed, name) for name in ("scope", "month", "day", "kind", "name", "hours")}
        unattended = "unattended" in typed
        try:
            params = {
                "scope": said["scope"], "day": _day(said["day"]), "kind": said["kind"], "name": said["name"] or None,
                "hours": spans_in(said["hours"], "hours") if said["kind"] == "extra" else [],
                "unattended": unattended,
            }  # fmt: skip
            await gate.do(viewer, "calendars.set_day", params)
        except Invalid as error:
            fault = (error.field or "day").partition(".")[0]
            form = DayForm(said["day"], said["kind"], said["name"], said["hours"], unattended, fault)
            return await draw(request, viewer, said["scope"], said["month"], status=422, day_form=form)
        return RedirectResponse(_saved(said["scope"], said["day"][:7]), status_code=SEE_OTHER)

    @router.post("/calendar/day/remove")
    async def remove_day(
        request: Request, viewer: SignedIn, scope: Text = "", month: Text = "", day: Text = ""
    ) -> Response:
        try:
            params = {"scope": scope, "day": _day(day)}
        except Invalid:
            return await draw(request, viewer, scope, month, status=422, day_form=DayForm(day=day, fault="day"))
        return await _gone(gate, viewer, "calendars.remove_day", params, _saved(scope, month))


async def _gone(gate: Gate, viewer: Viewer, command: str, params: Mapping[str, Any], following: str) -> Response:
    """Removes; what somebody else removed before is gone as well."""
    with contextlib.suppress(NotFound):
        await gate.do(viewer, command, params)
    return RedirectResponse(following, status_code=SEE_OTHER)


def _saved(scope: str, month: str) -> str:
    path = path_of(scope, month)
    return f"{path}{'&' if '?' in path else '?'}saved=1"


def text_in(typed: FormData, name: str) -> str:
    """A field of a form as text; empty where there is none."""
    value = typed.get(name)
    return unicodedata.normalize("NFKC", value)[:1000].strip() if isinstance(value, str) else ""


def rows_in(typed: FormData, prefix: str) -> dict[int, ShiftRow]:
    """The rows of a form that are not blank, by their place among those that are not."""
    rows: list[ShiftRow] = []
    for number in range(MOST_ROWS):
        name, start, end, breaks = (text_in(typed, f"{prefix}{number}_{part}") for part in _PARTS)
        if name or start or end or breaks:
            days = tuple(day for day in typed.getlist(f"{prefix}{number}_day") if isinstance(day, str) and day in WEEK)
            rows.append(ShiftRow(name, days, start, end, breaks))
    return dict(enumerate(rows))


_PARTS: Final = ("name", "start", "end", "breaks")


def _shown(rows: Mapping[int, ShiftRow], least: int) -> list[ShiftRow]:
    return [*rows.values(), *[ShiftRow()] * max(1, least - len(rows))]


def _shift(row: ShiftRow, field: str) -> dict[str, Any]:
    return {
        "name": row.name, "weekdays": row.weekdays, "start": row.start, "end": row.end,
        "breaks": spans_in(row.breaks, f"{field}.breaks"),
    }  # fmt: skip


def spans_in(text: str, field: str) -> list[dict[str, str]]:
    """Hours such as ``12:00-13:00, 15:00-15:10``; Invalid where a piece has no end.

    >>> spans_in("12:00-13:00、 15:00～15:10", "breaks")
    [{'start': '12:00', 'end': '13:00'}, {'start': '15:00', 'end': '15:10'}]
    """
    plain = unicodedata.normalize("NFKC", text)
    for mark in ("、", ";", "\n"):
        plain = plain.replace(mark, ",")
    for mark in ("~", "–", "—", "〜", "ー", "−"):
        plain = plain.replace(mark, "-")
    spans = []
    for piece in (piece.strip() for piece in plain.split(",") if piece.strip()):
        start, dash, end = piece.partition("-")
        if not dash or not start.strip() or not end.strip():
            raise Invalid(f"{field}: {piece[:40]!r} is no stretch of hours; write it like 12:00-13:00", field)
        spans.append({"start": start.strip(), "end": end.strip()})
    return spans


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"{text[:20]!r} is no day; write it like 2026-11-20", "day") from None


def _part(field: str | None) -> str:
    """Which text says what is wrong with a field of a plan."""
    named = (field or "").split(".")
    return next((part for part in ("breaks", "weekdays", "name", "start", "end", "zone") if part in named), "shifts")
