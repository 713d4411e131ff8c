"""What every page of the terminal has at hand, and how it answers: pages, redirects, cookies, forms within bounds."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contract.batch import MachineStatus
from contract.worklist import Worker, Worklist, WorkMachine, tidy_code
from edge_agent.terminal.access import COOKIE_S, Guesses
from edge_agent.terminal.desk import Desk
from edge_agent.terminal.rendering import Renderer, language_of

OPERATOR_COOKIE: Final = "tsunagu_operator"
RECENT_COOKIE: Final = "tsunagu_recent"
MOST_RECENT: Final = 6
MAX_FORM: Final = 64 * 1024
FORM_S: Final = 15.0
STALE_S: Final = 120.0
"""A list older than this may lack a new order: what is not on it may be worked on all the same."""


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of the terminal. `machines` tells the agent's own as it sees them, `random` gives bytes."""

    site: str
    folder: Path
    desk: Desk
    machines: Callable[[], tuple[MachineStatus, ...]]
    names: Mapping[str, str | None]
    random: Callable[[int], bytes]
    guesses: Guesses
    renderer: Renderer

    def new_tap(self) -> str:
        """An id for a form."""
        return self.random(16).hex()

    def known_machines(self) -> list[WorkMachine]:
        """The site's machines: this agent's, then those only the hub knows."""
        own = {key: WorkMachine(machine=key, name=name) for key, name in self.names.items()}
        listed = {one.machine: one for one in (self.desk.worklist.machines if self.desk.worklist else ())}
        return sorted({**own, **listed}.values(), key=lambda one: one.machine)


def site_of(request: Request) -> Site:
    """The terminal that was asked."""
    found: Site = request.app.state.site
    return found


def operator_of(request: Request) -> str | None:
    """The operator this device works for now, by code."""
    return tidy_code(unquote(request.cookies.get(OPERATOR_COOKIE, "")))[:64] or None


def recent_of(request: Request) -> list[str]:
    """The operators of this device, the last one first."""
    codes = unquote(request.cookies.get(RECENT_COOKIE, "")).split("\n")
    return [code for code in (tidy_code(one)[:64] for one in codes) if code][:MOST_RECENT]


def worker(worklist: Worklist | None, code: str) -> Worker | None:
    """A person on the list by code, whatever the case; None where nobody has it."""
    for one in () if worklist is None else worklist.operators:
        if one.code.casefold() == code.casefold():
            return one
    return None


def set_operator(response: Response, code: str, recent: list[str]) -> None:
    """This device works for `code` from now on."""
    codes = [code, *(one for one in recent if one != code)][:MOST_RECENT]
    for name, value in ((OPERATOR_COOKIE, code), (RECENT_COOKIE, "\n".join(codes))):
        response.set_cookie(name, quote(value), max_age=COOKIE_S, httponly=True, samesite="lax")


def page(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page with all that stands around it."""
    site, language = site_of(request), language_of(request)
    code = operator_of(request)
    known = None if code is None else worker(site.desk.worklist, code)
    around = {
        "path": request.url.path,
        "query": request.url.query,
        "operator": code,
        "person": lambda one: (worker(site.desk.worklist, one) or Worker(code=one)).name or one,
        "machine_name": {one.machine: one.name or one.machine for one in site.known_machines()}.get,
        "operator_name": known.name if known else None,
        "recent": [(one, worker(site.desk.worklist, one)) for one in recent_of(request)],
        "strip": strip(site),
        "now_us": site.desk.now_us(),
        "worklist": site.desk.worklist,
        "new_tap": site.new_tap,
        "fault": None,
        "faults": {},
        "typed": {},
    }
    everything = {**around, **context}
    everything["typed"] = _Typed(everything["typed"])
    return HTMLResponse(site.renderer.html(name, language, everything), status)


class _Typed(dict[str, str]):
    """What was typed; a field that was not sent is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def strip(site: Site) -> dict[str, Any]:
    """What the strip on top says: what waits for the hub, what the hub put aside, how old the list is."""
    age_s = site.desk.age_s
    waiting, refused = site.desk.waiting(), site.desk.refused_lately()
    return {"waiting": waiting, "refused": refused, "age_s": age_s, "is_old": age_s is None or age_s > STALE_S}


def to(path: str, **query: str | None) -> RedirectResponse:
    """Go and see there (303): a reload does not send a form again."""
    said = urlencode({name: value for name, value in query.items() if value is not None})
    return RedirectResponse(f"{path}?{said}" if said else path, 303)


async def read_form(request: Request) -> dict[str, str]:
    """A posted form, bounded in size and time; the last of several fields of a name counts."""
    body = b""
    try:
        async with asyncio.timeout(FORM_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_FORM:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000))
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None
