"""Reads the agent's TOML file into `settings.Settings`. Every fault found is one line: file, key, what, what to do.

Values may be overridden from the environment: ``TSUNAGU_AGENT__HUB__URL`` stands for `url` in `[hub]`; only the
tables agent, hub, buffer, health and terminal. Reading connects to nothing and imports no protocol library.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contract.keys import is_signal_name, is_slug
from edge_agent import templates
from edge_agent.drivers.registry import DRIVERS, given_signals, settings_classes
from edge_agent.settings import (
    AgentTable,
    BufferTable,
    ConditionBase,
    HealthTable,
    HubTable,
    MachineSettings,
    MachineTable,
    Settings,
    SignalBase,
    TerminalTable,
)

ENV_PREFIX: Final = "TSUNAGU_AGENT__"
_TABLES: Final = {
    "agent": AgentTable, "hub": HubTable, "buffer": BufferTable, "health": HealthTable, "terminal": TerminalTable,
}  # fmt: skip
_ADVICE: Final = {"missing": "is missing; add it", "string_type": "must be a text in quotes"}

M = TypeVar("M", bound=BaseModel)


class SettingsError(Exception):
    """The file cannot be used; `faults` holds one line for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(slots=True)
class _Reader:
    """Collects faults while reading, so that a person sees them all at once."""

    path: Path
    faults: list[str]

    def fault(self, key: str, what: str) -> None:
        self.faults.append(f"{self.path}: {key}: {what}" if key else f"{self.path}: {what}")

    def table(self, model: type[M], data: Any, key: str) -> M | None:
        """The model of a table, or its faults noted."""
        if not isinstance(data, dict):
            self.fault(key, "must be a table; write it in [brackets] or { braces }")
            return None
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._explain(model, detail, key)
            return None

    def _explain(self, model: type[BaseModel], detail: ErrorDetails, key: str) -> None:
        place = [str(part) for part in detail["loc"]]
        where = ".".join([key, *place])
        if detail["type"] == "extra_forbidden":
            known = _fields_at(model, detail["loc"][:-1])
            self.fault(where, f"unknown key{_nearest(place[-1], known)}")
        else:
            message = _ADVICE.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
            self.fault(where, message)

    def unknown_keys(self, data: Mapping[str, Any], known: Iterable[str], key: str) -> None:
        """Faults for the keys that are none of `known`."""
        for name in data:
            if name not in known:
                self.fault(f"{key}.{name}" if key else name, f"unknown key{_nearest(name, known)}")

    def slug(self, text: str, key: str) -> None:
        """A fault where `text` is no name."""
        if not is_slug(text):
            self.fault(key, f"{text[:80]!r} is no name; use a-z, 0-9 and '-', at most 63 characters")


def read_settings(path: Path, env: Mapping[str, str]) -> Settings:
    """The file, read and checked; relative paths in it are taken from the file's folder. Raises SettingsError."""
    reader = _Reader(path, [])
    data = _override(_toml(path), env)
    reader.unknown_keys(data, (*_TABLES, "machines"), "")
    agent = reader.table(AgentTable, data.get("agent", {}), "agent")
    hub = reader.table(HubTable, data.get("hub", {}), "hub")
    buffer = reader.table(BufferTable, data.get("buffer", {}), "buffer")
    health = reader.table(HealthTable, data.get("health", {}), "health")
    terminal = reader.table(TerminalTable, data.get("terminal", {}), "terminal")
    if agent is not None:
        reader.slug(agent.id, "agent.id")
        reader.slug(agent.site, "agent.site")
    if hub is not None and hub.ca_file is not None and not (path.parent / hub.ca_file).is_file():
        reader.fault("hub.ca_file", f"{hub.ca_file} does not exist; check the path")
    if terminal is not None:
        terminal = _terminal(reader, terminal)
    machines = _machines(reader, data.get("machines", []))
    if reader.faults or agent is None or hub is None or buffer is None or health is None or terminal is None:
        raise SettingsError(reader.faults)
    agent = agent.model_copy(update={"data_dir": path.parent / agent.data_dir})
    if hub.ca_file is not None:
        hub = hub.model_copy(update={"ca_file": path.parent / hub.ca_file})
    return Settings(
        agent=agent, hub=hub, buffer=buffer, health=health, terminal=terminal, machines=tuple(machines)
    )  # fmt: skip


def _terminal(reader: _Reader, table: TerminalTable) -> TerminalTable:
    """The table with its files found, or faults noted."""
    if table.listen is not None and find_spec("starlette") is None:
        reader.fault("terminal.listen", "needs tsunagu[terminal] (starlette is not installed); pip install it")
    if (table.tls_cert is None) is not (table.tls_key is None):
        reader.fault("terminal", "tls_cert and tls_key belong together; write both or none")
    files = {"tls_cert": table.tls_cert, "tls_key": table.tls_key}
    found = {name: reader.path.parent / file for name, file in files.items() if file is not None}
    for name, file in found.items():
        if not file.is_file():
            reader.fault(f"terminal.{name}", f"{file} does not exist; check the path")
    return table.model_copy(update=found)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        advice = "make one with: tsunagu-agent sample-config"
        raise SettingsError([f"{path}: there is no such file; check the path or {advice}"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read ({error.strerror}); check its rights"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}: is not TOML: {error}; correct that line"]) from None


