"""What every command shares: its options, opening the hub's files, and errors in one line."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from hub.access.viewer import console
from hub.directory.company import view_company
from hub.directory.database import open_directory
from hub.errors import HubError
from hub.office import Office, build_office

PLAIN: Final[dict[str, Any]] = {
    "no_args_is_help": True,
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}
Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="TSUNAGU_DATA", help="The hub's data directory.")]
Company = Annotated[str, typer.Option("--company", metavar="SLUG", help="The company's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Roles = Annotated[
    list[str],
    typer.Option("--role", metavar="ROLE", help="operator, manager, estimator, sales or admin; may be repeated."),
]


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Errors as one line on stderr, and exit code 1."""
    try:
        yield
    except HubError as error:
        fail(error.message)
    except PermissionError as error:
        fail(f"{error.filename}: this user may not write there; choose another --data or change its owner")
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}")


def fail(message: str) -> None:
    """Says why and ends with exit code 1."""
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)


@contextlib.contextmanager
def office_of(data_dir: Path) -> Iterator[Office]:
    """The hub's files, opened for one command and closed after it."""
    with plain_errors():
        office = build_office(open_directory(data_dir), data_dir)
        try:
            yield office
        finally:
            office.close()


def do(office: Office, company: str, command: str, params: Mapping[str, Any]) -> Any:
    """A command as the hub's console: through the gate, in the audit."""
    office.directory.read(lambda reader: view_company(reader, company))
    return asyncio.run(office.gate.do(console(company), command, params))


def ask(office: Office, company: str, question: str) -> list[Any]:
    """A question's rows as the hub's console."""
    return asyncio.run(office.gate.ask(console(company), question, {})).rows


def say(content: object, *lines: str, as_json: bool) -> None:
    """JSON for scripts or lines for people."""
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(content), ensure_ascii=False))
    else:
        for line in lines:
            typer.echo(line)
