"""Running what is heavy: the server, and a rebuild in this process. Imported by the commands that need it alone."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from hub.bootstrap import build_hub
from hub.directory.database import open_directory
from hub.directory.identity import set_authority
from hub.directory.lock import serving
from hub.errors import Invalid
from hub.logs import configure_logs
from hub.office import Office, build_office, clock_us
from hub.projector import rebuild
from hub.settings import HubSettings
from hub.tls.authority import names_of
from hub.tls.context import Served, own_tls
from hub.tls.files import is_initialised, read_certificate, tls_files
from hub.web.server import Wire, bind, build_server, is_loopback
from hub.web.server import serve as serve_app


def serve(settings: HubSettings) -> None:
    """Serves until stopped; prints one line with the URL when the port is open."""
    configure_logs(settings.log)
    directory = open_directory(settings.data_dir)
    with serving(settings.data_dir):
        wire = _wire(settings)
        listener = bind(settings.host, settings.port)
        office = build_office(directory, settings.data_dir, clock_us, max_pages=settings.max_pages)
        directory.change(lambda writer: set_authority(writer, _authority_met(wire)))
        hub = build_hub(office)
        server = build_server(hub.app, hub.live.end, wire, clock_us)
        typer.echo(f"Tsunagu hub: {_url(settings.host, listener.getsockname()[1], wire)}")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, _leave)
        try:
            serve_app(server, [listener])
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _wire(settings: HubSettings) -> Wire:
    """How clients are met; Invalid where nobody said that it may be in the clear."""
    files = tls_files(settings.data_dir)
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise Invalid("give --tls-cert and --tls-key together: a certificate is of no use without its key", "tls-cert")
    if settings.tls_cert is not None and settings.tls_key is not None:
        return Wire(tls=Served(settings.tls_cert, settings.tls_key), proxies=settings.proxies)
    if settings.use_tls and is_initialised(files):
        return Wire(tls=own_tls(files, clock_us()), proxies=settings.proxies)
    if not is_loopback(settings.host) and not settings.insecure:
        raise Invalid(
            f"--host {settings.host} is open to the network, and without TLS passwords and data could be read and "
            f"changed on the way; make a certificate first: tsunagu-hub tls init --data {settings.data_dir} --name "
            "HOST (or give --tls-cert and --tls-key; --insecure serves in the clear)",
            "host",
        )
    return Wire(proxies=settings.proxies)


def _authority_met(wire: Wire) -> str | None:
    own = None if wire.tls is None else wire.tls.own
    return None if own is None else own.authority.read_text("ascii")


def _url(host: str, port: int, wire: Wire) -> str:
    scheme = "http" if wire.tls is None else "https"
    if wire.tls is not None and not is_loopback(host):
        host = next(iter(names_of(read_certificate(wire.tls.certificate))), host)
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def _leave(_sig: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def rebuild_here(office: Office, data: Path, company: str) -> int:
    """Rebuilds a company's facts in this process, with progress on stderr; how many records."""
    with serving(data), Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(company, total=None)
        return rebuild(
            office.stores.open(company),
            office.now_us(),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
