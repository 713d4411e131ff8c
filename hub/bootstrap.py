"""The one place that builds a server's parts and joins them. Nothing is built at import.

What the commands need as well (directory, stores, gate) comes from `hub.office`.
"""

import asyncio
import contextlib
import importlib.metadata
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial

import structlog
from fastapi import APIRouter, FastAPI

from contract.keys import split_machine_key
from hub.access.live import AgentChanged, BooksChanged, LiveBus, MachineChanged
from hub.calendars import api as calendars_api
from hub.calendars import pages as calendars_pages
from hub.companies import api as companies_api
from hub.companies import pages as companies_pages
from hub.directory.credentials import AgentIdentity
from hub.directory.records import finish_rebuild, next_rebuild
from hub.errors import HubError
from hub.ingest.desk import IngestDesk
from hub.ingest.sorting import Sorted
from hub.machines import api as machines_api
from hub.machines import pages as machines_pages
from hub.office import Office
from hub.orders import api as orders_api
from hub.orders import documents_api as orders_documents_api
from hub.orders import import_api as orders_import_api
from hub.orders import import_pages as orders_import_pages
from hub.orders import master_pages as orders_master_pages
from hub.orders import pages as orders_pages
from hub.parts import api as parts_api
from hub.parts import pages as parts_pages
from hub.progress import api as progress_api
from hub.progress import pages as progress_pages
from hub.projector import Projection, Projector, Step, progress, rebuild
from hub.quality import api as quality_api
from hub.quality import characteristic_pages as quality_characteristic_pages
from hub.quality import import_pages as quality_import_pages
from hub.quality import pages as quality_pages
from hub.quality import report_api as quality_report_api
from hub.series import api as series_api
from hub.stops import api as stops_api
from hub.stops import pages as stops_pages
from hub.timeline import api as timeline_api
from hub.timeline import pages as timeline_pages
from hub.trace import api as trace_api
from hub.trace import handover_api as trace_handover_api
from hub.trace import handover_pages as trace_handover_pages
from hub.trace import pages as trace_pages
from hub.trace import recall_api as trace_recall_api
from hub.trace import recall_pages as trace_recall_pages
from hub.web import deliveries, live, pages_account, pages_errors, session, trust
from hub.web.app import Parts, build_app
from hub.web.auth import Authenticator, current_viewer
from hub.web.layout import Pages, build_pages
from hub.web.metrics import Metrics
from hub.worklist import api as worklist_api
from hub.worklist import pages as worklist_pages

REBUILD_POLL_S = 1.0
AUDIT_FLUSH_S = 30.0
log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Hub:
    """A whole hub, ready to be served."""

    office: Office
    live: LiveBus
    projector: Projector
    app: FastAPI


def build_hub(office: Office) -> Hub:
    """Joins the parts of a server."""
    bus = LiveBus()
    projector = Projector(
        office.stores, office.companies, lambda company, step: _tell(bus, company, step), office.now_us
    )
    metrics = Metrics(
        live_subscribers=lambda: bus.subscribers,
        projector_lag=lambda: sum(each.behind for each in _projections(office)),
        folds_stopped=lambda: sum(each.stopped for each in _projections(office)),
    )

    def told(company: str, batch: Sorted) -> None:
        metrics.committed(len(batch.accepted), len(batch.repeated), len(batch.refused))
        projector.wake(company)

    async def changed(company: str, touched: frozenset[tuple[str, str]]) -> None:
        await projector.caught_up(company)
        _tell_books(bus, company, touched)

    office.gate.told = changed

    def delivered(agent: AgentIdentity) -> None:
        bus.publish(agent.company, AgentChanged(agent=agent.agent))

    desk = IngestDesk(office.stores, told)
    pages = build_pages()
    parts = Parts(
        authenticator=Authenticator(office.directory, office.now_us),
        metrics=metrics,
        api=(
            deliveries.build_router(desk.accept, office.directory, metrics, office.now_us, delivered),
            session.build_router(office.gate),
            companies_api.build_router(office.gate),
            machines_api.build_router(office.gate),
            timeline_api.build_router(office.gate),
            calendars_api.build_router(office.gate),
            parts_api.build_router(office.gate),
            progress_api.build_router(office.gate),
            orders_documents_api.build_router(office.gate, office.now_us),
            quality_report_api.build_router(office.gate, office.now_us),
            orders_import_api.build_router(office.gate),
            stops_api.build_router(office.gate),
            trace_handover_api.build_router(office.gate),
            trace_recall_api.build_router(office.gate),
            trace_api.build_router(office.gate, office.now_us),
            quality_api.build_router(office.gate),
            series_api.build_router(office.gate),
            live.build_router(bus),
            worklist_api.build_router(office.gate),
            orders_api.build_router(office.gate),  # its addresses take the rest of a path: last
        ),
        pages=_pages(office, bus, pages),
        checks={"directory": lambda: _check_directory(office), "stores": lambda: _check_stores(office)},
        lifespan=lambda _app: _running(office, projector, bus),
        version=version(),
        render_error=pages_errors.error_renderer(pages),
    )
    return Hub(office, bus, projector, build_app(parts))


