"""What `browse` was asked for: where to look, as whom, how far. Read from options and, if given, a settings file."""

from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from edge_agent.cli_parts import fail
from edge_agent.drivers.registry import settings_classes
from edge_agent.settings import ConnectionBase, Settings

_DRIVERS: Final = {"opc.tcp": "opcua", "mqtt": "mqtt", "mqtts": "mqtt"}
_ADDRESS: Final = {"opcua": "endpoint", "mqtt": "url"}


class Connection(msgspec.Struct, frozen=True):
    """How to reach what is looked at. `table` is the connection as it will stand in a block: only what was given."""

    driver: str
    settings: ConnectionBase
    table: dict[str, Any]


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How far to look: nodes of a server, or topics of a broker."""

    under: str
    depth: int
    max_nodes: int
    seconds: float | None
    topic: str
    anew: bool


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for, read and checked."""

    connection: Connection
    client_name: str
    data_dir: Path
    cache: Path
    machine: str | None
    save: Path | None
    extent: Extent
    text: str | None
    as_json: bool


def connection_of(url: str | None, settings: Settings | None, machine: str | None, put: list[str]) -> Connection:
    """The connection: a machine's own, then the URL, then each --set; ends the command where that is none."""
    lender = next((one for one in settings.machines if one.id == machine), None) if settings is not None else None
    if url is None and lender is None:
        fail("say where to look: opc.tcp://HOST:PORT, mqtt://HOST:PORT, or --config FILE --machine ID of that file")
    driver = lender.driver if lender is not None else ""
    if url is not None:
        driver = _DRIVERS.get(url.partition("://")[0].lower(), "")
        if not driver:
            fail(f"{url}: nothing here can read that; write opc.tcp://HOST:PORT or mqtt://HOST:PORT")
    table: dict[str, Any] = {}
    if lender is not None and lender.driver == driver:
        table = lender.connection.model_dump(exclude_unset=True, mode="json")
    if url is not None:
        table[_ADDRESS[driver]] = url
    for pair in put:
        key, equals, value = pair.partition("=")
        if not equals:
            fail(f"--set {pair}: write KEY=VALUE, such as --set security=Basic256Sha256")
        table[key.strip()] = value
    try:
        connection = settings_classes(driver).ConnectionSettings.model_validate(table)
    except ValidationError as error:
        fail(
            f"{'.'.join(map(str, detail['loc'])) or driver}: {detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors(include_url=False, include_input=False)
        )
    return Connection(driver, connection, connection.model_dump(exclude_unset=True, mode="json"))
