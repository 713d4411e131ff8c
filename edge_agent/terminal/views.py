"""The pages that show: the list of work, one operation, its forms, machines, people, what was recorded."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contract.worklist import MAX_CODE, WorkOperation, operation_code, split_operation_code, tidy_code
from edge_agent.terminal.floor import Tapped, Work, checks_of, find_operation
from edge_agent.terminal.rendering import language_of, today
from edge_agent.terminal.site import (
    STALE_S,
    Site,
    operator_of,
    page,
    recent_of,
    set_operator,
    site_of,
    strip,
    to,
    worker,
)

FORMS: Final = {
    "pause": "pause.html", "report": "quantity.html", "finish": "quantity.html", "measure": "measure.html",
    "lot_in": "lot.html", "lot_out": "lot.html",
}  # fmt: skip
"""The deeds of an operation that ask for more than a tap, and their pages."""
_SHOWN: Final = 60


async def home(request: Request) -> Response:
    """The list of work, the operator's own first."""
    site, operator = site_of(request), operator_of(request)
    await site.desk.look()
    wanted = tidy_code(request.query_params.get("order", ""))
    works = site.desk.works(site.desk.worklist.operations if site.desk.worklist else ())
    works = [(one, work) for one, work in works if not wanted or one.order.casefold() == wanted.casefold()]
    unlisted = _unlisted(site, {(one.order, one.operation) for one, _ in works}) if not wanted else []
    running = [*((one, work) for one, work in works if work.status in ("started", "paused")), *unlisted]
    return page(
        request, "home.html",
        mine=[each for each in running if operator in each[1].people],
        running=[each for each in running if operator not in each[1].people],
        waiting=[(one, work) for one, work in works if work.status == "planned"][:_SHOWN],
        done=[(one, work) for one, work in works if work.status == "finished"][:_SHOWN] if wanted else [],
        wanted=wanted, day=today(site.desk.now_us()),
    )  # fmt: skip


def _unlisted(site: Site, listed: set[tuple[str, str]]) -> list[tuple[WorkOperation, Work]]:
    """Work begun here that is on no list (a new order, the hub away)."""
    keys = dict.fromkeys(
        (tap.deed.order, tap.deed.operation) for tap in site.desk.taps() if tap.deed.order and tap.deed.operation
    )
    if site.desk.age_s is not None and site.desk.age_s <= STALE_S:
        return []
    found = []
    for order, operation in keys:
        if order and operation and (order, operation) not in listed:
            work = site.desk.work(order, operation)
            if work.status in ("started", "paused"):
                found.append((WorkOperation(order=order, operation=operation), work))
    return found


async def scan(request: Request) -> Response:
    """Where a scanned or typed code leads: an operation, an order's operations, or a person."""
    site = site_of(request)
    code = tidy_code(request.query_params.get("code", ""))[: 2 * MAX_CODE + 1]
    if not code:
        return to("/")
    parts = split_operation_code(code)
    if parts is not None:
        listed = find_operation(site.desk.worklist, *parts)
        if listed is not None:
            return to("/work", order=listed.order, operation=listed.operation)
    person = worker(site.desk.worklist, code)
    if person is not None:
        answer = to("/")
        set_operator(answer, person.code, recent_of(request))
        return answer
    orders = {one.order for one in (site.desk.worklist.operations if site.desk.worklist else ())}
    for order in orders:
        if order.casefold() == code.casefold():
            return to("/", order=order)
    return _unknown(request, code, parts)


def _unknown(request: Request, code: str, parts: tuple[str, str] | None) -> Response:
    """A code that is nothing here: said so; where the list is old, it may be new."""
    age_s = site_of(request).desk.age_s
    may_be_new = parts is not None and (age_s is None or age_s > STALE_S)
    return page(request, "unknown.html", 404, code=code, parts=parts if may_be_new else None, list_age_s=age_s)


async def work(request: Request) -> Response:
    """One operation: how it stands, and what can be done."""
    order, operation = _asked(request)
    await site_of(request).desk.look()
    done = await _done(request)
    return work_page(request, order, operation, done=done, again="again" in request.query_params)


