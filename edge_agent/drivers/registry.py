"""The table of drivers: name in the settings → folder. A plain table; nothing is scanned or guessed.

A driver's settings are imported when a file names it; its `driver` module, and with it its library, only when
a machine is read. `rereads` says whether it reads every current value again after connecting.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from edge_agent.drivers.port import Driver
from edge_agent.settings import ConditionBase, ConnectionBase, SignalBase


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a driver lives, what it needs installed, and what it promises."""

    package: str
    needs: str
    rereads: bool
    """After (re)connecting, the first reading of an address is its current value, whatever its source time."""
    finds: frozenset[str] = frozenset()
    """State models whose signals the driver finds at the machine by itself: nobody needs to map them."""


DRIVERS: Final[dict[str, Entry]] = {
    "opcua": Entry(
        "edge_agent.drivers.opcua", needs="asyncua", rereads=True, finds=frozenset({"machinery", "machinetool"})
    ),
    "mqtt": Entry("edge_agent.drivers.mqtt", needs="paho-mqtt", rereads=False),
}


class SettingsClasses(Protocol):
    """What a driver's `settings` module shows."""

    ConnectionSettings: type[ConnectionBase]
    SignalSettings: type[SignalBase]
    ConditionSettings: type[ConditionBase]


class _DriverModule(Protocol):
    def create(
        self,
        connection: ConnectionBase,
        addresses: list[SignalBase | ConditionBase],
        client_name: str,
        data_dir: Path,
    ) -> Driver: ...


def settings_classes(driver: str) -> SettingsClasses:
    """The settings of a driver in the table; imports no protocol library."""
    return cast("SettingsClasses", import_module(f"{DRIVERS[driver].package}.settings"))


class _Found(Protocol):
    GIVEN: dict[str, dict[str, SignalBase]]


def given_signals(driver: str, state_model: str) -> dict[str, SignalBase]:
    """Signals that the driver finds at a machine of this state model; imports no protocol library."""
    entry = DRIVERS[driver]
    if state_model not in entry.finds:
        return {}
    return dict(cast("_Found", import_module(f"{entry.package}.machinesignals")).GIVEN[state_model])


def create(
    driver: str,
    connection: ConnectionBase,
    addresses: list[SignalBase | ConditionBase],
    client_name: str,
    data_dir: Path,
) -> Driver:
    """A driver, built but not connected. ModuleNotFoundError where its library is not installed."""
    module = cast("_DriverModule", import_module(f"{DRIVERS[driver].package}.driver"))
    return module.create(connection, addresses, client_name, data_dir)
