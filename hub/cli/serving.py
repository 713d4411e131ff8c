"""init, serve, rebuild.

What only a server or a rebuild needs is imported where it is used: every other command starts in a third of the time.
"""

import shutil
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from hub.cli.shared import AsJson, Data, fail, office_of, plain_errors, say
from hub.directory.company import add_company, view_company
from hub.directory.database import FILE, create_directory
from hub.directory.lock import is_served
from hub.directory.names import check_email, check_name, check_slug
from hub.directory.records import ask_rebuild, rebuild_state
from hub.directory.users import add_user
from hub.errors import Conflict
from hub.office import Office, build_office
from hub.settings import HubSettings, LogFormat


class Initialised(msgspec.Struct, frozen=True, kw_only=True):
    """The first company and its first admin; the password is shown now and never again."""

    company: str
    admin: str
    password: str


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("init")(init)
    app.command("serve")(serve)
    app.command("rebuild")(rebuild_facts)


def init(
    data: Data,
    company: Annotated[str, typer.Option("--company", metavar="SLUG", help="Short name of the first company.")],
    company_name: Annotated[str, typer.Option("--company-name", metavar="NAME", help="Its name for people.")],
    admin: Annotated[str, typer.Option("--admin", metavar="EMAIL", help="E-mail of its first admin.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a new hub with its first company, and print the first password, once.

    Example: tsunagu-hub init --data ./hub-data --company aoba --company-name "Aoba Seiki" --admin a@aoba.example
    """
    with plain_errors():
        made = _init(data, check_slug(company, "company"), check_name(company_name, "name"), check_email(admin))
        say(
            made,
            f"company   {made.company}",
            f"admin     {made.admin}",
            f"password  {made.password}   (shown only now)",
            f"next      tsunagu-hub serve --data {data}",
            as_json=as_json,
        )


def _init(data: Path, company: str, name: str, email: str) -> Initialised:
    if (data / FILE).exists():
        raise Conflict(f"{data} holds a hub already; nothing was changed")
    new = not data.exists()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        office = build_office(create_directory(data), data)
        try:
            now_us = office.now_us()
            password = office.directory.change(
                lambda writer: add_user(
                    add_company(writer, company, name, now_us), email, frozenset({"admin"}), None, now_us
                )
            )[1]
            office.stores.create(company)
        finally:
            office.close()
    except BaseException:
        _undo(data, whole=new)
        raise
    return Initialised(company=company, admin=email, password=password)


def _undo(data: Path, *, whole: bool) -> None:
    """A hub that could not be made whole leaves nothing behind."""
    if whole:
        shutil.rmtree(data, ignore_errors=True)
        return
    for path in data.glob(f"{FILE}*"):
        path.unlink(missing_ok=True)


def serve(  # noqa: PLR0913 - a command's options
    data: Data,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network card.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    log: Annotated[LogFormat, typer.Option(help="Logs on stderr as text, or as JSON lines.")] = "text",
    max_pages: Annotated[
        int | None, typer.Option(help="Bound of each company's store, in pages of 4 KiB.", min=64)
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate with its chain (PEM); left out: the hub's own.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's key (PEM).")] = None,
    behind: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A reverse proxy whose X-Forwarded-* is believed; may be repeated."),
    ] = None,
    *,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Plain HTTP, though the hub has a certificate.")] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow plain HTTP beyond this machine: passwords can be read on the way.")
    ] = False,
) -> None:
    """Serve the pages, the API and the agents until stopped; with TLS once `tls init` was run.

    Example: tsunagu-hub serve --data ./hub-data --host 0.0.0.0 --port 8443
    """
    from hub.cli import running  # noqa: PLC0415 - see the module's docstring

    with plain_errors():
        settings = HubSettings(
            data_dir=data, host=host, port=port, log=log, max_pages=max_pages, tls_cert=tls_cert, tls_key=tls_key,
            use_tls=not no_tls, insecure=insecure, proxies=tuple(behind or ()),
        )  # fmt: skip
        running.serve(settings)


def rebuild_facts(
    data: Data,
    company: Annotated[
        str | None, typer.Option("--company", metavar="SLUG", help="Only this company; left out: all.")
    ] = None,
) -> None:
    """Fold every fact anew from the ledger; works while the hub serves, and while it does not.

    Example: tsunagu-hub rebuild --data ./hub-data --company aoba
    """
    with office_of(data) as office:
        if company is not None:
            office.directory.read(lambda reader: view_company(reader, company))
        for slug in office.companies() if company is None else [company]:
            if is_served(data):
                _rebuild_served(office, data, slug)
            else:
                _rebuild_here(office, data, slug)


def _rebuild_here(office: Office, data: Path, company: str) -> None:
    from hub.cli import running  # noqa: PLC0415 - see the module's docstring

    typer.echo(f"{company}: rebuilt from {running.rebuild_here(office, data, company)} records")


def _rebuild_served(office: Office, data: Path, company: str) -> None:
    number = office.directory.change(lambda writer: ask_rebuild(writer, company, office.now_us()))
    with Console(stderr=True).status(f"{company}: the serving hub rebuilds"):
        while True:
            done, fault = office.directory.read(lambda reader: rebuild_state(reader, number))
            if done or not is_served(data):
                break
            time.sleep(0.3)
    if fault is not None:
        fail(f"{company}: {fault}")
    if not done:
        fail(f"{company}: the hub stopped before it was rebuilt; it goes on when the hub serves again")
    typer.echo(f"{company}: rebuilt by the serving hub")
