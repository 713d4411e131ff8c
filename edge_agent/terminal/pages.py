"""The routes that change something: taps, who works here, which device may come in, the language. And the whole list.

A tap is posted with the id its form was made with. It answers by going on to a page that shows it, so a reload sends
nothing again; what cannot be taken is shown at its field, as it was typed, and nothing of it is stored.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from contract.worklist import tidy_code
from edge_agent.buffer.model import BufferClosed, StorageError
from edge_agent.terminal import access, views
from edge_agent.terminal.deeds import PROGRESS, Deed, digest_of
from edge_agent.terminal.desk import Outcome
from edge_agent.terminal.floor import checks_of, find_operation, refusal
from edge_agent.terminal.forms import Form, check_total, read_lot, read_measures, read_progress, read_stop
from edge_agent.terminal.rendering import LANGUAGE_COOKIE, STATIC
from edge_agent.terminal.shield import Shield
from edge_agent.terminal.site import Site, operator_of, page, read_form, recent_of, set_operator, site_of, to, worker
from edge_agent.terminal.views import form_page, local, machine_page, work_page

_TAP: Final = re.compile(r"[0-9a-f]{32}")
Judge = Callable[[int], Deed | str]


async def tap(request: Request) -> Response:
    """One deed."""
    fields = await read_form(request)
    name = fields.pop("tap", "")
    action = fields.get("action", "")
    if not _TAP.fullmatch(name):
        raise HTTPException(400)
    operator = operator_of(request)
    digest = digest_of({**fields, "sure": "", "by": operator or ""})
    site = site_of(request)
    known = await site.desk.find(name, digest)  # told before it is judged anew: the work went on since
    if known is not None:
        return _answer(request, fields, name, known)
    form = Form(fields)
    if operator is None:
        form.fault("operator", "m_operator")
    judge = _judge(site, form, action, operator)
    if form.faults:
        return _again(request, fields, name, 422, faults=form.faults)
    try:
        outcome = await site.desk.do(name, digest, judge)
    except StorageError as error:
        key = "m_old_form" if isinstance(error, BufferClosed) else "m_full"
        return _again(request, fields, name, 507, fault=(key, {}))
    return _answer(request, fields, name, outcome)


def _judge(site: Site, form: Form, action: str, operator: str | None) -> Judge:
    """The form read, and what will be asked of it when its turn comes; faults are noted in the form."""
    if action == "stop":
        return read_stop(form, operator, [one.machine for one in site.known_machines()])
    if action == "run":
        return _running_again(site, form, operator)
    order, operation = form.text("order") or "", form.text("operation") or ""
    listed = find_operation(site.desk.worklist, order, operation)
    if action == "measure":
        measures = read_measures(form, operator, checks_of(site.desk.worklist, listed))
        return lambda _at_us: measures
    if action in ("lot_in", "lot_out"):
        lot = read_lot(form, operator, listed, site.desk.work(order, operation).lots)
        return lambda _at_us: lot
    known = next((each for each in PROGRESS if each == action), None)
    if known is None or not order or not operation:
        raise HTTPException(400)
    reasons = bool(site.desk.worklist and site.desk.worklist.reject_reasons)
    deed = read_progress(form, known, operator, reject_reasons=reasons)
    if not form.faults:
        check_total(form, deed, site.desk.work(order, operation), None if listed is None else listed.quantity)

    def judged(_at_us: int) -> Deed | str:
        why = refusal(site.desk.work(order, operation), deed)
        return deed if why is None else f"m_{why}"

    return judged


def _running_again(site: Site, form: Form, operator: str | None) -> Judge:
    """A machine runs again: the reason it stood for gets its end."""
    machine = form.text("machine", 127)

    def judged(_at_us: int) -> Deed | str:
        stand = site.desk.standstills().get(machine or "")
        if stand is None:
            return "m_not_standing"
        return Deed(
            action="run", machine=machine, operator=operator, reason=stand.reason, text=stand.text,
            from_us=stand.from_us,
        )  # fmt: skip

    return judged


def _answer(request: Request, fields: dict[str, str], name: str, outcome: Outcome) -> Response:
    """On disk: go and see it there. Refused, or another deed under this id: the page again, saying so."""
    if outcome.other:
        return _again(request, fields, site_of(request).new_tap(), 409, fault=("m_other", {}))
    if outcome.refusal is not None:
        return _again(request, fields, name, 409, fault=(outcome.refusal, {}))
    again = "1" if outcome.repeated else None
    if fields.get("action") in ("stop", "run"):
        return to("/machines", done=name, again=again)
    return to("/work", order=fields.get("order"), operation=fields.get("operation"), done=name, again=again)


def _again(request: Request, fields: dict[str, str], name: str, status: int, **context: Any) -> Response:
    """The form as it was typed, with what is wrong with it."""
    action, order, operation = (fields.get(one, "") for one in ("action", "order", "operation"))
    shown = {"typed": fields, "tap": name, **context}
    if action in ("stop", "run"):
        return machine_page(request, tidy_code(fields.get("machine", "")), status, **shown)
    if action in views.FORMS:
        return form_page(request, action, tidy_code(order), tidy_code(operation), status, **shown)
    return work_page(request, tidy_code(order), tidy_code(operation), status, **shown)


async def choose(request: Request) -> Response:
    """This device works for somebody from now on."""
    fields = await read_form(request)
    site, code = site_of(request), tidy_code(fields.get("code", ""))
    where = local(fields.get("next", "/"))
    known = worker(site.desk.worklist, code)
    anyone = site.desk.worklist is None or not site.desk.worklist.operators
    if not code or len(code) > 64 or (known is None and not anyone):
        key = "m_operator" if not code else "m_unknown_operator"
        faults = {"code": (key, {"code": code[:64]})}
        return page(request, "people.html", 422, next=where, faults=faults, typed=fields)
    answer = to(where)
    set_operator(answer, code if known is None else known.code, recent_of(request))
    return answer


async def enter(request: Request) -> Response:
    """A device signs in with the code."""
    site = site_of(request)
    if request.method == "GET":
        return page(request, "enter.html", next=local(request.query_params.get("next", "/")))
    fields = await read_form(request)
    where, address = local(fields.get("next", "/")), request.client.host if request.client else ""
    kept = access.read(site.folder)
    if kept is None:
        return page(request, "enter.html", 403, next=where, fault=("m_no_code", {}))
    wait_s = site.guesses.wait_s(address)
    if wait_s:
        answer: Response = page(request, "enter.html", 429, next=where, fault=("m_guesses", {"n": round(wait_s) or 1}))
        answer.headers["Retry-After"] = str(round(wait_s) or 1)
        return answer
    if not await asyncio.to_thread(access.is_code, kept, fields.get("code", "")):
        return page(request, "enter.html", 403, next=where, faults={"code": ("m_code", {})})
    site.guesses.forget(address)
    answer = to(where)
    cookie, secure = access.make_cookie(kept, site.desk.now_us(), site.random), request.url.scheme == "https"
    answer.set_cookie(
        access.COOKIE, cookie, max_age=access.COOKIE_S, httponly=True, samesite="lax", secure=secure
    )  # fmt: skip
    return answer


async def leave(_request: Request) -> Response:
    """The device signs out."""
    answer = to("/enter")
    answer.delete_cookie(access.COOKIE, httponly=True, samesite="lax")
    return answer


async def language(request: Request) -> Response:
    """The other language."""
    fields = await read_form(request)
    answer = to(local(fields.get("next", "/")))
    chosen = "en" if fields.get("lang") == "en" else "ja"
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=access.COOKIE_S, httponly=True, samesite="lax")
    return answer


async def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = "m_not_here" if status == 404 else "m_old_form"
    return page(request, "message.html", status, fault=(key, {}))


def build_app(site: Site) -> Starlette:
    """The terminal's application."""

    def is_known(cookie: str) -> bool:
        kept = access.read(site.folder)
        return bool(cookie) and kept is not None and access.is_cookie(kept, cookie)

    app = Starlette(
        routes=[
            Route("/", views.home),
            Route("/scan", views.scan),
            Route("/work", views.work),
            Route("/work/{action}", views.form),
            Route("/machines", views.machines),
            Route("/machine", views.machine),
            Route("/people", views.people, methods=["GET"]),
            Route("/people", choose, methods=["POST"]),
            Route("/records", views.taps),
            Route("/state", views.state),
            Route("/tap", tap, methods=["POST"]),
            Route("/enter", enter, methods=["GET", "POST"]),
            Route("/leave", leave, methods=["POST"]),
            Route("/language", language, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Shield, is_known=is_known)],
        exception_handlers={HTTPException: _not_there},
    )
    app.state.site = site
    return app
