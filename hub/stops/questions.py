"""What can be asked about stops: the list of one machine or of all, what time went to (Pareto), what is set.

Times in rows are aware UTC datetimes, durations seconds. Nothing is said beyond the last proof of life.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.keys import split_machine_key
from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing, Page, decode_cursor, encode_cursor
from hub.calendars import store as calendars
from hub.calendars.model import plan_of
from hub.calendars.questions import MAX_DAYS, check_window
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.machines.questions import find_machine
from hub.machines.store import Known
from hub.stops import store
from hub.stops.model import Looked, ReasonCode, Stop

_US_PER_S: Final = 1e6


class StopRange(Page, frozen=True, kw_only=True):
    """A stretch of time of one machine, of a site (`machine` None), or of the whole company (both None)."""

    from_us: int
    to_us: int
    site: str | None = None
    machine: str | None = None


class LossRange(msgspec.Struct, frozen=True, kw_only=True):
    """As `StopRange`, all of it at once."""

    from_us: int
    to_us: int
    site: str | None = None
    machine: str | None = None


class StopRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stop, or the piece of one that has a reason of its own, cut to the window.

    `kind`: stop, or unknown (nobody can say whether it stood). `code` None: unexplained. `open`: it stands so still.
    `since`: where it began, maybe before the window.
    """

    site: Annotated[str, Discloses("identity")]
    machine: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    start: Annotated[datetime, Discloses("state")]
    end: Annotated[datetime, Discloses("state")]
    since: Annotated[datetime, Discloses("state")]
    duration_s: Annotated[float, Discloses("state")]
    kind: Annotated[str, Discloses("state")]
    state: Annotated[str, Discloses("state")]
    open: Annotated[bool, Discloses("state")]
    code: Annotated[str | None, Discloses("breakdowns")]
    text: Annotated[str | None, Discloses("know_how")]
    operator: Annotated[str | None, Discloses("people")]


class LossRow(msgspec.Struct, frozen=True, kw_only=True):
    """Planned time of one machine that went to one thing.

    `kind`: reason (with its `code`), unexplained, short (stretches under the threshold), unknown, or running. All
    rows of a machine add up to its planned time, as far as the machine was known at all.
    """

    kind: Annotated[str, Discloses("state")]
    code: Annotated[str | None, Discloses("breakdowns")]
    group: Annotated[str | None, Discloses("breakdowns")]
    site: Annotated[str, Discloses("identity")]
    machine: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    total_s: Annotated[float, Discloses("state")]
    count: Annotated[int, Discloses("state")]


class SettingsRow(msgspec.Struct, frozen=True, kw_only=True):
    """From when on standing is a stop, the reasons to choose from, and the machines that have no calendar."""

    threshold_s: Annotated[int, Discloses("know_how")]
    reasons: Annotated[tuple[ReasonCode, ...], Discloses("know_how")]
    unplanned: Annotated[tuple[str, ...], Discloses("availability")]


def _asked(room: Room, params: StopRange | LossRange) -> Iterator[tuple[Known, Looked]]:
    """The machines asked about with what their planned time went to."""
    if params.to_us < params.from_us:
        raise Invalid("from is after to", "from")
    check_window(params.from_us, params.to_us)
    calendar = calendars.calendar(room.reader)
    for known in _machines(room, params.site, params.machine):
        window = (params.from_us, params.to_us)
        yield known, store.stops_of(room.reader, known, calendar, window, room.now_us)


def _machines(room: Room, site: str | None, machine: str | None) -> list[Known]:
    if machine is not None:
        if site is None:
            raise Invalid("machine needs its site beside it", "site")
        return [find_machine(room, site, machine)]
    if site is not None and all(one.site != site for one in room.registry.sites):
        raise NotFound(f"site {site!r}")
    return [one for one in machines.all_machines(room.reader) if site in (None, split_machine_key(one.machine)[0])]


