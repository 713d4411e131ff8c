"""What can be asked about a machine's signals and conditions."""

from datetime import datetime
from typing import Annotated

import msgspec

from contract.records import Machine, Value
from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import MachineRange
from hub.errors import NotFound
from hub.machines import store
from hub.machines.store import Known


class OneMachine(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of the company."""

    site: str
    machine: str


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A signal's newest value. `value` None with quality bad: not known; never reported: quality None."""

    signal: Annotated[str, Discloses("know_how")]
    unit: Annotated[str | None, Discloses("know_how")]
    value: Annotated[Value, Discloses("know_how")]
    quality: Annotated[str | None, Discloses("know_how")]
    code: Annotated[str | None, Discloses("know_how")]
    at: Annotated[datetime | None, Discloses("know_how")]
    seen: Annotated[datetime | None, Discloses("know_how")]
    telemetry: Annotated[bool, Discloses("know_how")]
    bad: Annotated[bool, Discloses("know_how")]
    """The agent says that this signal cannot be read at present."""
    reason: Annotated[str | None, Discloses("know_how")]
    """Why it cannot, in plain words, where the agent says so."""


class ConditionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm from rising to clearing; `end` None while it stands, `level` None where it is not known."""

    id: Annotated[str, Discloses("know_how")]
    level: Annotated[str | None, Discloses("breakdowns")]
    code: Annotated[str | None, Discloses("know_how")]
    text: Annotated[str | None, Discloses("know_how")]
    start: Annotated[datetime, Discloses("breakdowns")]
    end: Annotated[datetime | None, Discloses("breakdowns")]


def find_machine(room: Room, site: str, machine: str) -> Known:
    """The machine asked about; NotFound where this company has none of that name."""
    found = store.find(room.reader, f"{site}/{machine}")
    if found is None:
        raise NotFound(f"machine {site}/{machine}")
    return found


def signals(room: Room, params: OneMachine) -> Found[SignalRow]:
    """Every signal of a machine, declared or seen, by name."""
    known = find_machine(room, params.site, params.machine)
    bad = set(known.life.bad_signals) if known.life is not None else set()
    reasons = known.life.faults if known.life is not None else {}
    units = _units(known.record)
    newest = {value.signal: value for value in store.newest(room.reader, known.machine_id)}
    rows = []
    for name in sorted(units.keys() | newest.keys() | reasons.keys()):
        value = newest.get(name)
        rows.append(
            SignalRow(
                signal=name,
                unit=units.get(name) or (value.unit if value else None),
                value=value.value if value else None,
                quality=value.quality if value else None,
                code=value.code if value else None,
                at=from_us(value.at_us) if value else None,
                seen=from_us(value.seen_us) if value else None,
                telemetry=value.telemetry if value else False,
                bad=name in bad,
                reason=reasons.get(name),
            )
        )
    return Found(rows)


def _units(record: Machine | None) -> dict[str, str | None]:
    return {signal.name: signal.unit for signal in record.signals} if record is not None else {}


def conditions(room: Room, params: MachineRange) -> Found[ConditionRow]:
    """Conditions that stood at some time in the window, by start."""
    known = find_machine(room, params.site, params.machine)
    rows = [
        ConditionRow(
            id=c.id, level=c.level, code=c.code, text=c.text, start=from_us(c.start_us),
            end=from_us(c.end_us) if c.end_us is not None else None,
        )
        for c in store.conditions(room.reader, known.machine_id, params.from_us, params.to_us)
    ]  # fmt: skip
    return Found(rows)


QUESTIONS = (
    Question(
        name="machines.signals", summary="Signals of one machine with their newest values", params=OneMachine,
        row=SignalRow, run=signals,
    ),
    Question(
        name="machines.conditions", summary="Alarms of one machine over a window", params=MachineRange,
        row=ConditionRow, run=conditions,
    ),
)  # fmt: skip