def _pages(office: Office, bus: LiveBus, pages: Pages) -> tuple[APIRouter, ...]:
    return (
        pages_account.build_router(office.gate, pages, current_viewer),
        machines_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        timeline_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        parts_pages.build_router(office.gate, pages, current_viewer),
        progress_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        calendars_pages.build_router(office.gate, pages, current_viewer, office.now_us),
        stops_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        trace_recall_pages.build_router(office.gate, pages, current_viewer, office.now_us),
        trace_handover_pages.build_router(office.gate, pages, current_viewer),
        trace_pages.build_router(office.gate, pages, current_viewer, office.now_us),
        quality_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        quality_characteristic_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        quality_import_pages.build_router(office.gate, pages, current_viewer),
        companies_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),
        trust.build_router(office.directory),
        worklist_pages.build_router(office.gate, pages, current_viewer),
        orders_import_pages.build_router(office.gate, pages, current_viewer),
        orders_master_pages.build_router(office.gate, pages, current_viewer),
        orders_pages.build_router(office.gate, bus, pages, current_viewer, office.now_us),  # takes the rest of a path
    )


def version() -> str:
    """The installed version."""
    try:
        return importlib.metadata.version("tsunagu")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def _tell(bus: LiveBus, company: str, step: Step) -> None:
    for key in step.touched.machines:
        site, machine = split_machine_key(key)
        bus.publish(company, MachineChanged(site=site, machine=machine))
    _tell_books(bus, company, step.touched.books)


def _tell_books(bus: LiveBus, company: str, touched: Iterable[tuple[str, str]]) -> None:
    for room, key in touched:
        bus.publish(company, BooksChanged(room=room, key=key))


def _projections(office: Office) -> list[Projection]:
    return [office.stores.open(company).read_now(progress) for company in office.companies()]


async def _check_directory(office: Office) -> None:
    office.companies()


async def _check_stores(office: Office) -> None:
    for company in office.companies():
        await office.stores.open(company).read(progress)


@contextlib.asynccontextmanager
async def _running(office: Office, projector: Projector, bus: LiveBus) -> AsyncIterator[None]:
    await projector.start()
    helpers = [asyncio.create_task(_serve_rebuilds(office)), asyncio.create_task(_flush_audit(office))]
    try:
        yield
    finally:
        bus.end()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await projector.stop()
        await asyncio.to_thread(office.close)


async def _flush_audit(office: Office) -> None:
    while True:
        await asyncio.sleep(AUDIT_FLUSH_S)
        try:
            await asyncio.to_thread(office.audit.flush)
        except HubError as error:
            log.warning("audit waits", reason=error.message)


async def _serve_rebuilds(office: Office) -> None:
    """Does the rebuilds that `tsunagu-hub rebuild` asks of a hub that is serving."""
    while True:
        try:
            asked = office.directory.read(next_rebuild)
            if asked is not None:
                number, company = asked
                fault = await asyncio.to_thread(_rebuild_one, office, company)
                done = partial(finish_rebuild, number=number, fault=fault, now_us=office.now_us())
                await asyncio.to_thread(office.directory.change, done)
                continue
        except HubError as error:
            log.warning("rebuild waits", reason=error.message)
        await asyncio.sleep(REBUILD_POLL_S)


def _rebuild_one(office: Office, company: str) -> str | None:
    try:
        records = rebuild(office.stores.open(company), office.now_us())
    except HubError as error:
        log.warning("rebuild failed", company=company, reason=error.message)
        return error.message
    log.info("rebuilt", company=company, records=records)
    return None