def stops(room: Room, params: StopRange) -> Found[StopRow]:
    """Stops and unknown stretches at least as long as the threshold, by start."""
    rows: list[StopRow] = []
    least_us = store.threshold_s(room.reader) * 1_000_000
    for known, found in _asked(room, params):
        rows += [_stop_row(known, stop, "stop") for stop in found.stops]
        rows += [
            _stop_row(known, Stop(a, b, "unknown", None, None, None, open=False), "unknown")
            for a, b in found.unknown
            if b - a >= least_us
        ]
    rows.sort(key=_place)
    after = _after(params.cursor)
    left = [row for row in rows if after is None or _place(row) >= after]
    following = left[params.limit] if len(left) > params.limit else None
    return Found(left[: params.limit], None if following is None else encode_cursor(*_place(following)))


def _place(row: StopRow) -> tuple[int, str, str]:
    return round(row.start.timestamp() * _US_PER_S), row.site, row.machine


def _after(cursor: str | None) -> tuple[int, str, str] | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [int(start), str(site), str(machine)]:
            return start, site, machine
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


def _stop_row(known: Known, stop: Stop, kind: str) -> StopRow:
    site, machine = split_machine_key(known.machine)
    return StopRow(
        site=site, machine=machine, name=_name(known), start=from_us(stop.start_us), end=from_us(stop.end_us),
        duration_s=(stop.end_us - stop.start_us) / _US_PER_S, kind=kind, state=stop.state, open=stop.open,
        since=from_us(stop.start_us if stop.since_us is None else stop.since_us), code=stop.code, text=stop.text,
        operator=stop.operator,
    )  # fmt: skip


def _name(known: Known) -> str:
    return (known.record.name if known.record is not None else None) or split_machine_key(known.machine)[1]


def pareto(room: Room, params: LossRange) -> Found[LossRow]:
    """What planned time went to, by machine and reason, the largest first."""
    groups = {one.code: one.group for one in store.reason_codes(room.reader)}
    rows: list[LossRow] = []
    for known, found in _asked(room, params):
        site, machine = split_machine_key(known.machine)
        for (kind, code), (total_us, count) in _losses(found).items():
            if total_us:
                group = None if code is None else groups.get(code, "other")
                rows.append(LossRow(
                    kind=kind, code=code, group=group, site=site, machine=machine, name=_name(known),
                    total_s=total_us / _US_PER_S, count=count,
                ))  # fmt: skip
    return Found(sorted(rows, key=lambda row: (-row.total_s, row.kind, row.code or "", row.site, row.machine)))


def _losses(found: Looked) -> dict[tuple[str, str | None], tuple[int, int]]:
    """{(kind, code): (total_us, count)}."""
    losses: dict[tuple[str, str | None], tuple[int, int]] = {}
    for stop in found.stops:
        key = ("unexplained", None) if stop.code is None else ("reason", stop.code)
        total, count = losses.get(key, (0, 0))
        losses[key] = (total + stop.end_us - stop.start_us, count + 1)
    losses["short", None] = (found.short_us, found.short_count)
    losses["unknown", None] = (found.unknown_us, len(found.unknown))
    losses["running", None] = (found.running_us, 0)
    return losses


def settings(room: Room, _params: Nothing) -> Found[SettingsRow]:
    """What the company set, in one row."""
    calendar = calendars.calendar(room.reader)
    known = [one.machine for one in machines.all_machines(room.reader)]
    row = SettingsRow(
        threshold_s=store.threshold_s(room.reader), reasons=tuple(store.reason_codes(room.reader)),
        unplanned=tuple(machine for machine in known if plan_of(calendar, machine) is None),
    )  # fmt: skip
    return Found([row])


QUESTIONS: Final = (
    Question(name="stops.stops", summary=f"Stops with their reasons over a window of at most {MAX_DAYS} days",
             params=StopRange, row=StopRow, run=stops),
    Question(name="stops.pareto", summary="What planned time went to, by machine and reason", params=LossRange,
             row=LossRow, run=pareto),
    Question(name="stops.settings", summary="The threshold of a stop and the reasons to choose from", params=Nothing,
             row=SettingsRow, run=settings),
)  # fmt: skip
