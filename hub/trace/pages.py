"""Pages of lots: the list with what does not add up, one lot with its genealogy and steps, reports, files (DESIGN §8).

Times in rows are aware UTC datetimes; the drawing is made here on the server, so that it prints and needs no script.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from contract.times import from_us
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Conflict, Invalid, NotAllowed
from hub.trace import genealogy_model
from hub.trace.api import file_response, genealogy, inspections
from hub.trace.certificate_model import MAX_BYTES
from hub.trace.commands import KEEPERS_OF_PAPERS, REPORTERS
from hub.trace.genealogy_model import Drawing, Line
from hub.trace.model import Action
from hub.trace.questions import LinkRow
from hub.web.layout import Pages, Who

SEE_OTHER: Final = 303
PER_PAGE: Final = 100
ODD_SHOWN: Final = 20
ACTIONS: Final[tuple[str, ...]] = get_args(Action)
TYPED: Final = ("lot", "item", "unit", "order", "operation", "machine", "customer")
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]


async def who_of(gate: Gate, viewer: Viewer) -> Who:
    """Whom a page is for."""
    company = await gate.view(viewer)
    return Who(viewer.name, company.slug, company.name)


def path_of(lot: str) -> str:
    """The address of a lot's page."""
    return f"/lots/{quote(lot, safe='')}"


async def machines_of(gate: Gate, viewer: Viewer) -> list[tuple[str, str]]:
    """(key, name) of every machine."""
    rows = (await gate.ask(viewer, "machines.now", {})).rows
    return [(f"{row.site}/{row.machine}", row.name) for row in rows]


