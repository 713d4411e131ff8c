"""tls init, tls renew, tls show: the hub's own certificate authority and its server certificate.

`hub.tls` is imported where it is used: every other command starts faster without its cryptography.
"""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.shared import PLAIN, AsJson, Data, office_of, plain_errors, say
from hub.directory.identity import set_authority

app = typer.Typer(help="The hub's own TLS: a small certificate authority and a server certificate.", **PLAIN)
_HOST = "A host name or IP address that people and agents use; may be repeated."
_HOW = """browser   people trust the hub after importing the authority's certificate, once for each computer:
          fetch https://HOST:PORT/ca.pem, compare its SHA-256 with the one above, then
          Windows  certutil -addstore -user Root tsunagu-ca.pem
          macOS    open it in Keychain Access and set it to Always Trust
          Debian   cp tsunagu-ca.pem /usr/local/share/ca-certificates/tsunagu-ca.crt && update-ca-certificates
          Firefox  Settings, Privacy and Security, View Certificates, Authorities, Import
          it can sign for this hub's names and for private addresses alone
agents    know the authority by their enrolment code; nothing is to be imported there"""


@app.command("init")
def init(
    data: Data,
    name: Annotated[list[str], typer.Option("--name", metavar="HOST", help=_HOST)],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make a new authority; every agent must be enrolled anew then.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the hub's own authority and server certificate; `serve` uses TLS from its next start.

    Example: tsunagu-hub tls init --data ./hub-data --name hub.example --name 192.0.2.7
    """
    from hub.tls.authority import pem_of  # noqa: PLC0415 - see the module's docstring
    from hub.tls.files import initialise, tls_files  # noqa: PLC0415 - as above

    with office_of(data) as office:
        made = initialise(tls_files(data), name, office.now_us(), replace=replace)
        office.directory.change(lambda writer: set_authority(writer, pem_of(made).decode()))
        _show(data, f"next      tsunagu-hub serve --data {data} --host 0.0.0.0 --port 8443", as_json=as_json)


@app.command("renew")
def renew(
    data: Data,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="HOST", help=f"{_HOST} Left out: the names stay.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a new server certificate by the same authority; a serving hub takes it up within a minute.

    It is renewed by itself before it ends: this is for other names, or when somebody may know its key.

    Example: tsunagu-hub tls renew --data ./hub-data --name hub.example --name hub.local
    """
    from hub.tls.files import renew as renew_server  # noqa: PLC0415 - see the module's docstring
    from hub.tls.files import tls_files  # noqa: PLC0415 - as above

    with office_of(data) as office:
        renew_server(tls_files(data), name or None, office.now_us())
        _show(data, as_json=as_json)


@app.command("show")
def show(data: Data, *, as_json: AsJson = False) -> None:
    """Show fingerprints, names and ends of the certificates, and how a browser learns to trust them.

    Example: tsunagu-hub tls show --data ./hub-data
    """
    with plain_errors():
        _show(data, _HOW, as_json=as_json)


def _show(data: Path, *more: str, as_json: bool) -> None:
    from hub.tls.files import tls_files  # noqa: PLC0415 - see the module's docstring
    from hub.tls.showing import describe  # noqa: PLC0415 - as above

    shown = describe(tls_files(data))
    say(shown, *shown.lines(), *more, as_json=as_json)
