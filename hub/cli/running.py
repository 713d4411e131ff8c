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
from hub.directory.lock import serving
from hub.logs import configure_logs
from hub.office import Office, build_office, clock_us
from hub.projector import rebuild
from hub.settings import HubSettings
from hub.web.server import bind
from hub.web.server import serve as serve_app


def serve(settings: HubSettings) -> None:
    """Serves until stopped; prints one line with the URL when the port is open."""
    configure_logs(settings.log)
    directory = open_directory(settings.data_dir)
    with serving(settings.data_dir):
        listener = bind(settings.host, settings.port)
        office = build_office(directory, settings.data_dir, clock_us, max_pages=settings.max_pages)
        hub = build_hub(office)
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        typer.echo(f"Tsunagu hub: http://{shown}:{listener.getsockname()[1]}/")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, _leave)
        try:
            serve_app(hub.app, listener, hub.live.end)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


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