def amount_text(quantity: float | None, unit: str | None) -> str:
    """A quantity as it is written on a line; empty where it is not known.

    >>> amount_text(1234.5, "kg"), amount_text(None, "kg"), amount_text(3.0, None)
    ('1,234.5 kg', '', '3')
    """
    return "" if quantity is None else f"{quantity:,.6g} {unit or ''}".rstrip()


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]) -> APIRouter:
    """The lots' pages. Their addresses take the rest of a path: a lot's name may hold a slash."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, gate, pages, viewer_of, clock_us)
    _add_lot(router, gate, pages, viewer_of, clock_us)
    return router


def _add_list(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, *, status: int = 200, **said: Any) -> HTMLResponse:
        asked = request.query_params
        text, odd = asked.get("q", "")[:100], asked.get("show") == "odd"
        params = {"text": text or None, "odd": odd, "cursor": asked.get("cursor"), "limit": PER_PAGE}
        answer = await gate.ask(viewer, "trace.lots", params)
        following = None
        if answer.next_cursor is not None:
            more = {"q": text, "show": "odd" if odd else "all", "cursor": answer.next_cursor}
            following = f"/lots?{urlencode(more)}"
        values: dict[str, Any] = {
            "rows": [(row, path_of(row.lot)) for row in answer.rows], "q": text, "odd": odd, "following": following,
            "odd_steps": (await gate.ask(viewer, "trace.not_understood", {"limit": ODD_SHOWN})).rows,
            "machines": await machines_of(gate, viewer), "actions": ACTIONS, "may_report": viewer.has(*REPORTERS),
            "typed": {}, "fault": None, "now": from_us(clock_us()),
        }  # fmt: skip
        return pages.page(request, "lots.html", await who_of(gate, viewer), status=status, **(values | said))

    @router.get("/lots")
    async def lots(request: Request, viewer: SignedIn) -> HTMLResponse:
        return await draw(request, viewer)

    @router.post("/lots")
    async def report(request: Request, viewer: SignedIn) -> Response:
        form = await request.form(max_files=0)
        typed = {name: str(value)[:4000] for name, value in form.items()}
        try:
            made = await gate.do(viewer, "trace.report", reported_in(typed))
        except Invalid as fault:
            return await draw(request, viewer, status=422, fault=fault, typed=typed)
        except NotAllowed as fault:
            return await draw(request, viewer, status=403, fault=fault, typed=typed)
        return RedirectResponse(f"{path_of(made.lot)}#lot-h", status_code=SEE_OTHER)


def reported_in(typed: Mapping[str, str]) -> dict[str, Any]:
    """The params of a report from its form; Invalid where the quantity is no number."""
    said: dict[str, Any] = {name: typed[name].strip() for name in TYPED if typed.get(name, "").strip()}
    quantity = typed.get("quantity", "").strip()
    if quantity:
        said["quantity"] = number_in(quantity)
    parents = tuple(line.strip() for line in typed.get("parents", "").splitlines() if line.strip())
    return said | {"action": typed.get("action", ""), "lot": said.get("lot", ""), "parents": parents}


def number_in(text: str) -> float:
    """A number as people type it, in full width too; Invalid where it is none.

    >>> number_in("１,２００.５")
    1200.5
    """
    try:
        return float(text.translate(str.maketrans("，．", ",.")).replace(",", ""))
    except ValueError:
        raise Invalid(f"{text[:30]!r} is no number", "quantity", ja=f"「{text[:30]}」は数ではありません") from None


def _add_lot(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, lot: str, *, status: int = 200, fault: Any = None) -> HTMLResponse:
        values = await lot_values(gate, viewer, lot)
        values |= {"fault": fault, "now": from_us(clock_us()), "may_attach": viewer.has(*KEEPERS_OF_PAPERS)}
        return pages.page(request, "lot.html", await who_of(gate, viewer), status=status, **values)

    @router.post("/lots/{lot:path}/certificates")
    async def attach(request: Request, viewer: SignedIn, lot: str) -> Response:
        form = await request.form(max_files=1, max_part_size=MAX_BYTES)
        file = form.get("file")
        try:
            name, content = (file.filename, await file.read()) if isinstance(file, UploadFile) else (None, b"")
            await gate.do(viewer, "trace.attach", {"lot": lot, "name": (name or "")[-200:], "content": content})
        except (Invalid, Conflict, NotAllowed) as fault:
            status = {Invalid: 422, Conflict: 409}.get(type(fault), 403)
            return await draw(request, viewer, lot, status=status, fault=fault)
        return RedirectResponse(f"{path_of(lot)}#files", status_code=SEE_OTHER)

    @router.get("/lots/{lot:path}/certificates/{number}")
    async def certificate(viewer: SignedIn, lot: str, number: int) -> Response:
        (row,) = (await gate.ask(viewer, "trace.certificate", {"lot": lot, "id": number})).rows
        return file_response(row)

    @router.post("/lots/{lot:path}/certificates/{number}/remove")
    async def remove(viewer: SignedIn, lot: str, number: int) -> Response:
        await gate.do(viewer, "trace.remove_certificate", {"lot": lot, "id": number})
        return RedirectResponse(f"{path_of(lot)}#files", status_code=SEE_OTHER)

    @router.get("/lots/{lot:path}")
    async def one(request: Request, viewer: SignedIn, lot: str) -> HTMLResponse:
        return await draw(request, viewer, lot)


async def lot_values(gate: Gate, viewer: Viewer, lot: str) -> dict[str, Any]:
    """What the page of a lot shows."""
    (row,) = (await gate.ask(viewer, "trace.lot", {"lot": lot})).rows
    back = await genealogy(gate, viewer, lot, "back")
    forward = await genealogy(gate, viewer, lot, "forward")
    items = {one.lot: one.item for one in (*back.lots, *forward.lots)}
    return {
        "lot": row, "path": path_of(lot), "path_of": path_of, "links": [*back.links, *forward.links],
        "drawing": drawing_of(lot, back.links, forward.links, items),
        "steps": (await gate.ask(viewer, "trace.steps", {"lot": lot})).rows,
        "files": (await gate.ask(viewer, "trace.certificates", {"lot": lot})).rows,
        "inspections": await inspections(gate, viewer, lot),
        "recall_path": f"/recall?{urlencode({'lots': lot})}",
        "epcis_path": f"/api/v1/lots/{quote(lot, safe='')}/epcis",
    }  # fmt: skip


def drawing_of(
    lot: str, back: Sequence[LinkRow], forward: Sequence[LinkRow], items: Mapping[str, str | None]
) -> Drawing:
    """The genealogy of a lot as a drawing."""
    return genealogy_model.draw(lot, _lines(back), _lines(forward), items)


def _lines(links: Sequence[LinkRow]) -> list[Line]:
    return [Line(link.from_, link.to, amount_text(link.quantity, link.unit)) for link in links]
