"""A sample of the agent's TOML file, written from the settings models: each field with its help text."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge_agent.drivers.registry import DRIVERS, settings_classes
from edge_agent.settings import AgentTable, BufferTable, HealthTable, HubTable, MachineTable, TerminalTable

_HEAD: Final = """\
# Settings of a Tsunagu agent. Lines that begin with '#' show what else may be said, with its default or an example.
# Check them with: tsunagu-agent check --config FILE
"""
_TABLES: Final[dict[str, type[BaseModel]]] = {
    "agent": AgentTable, "hub": HubTable, "buffer": BufferTable, "health": HealthTable, "terminal": TerminalTable,
}  # fmt: skip
_MACHINES: Final = {
    "opcua": (
        {"id": "laser-1", "state_model": "mtconnect"},
        {
            "execution": '{ node = "nsu=urn:example:machine;s=Execution" }',
            "mode": '{ node = "nsu=urn:example:machine;s=Mode", map = { 1 = "AUTOMATIC", 2 = "MANUAL" } }',
            "program": '{ node = "nsu=urn:example:machine;s=Program" }',
            "part_count": '{ node = "nsu=urn:example:machine;s=PartCount" }',
            "spindle_load": '{ node = "nsu=urn:example:machine;s=SpindleLoad", unit = "%", dead_band = 0.5 }',
        },
        {"servo": '{ node = "nsu=urn:example:machine;s=ServoAlarm", format = "text" }'},
    ),
    "mqtt": (
        {"id": "press-1", "state_model": "tower"},
        {"tower_green": '{ topic = "shop/press-1/tower", path = "$.green", time = "$.ts" }'},
        {"hydraulics": '{ topic = "shop/press-1/alarm", path = "$.text", format = "text" }'},
    ),
}


def sample() -> str:
    """The whole file, as text that can be read back."""
    parts = [_HEAD]
    for name, model in _TABLES.items():
        parts.append(f"[{name}]\n" + "\n".join(_fields(model, {})))
    parts.extend(_machine(driver) for driver in DRIVERS)
    return "\n\n".join(parts) + "\n"


def _machine(driver: str) -> str:
    given, signals, conditions = _MACHINES[driver]
    classes = settings_classes(driver)
    lines = ["[[machines]]", *_fields(MachineTable, {**given, "driver": driver})]
    lines += ["", f"[machines.{driver}]", *_fields(classes.ConnectionSettings, {})]
    lines += ["", "[machines.signals]", *_about(classes.SignalSettings)]
    lines += [f"{name} = {value}" for name, value in signals.items()]
    lines += ["", "[machines.conditions]", *_about(classes.ConditionSettings)]
    lines += [f"{name} = {value}" for name, value in conditions.items()]
    return "\n".join(lines)


def _fields(model: type[BaseModel], given: dict[str, Any]) -> Iterator[str]:
    """A comment and a line for each field; fields with a default are shown but commented out."""
    for name, field in model.model_fields.items():
        yield from _wrapped(field.description or "")
        if name in given:
            yield f"{name} = {_toml(given[name])}"
        elif field.is_required():
            yield f"{name} = {_toml((field.examples or [''])[0])}"
        else:
            yield f"# {name} = {_example(field)}"


def _example(field: FieldInfo) -> str:
    if field.default is not None:
        return _toml(field.default)
    example = (field.examples or ['""'])[0]
    return example if isinstance(example, str) and example.startswith(("{", "[")) else _toml(example)


def _about(model: type[BaseModel]) -> Iterator[str]:
    """What a signal or condition may say, as comments."""
    for name, field in model.model_fields.items():
        needed = "" if field.is_required() else " (may be left out)"
        yield from _wrapped(f"{name}{needed}: {field.description}")


def _wrapped(text: str) -> Iterable[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 110)]


def _toml(value: Any) -> str:
    if isinstance(value, Path):
        value = str(value)
    if value == '""':
        return '""'
    return json.dumps(value, ensure_ascii=False)
