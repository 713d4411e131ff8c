"""Writes `[[machines]]` blocks as TOML that our own settings reader takes, with the reasons as comments. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from edge_agent.browsing.proposing import Mapping as Proposed
from edge_agent.browsing.proposing import Proposal

AddressOf: TypeAlias = Callable[[Proposal], dict[str, Any]]
"""The fields that tell a driver where a proposal's value is: {"node": …} or {"topic": …, "path": …}."""

_BARE: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Block(msgspec.Struct, frozen=True):
    """One machine as it will stand in the file. `connection` is the driver's own table."""

    id: str
    driver: str
    connection: Mapping[str, Any]
    state_model: str
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    mapping: Proposed | None = None
    note: str | None = None


def written(block: Block, address: AddressOf) -> str:
    """The block. `address` brings what its driver needs to find a value."""
    lines = ["[[machines]]"]
    if block.note:
        lines.append(f"# {one_line(block.note)}")
    head = {"id": block.id, "driver": block.driver, "name": block.name, "maker": block.maker, "model": block.model}
    lines += [f"{key} = {value_of(value)}" for key, value in head.items() if value is not None]
    lines.append(f"state_model = {value_of(block.state_model)}")
    lines.append(f"[machines.{block.driver}]")
    lines += [f"{key} = {value_of(value)}" for key, value in block.connection.items()]
    if block.mapping is not None:
        lines += _mapping(block.mapping, address)
    return "\n".join(lines) + "\n"


def _mapping(mapping: Proposed, address: AddressOf) -> Iterator[str]:
    if mapping.signals:
        yield "[machines.signals]"
    if mapping.advice:
        yield f"# {one_line(mapping.advice)}"
    for proposal in mapping.signals:
        yield from _line(proposal, address(proposal))
    if mapping.left_out:
        yield f"# {mapping.left_out} more numbers were found; add those you want charted"
    if mapping.conditions:
        yield "[machines.conditions]"
    for proposal in mapping.conditions:
        yield from _line(proposal, {**address(proposal), "format": proposal.format})


def _line(proposal: Proposal, fields: dict[str, Any]) -> Iterator[str]:
    if proposal.unit:
        fields["unit"] = proposal.unit
    if proposal.map:
        fields["map"] = proposal.map
    if proposal.why.startswith("called"):
        yield f"# {one_line(proposal.why)}"
    if proposal.advice:
        yield f"# TO DO: {one_line(proposal.advice)}"
    if proposal.others:
        yield f"# or: {one_line(', '.join(proposal.others))}"
    yield f"{proposal.signal} = {value_of(fields)}"


def value_of(value: Any) -> str:
    """A value as TOML writes it.

    >>> value_of({"node": "ns=2;s=X", "map": {"1": "ON", "運転": "ON"}})
    '{ node = "ns=2;s=X", map = { 1 = "ON", "運転" = "ON" } }'
    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {value_of(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_of(item) for item in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if key and set(key) <= _BARE else value_of(str(key))


def one_line(text: str) -> str:
    """A text as it may stand in a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