def _override(data: dict[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    for name, value in env.items():
        if not name.startswith(ENV_PREFIX):
            continue
        table, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        if table in _TABLES and isinstance(data.setdefault(table, {}), dict):
            data[table][key] = value
    return data


def _machines(reader: _Reader, data: Any) -> list[MachineSettings]:
    if not isinstance(data, list) or not all(isinstance(table, dict) for table in data):
        reader.fault("machines", "must be a list of tables; begin each with [[machines]]")
        return []
    machines: list[MachineSettings] = []
    seen: dict[str, int] = {}
    above: list[dict[str, Any]] = []
    for place, told in enumerate(data, 1):
        key = f"machines[{place}]"
        name = told.get("id")
        if isinstance(name, str):
            key = f"machines[{place}] ({name[:63]})"
            if name in seen:
                reader.fault(f"{key}.id", f"{name!r} is machine {seen[name]} already; give each its own id")
            seen.setdefault(name, place)
        try:
            table = templates.expand(told, above)
        except templates.NoSuchMachine as error:
            reader.fault(f"{key}.like", str(error))
            continue
        above.append(table)
        machine = _machine(reader, templates.filled(table), key)
        if machine is not None:
            machines.append(machine)
    return machines


def _machine(reader: _Reader, data: dict[str, Any], key: str) -> MachineSettings | None:
    driver = data.get("driver")
    if isinstance(driver, str) and driver not in DRIVERS:
        reader.fault(
            f"{key}.driver", f"no driver {driver[:40]!r}{_nearest(driver, DRIVERS)}; known: {', '.join(DRIVERS)}"
        )
        return None
    fields = MachineTable.model_fields
    drivers = (driver,) if isinstance(driver, str) else tuple(DRIVERS)
    reader.unknown_keys(data, (*fields, "signals", "conditions", *drivers), key)
    table = reader.table(MachineTable, {name: data[name] for name in fields if name in data}, key)
    if isinstance(data.get("id"), str):
        reader.slug(data["id"], f"{key}.id")
    if not isinstance(driver, str):
        return None
    try:
        classes = settings_classes(driver)
    except ModuleNotFoundError as error:
        needs = DRIVERS[driver].needs
        reader.fault(f"{key}.driver", f"{driver} needs {needs} ({error.name} is not installed); pip install {needs}")
        return None
    connection = reader.table(classes.ConnectionSettings, data.get(driver, {}), f"{key}.{driver}")
    signals: dict[str, SignalBase] = _addresses(
        reader, classes.SignalSettings, data.get("signals", {}), f"{key}.signals"
    )
    conditions = _addresses(reader, classes.ConditionSettings, data.get("conditions", {}), f"{key}.conditions")
    for name in signals.keys() & conditions.keys():
        reader.fault(f"{key}.conditions.{name}", "a signal has this name already; give the condition another")
    if table is not None:  # what the machine's type tells; a signal written in the file wins
        signals = {**given_signals(driver, table.state_model), **signals}
    if not signals and not conditions and not data.get("signals") and not data.get("conditions"):
        reader.fault(key, "reads nothing; add [machines.signals]")
    if table is None or connection is None:
        return None
    files = {name: reader.path.parent / value for name, value in connection if isinstance(value, Path)}
    connection = connection.model_copy(update=files)
    return MachineSettings(table=table, connection=connection, signals=signals, conditions=conditions)


A = TypeVar("A", SignalBase, ConditionBase)


def _addresses(reader: _Reader, model: type[A], data: Any, key: str) -> dict[str, A]:
    if not isinstance(data, dict):
        reader.fault(key, "must be a table of names")
        return {}
    found: dict[str, A] = {}
    for name, table in data.items():
        if not is_signal_name(name):
            what = f"{name[:80]!r} is no signal name; use a-z, 0-9 and '_', a letter first, at most 63 characters"
            reader.fault(key, what)
            continue
        address = reader.table(model, table, f"{key}.{name}")
        if address is not None:
            found[name] = address
    return found


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the table a fault lies in."""
    here: Any = model
    for part in place:
        field = here.model_fields.get(str(part)) if isinstance(here, type) and issubclass(here, BaseModel) else None
        if field is None:
            return []
        here = next((kind for kind in (field.annotation, *_args(field.annotation)) if _is_model(kind)), None)
    return list(here.model_fields) if _is_model(here) else []


def _args(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__args__", ())


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "; leave it out"


def missing_library(driver: str) -> str | None:
    """What is not installed for this driver; None where all is there."""
    try:
        import_module(f"{DRIVERS[driver].package}.driver")
    except ModuleNotFoundError as error:
        return error.name
    return None
