"""Everything a company's store answers about one machine, so that two stores can be compared as a reader sees them."""

from typing import Any

import msgspec

from hub.access.catalogue import Room
from hub.access.params import MachineRange, RunRange, SignalRange
from hub.machines import questions as machines
from hub.machines.questions import OneMachine
from hub.series import questions as series
from hub.stores.company import CompanyStore
from hub.timeline import questions as timeline

MOST = 5000


def facts(store: CompanyStore, machine: str, from_us: int, to_us: int, now_us: int) -> dict[str, list[Any]]:
    """States, runs, conditions, newest values and telemetry of `site/machine` in ``[from, to)``, by what they are."""
    site, name = machine.split("/")
    where = {"site": site, "machine": name}
    window = {**where, "from_us": from_us, "to_us": to_us, "limit": MOST}

    def ask(reader: Any) -> dict[str, list[Any]]:
        room = Room("aoba", reader, None, now_us)  # type: ignore[arg-type]  # no registry is needed for these
        signals = machines.signals(room, OneMachine(**where)).rows
        found: dict[str, list[Any]] = {
            "states": timeline.states(room, MachineRange(**window)).rows,
            "runs": timeline.runs(room, RunRange(**window)).rows,
            "conditions": machines.conditions(room, MachineRange(**window)).rows,
            "signals": signals,
        }
        for row in signals:
            if row.telemetry:
                found[row.signal] = series.read(room, SignalRange(**window, signal=row.signal)).rows
        return found

    return {name: [msgspec.structs.asdict(row) for row in rows] for name, rows in store.read_now(ask).items()}