def work_page(request: Request, order: str, operation: str, status: int = 200, **context: Any) -> Response:
    """The operation's page, with a fault or what was just recorded."""
    site = site_of(request)
    listed = _listed(request, order, operation)
    shown = {"done": None, "again": False, "back": "/", "day": today(site.desk.now_us()), **context}
    return page(
        request, "work.html", status, op=listed, work=site.desk.work(listed.order, listed.operation),
        is_listed=find_operation(site.desk.worklist, order, operation) is not None,
        checks=checks_of(site.desk.worklist, listed), machines=site.known_machines(),
        history=site.desk.taps_of(listed.order, listed.operation)[::-1][:20], **shown,
    )  # fmt: skip


async def form(request: Request) -> Response:
    """A deed of an operation that asks for more than a tap."""
    action = request.path_params["action"]
    if action not in FORMS:
        raise HTTPException(404)
    order, operation = _asked(request)
    return form_page(request, action, order, operation)


def form_page(request: Request, action: str, order: str, operation: str, status: int = 200, **context: Any) -> Response:
    """The form, empty or as it was typed with its faults."""
    site = site_of(request)
    listed = _listed(request, order, operation)
    shown = {"tap": site.new_tap(), **context}
    return page(
        request, FORMS[action], status, action=action, op=listed, work=site.desk.work(listed.order, listed.operation),
        checks=checks_of(site.desk.worklist, listed), **shown,
    )  # fmt: skip


def _asked(request: Request) -> tuple[str, str]:
    order, operation = (tidy_code(request.query_params.get(name, ""))[:MAX_CODE] for name in ("order", "operation"))
    if not order or not operation:
        raise HTTPException(404)
    return order, operation


def _listed(request: Request, order: str, operation: str) -> WorkOperation:
    """The operation as listed; one that is on no list only where the list is old or it was worked on before. 404."""
    site = site_of(request)
    found = find_operation(site.desk.worklist, order, operation)
    if found is not None:
        return found
    age_s = site.desk.age_s
    if age_s is not None and age_s <= STALE_S and not site.desk.taps_of(order, operation):
        raise HTTPException(404, operation_code(order, operation))
    return WorkOperation(order=order, operation=operation)


async def _done(request: Request) -> Tapped | None:
    """What the page before this one recorded."""
    wanted = request.query_params.get("done")
    return next((tap for tap in site_of(request).desk.taps()[::-1] if tap.id == wanted), None)


async def machines(request: Request) -> Response:
    """The site's machines: which stand, and why as far as people said."""
    site = site_of(request)
    await site.desk.look()
    seen = {status.machine: status for status in site.machines()}
    return page(
        request, "machines.html", machines=site.known_machines(), seen=seen, stands=site.desk.standstills(),
        done=await _done(request), again="again" in request.query_params,
    )  # fmt: skip


async def machine(request: Request) -> Response:
    """Why one machine stands."""
    return machine_page(request, tidy_code(request.query_params.get("machine", ""))[:127])


def machine_page(request: Request, key: str, status: int = 200, **context: Any) -> Response:
    """The form of a stop, empty or as it was typed with its faults."""
    site = site_of(request)
    found = next((one for one in site.known_machines() if one.machine == key), None)
    if found is None:
        raise HTTPException(404, key)
    shown = {"tap": site.new_tap(), **context}
    return page(request, "machine.html", status, machine=found, stand=site.desk.standstills().get(key), **shown)


async def people(request: Request) -> Response:
    """Who works here: choose, scan or type."""
    return page(request, "people.html", next=local(request.query_params.get("next", "/")))


async def taps(request: Request) -> Response:
    """What was recorded here, the newest first, and what the hub does not have yet."""
    await site_of(request).desk.look()
    return page(request, "taps.html", history=site_of(request).desk.taps()[::-1][:200])


async def state(request: Request) -> Response:
    """The strip, and which of some taps the hub has or put aside: what an open page asks every few seconds."""
    site = site_of(request)
    await site.desk.look()
    wanted = set(request.query_params.get("taps", "").split(",")[:100])
    told: Mapping[str, Any] = {"strip": strip(site)}
    html = site.renderer.html("strip.html", language_of(request), told)
    known = [tap for tap in site.desk.taps() if tap.id in wanted and tap.at_hub]
    delivered = [tap.id for tap in known if tap.refused is None]
    return JSONResponse({"strip": html, "delivered": delivered, "refused": [tap.id for tap in known if tap.refused]})


def local(path: str) -> str:
    """A path of this site; the first page where it is none.

    >>> local("/work?order=A"), local("//elsewhere.example"), local("https://elsewhere.example")
    ('/work?order=A', '/', '/')
    """
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
