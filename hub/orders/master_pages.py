"""Pages of master data: items with their routings, nests, operators. A table in a form keeps two empty rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Conflict, Invalid, NotFound
from hub.orders.column_model import ITEM, NEST_HEAD, NEST_LINE, OPERATOR, STEP
from hub.orders.form_pages import Fault, fault_of, fields_of, rows_of, table_of, texts, typed_in, values_of
from hub.orders.pages import MASTER, SEE_OTHER, ViewerOf, who_of
from hub.sheets.columns import Column
from hub.web.layout import Pages, reading_of

TECHNICAL: Final = (*MASTER, "estimator")
PER_PAGE: Final = 200
EMPTY_ROWS: Final = 2
MORE_ROWS: Final = 10
OPERATOR_TYPED: Final = tuple(column for column in OPERATOR if column.key != "active")


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """Items, nests and operators."""
    router = APIRouter(include_in_schema=False)
    _add_items(router, gate, pages, viewer_of)
    _add_item(router, gate, pages, viewer_of)
    _add_nests(router, gate, pages, viewer_of)
    _add_operators(router, gate, pages, viewer_of)
    return router


def item_path(item: str) -> str:
    """The address of an item's page."""
    return f"/items/{quote(item, safe='')}"


def lang_of(request: Request) -> str:
    """The reader's language."""
    return reading_of(request).words.lang


def _empty(typed: Mapping[str, str]) -> int:
    return MORE_ROWS if "more" in typed else EMPTY_ROWS


def _add_items(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, asked: dict[str, Any], typed: dict[str, str], fault: Fault | None = None
    ) -> HTMLResponse:
        answer = await gate.ask(viewer, "orders.items", asked | {"limit": PER_PAGE})
        following = None
        if answer.next_cursor is not None:
            following = "/items?" + urlencode({"q": asked["containing"] or "", "cursor": answer.next_cursor})
        values = {
            "rows": [(row, item_path(row.item)) for row in answer.rows], "q": asked["containing"] or "",
            "following": following, "fields": fields_of(ITEM, typed, lang_of(request), fault), "fault": fault,
            "may_change": viewer.has(*TECHNICAL),
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "items.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/items")
    async def items(request: Request, viewer: SignedIn, q: str = "", cursor: str | None = None) -> HTMLResponse:
        return await draw(request, viewer, {"containing": q[:100] or None, "cursor": cursor}, {})

    @router.post("/items")
    async def save_item(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        try:
            saved = await gate.do(viewer, "orders.save_item", values_of(ITEM, typed))
        except Invalid as error:
            return await draw(request, viewer, {"containing": None}, typed, fault_of(error, lang_of(request)))
        return RedirectResponse(item_path(saved.key), status_code=SEE_OTHER)


def _add_item(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, item: str, typed: dict[str, str] | None = None, fault: Fault | None = None
    ) -> HTMLResponse:
        lang = lang_of(request)
        row = (await gate.ask(viewer, "orders.item", {"item": item})).rows[0]
        routing = (await gate.ask(viewer, "orders.routing", {"item": item})).rows
        orders = (await gate.ask(viewer, "orders.orders", {"item": item, "open": True, "limit": 50})).rows
        steps = [texts(STEP, step) for step in routing] if typed is None else rows_of(typed, "steps")
        values = {
            "row": row, "path": item_path(row.item), "orders": orders, "fault": fault,
            "fields": fields_of(ITEM, texts(ITEM, row), lang), "columns": [column.name(lang) for column in STEP],
            "table": table_of(STEP, steps, "steps", lang, fault, _empty(typed or {})),
            "machines": (await gate.ask(viewer, "machines.now", {})).rows, "may_change": viewer.has(*TECHNICAL),
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "item.html", await who_of(gate, viewer), status=status, **values)

    @router.post("/items/{item:path}/routing")
    async def save_routing(request: Request, viewer: SignedIn, item: str) -> Response:
        typed = await typed_in(request)
        if "more" in typed:
            return await draw(request, viewer, item, typed)
        try:
            steps = _read(STEP, rows_of(typed, "steps"), "steps")
            await gate.do(viewer, "orders.save_routing", {"item": item, "steps": steps})
        except Invalid as error:
            return await draw(request, viewer, item, typed, fault_of(error, lang_of(request)))
        return RedirectResponse(item_path(item), status_code=SEE_OTHER)

    @router.post("/items/{item:path}/remove")
    async def remove_item(request: Request, viewer: SignedIn, item: str) -> Response:
        try:
            await gate.do(viewer, "orders.remove_item", {"item": item})
        except Conflict as error:
            return await draw(request, viewer, item, None, fault_of(error, lang_of(request)))
        return RedirectResponse("/items", status_code=SEE_OTHER)

    @router.get("/items/{item:path}")
    async def one_item(request: Request, viewer: SignedIn, item: str) -> HTMLResponse:
        return await draw(request, viewer, item)


def _read(columns: Sequence[Column], rows: list[dict[str, str]], name: str) -> list[dict[str, Any]]:
    """The rows of a form's table; Refused names the field of the row."""
    return [
        values_of(columns, {f"{name}[{index}].{key}": value for key, value in row.items()}, f"{name}[{index}].")
        for index, row in enumerate(rows)
    ]


def _add_nests(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, head: Mapping[str, str], lines: list[dict[str, str]],
        fault: Fault | None = None, *, empty: int = EMPTY_ROWS,
    ) -> HTMLResponse:  # fmt: skip
        lang = lang_of(request)
        rows = (await gate.ask(viewer, "orders.nests", {"limit": PER_PAGE})).rows
        nests: dict[tuple[str, str], list[Any]] = {}
        for row in rows:
            nests.setdefault((row.machine, row.program), []).append(row)
        values = {
            "nests": [(key, "/nests?" + urlencode(dict(zip(("machine", "program"), key, strict=True))) + "#edit", cut)
                      for key, cut in nests.items()],
            "fields": fields_of(NEST_HEAD, head, lang, fault), "columns": [column.name(lang) for column in NEST_LINE],
            "table": table_of(NEST_LINE, lines, "lines", lang, fault, empty), "fault": fault,
            "machines": (await gate.ask(viewer, "machines.now", {})).rows, "may_change": viewer.has(*MASTER),
            "is_there": (head.get("machine", ""), head.get("program", "")) in nests,
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "nests.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/nests")
    async def nests(request: Request, viewer: SignedIn, machine: str = "", program: str = "") -> HTMLResponse:
        rows: list[Any] = []
        if machine and program:
            site, _, name = machine[:200].partition("/")
            asked = {"site": site, "machine": name, "program": program[:200]}
            rows = (await gate.ask(viewer, "orders.nest", asked)).rows
        head = texts(NEST_HEAD, rows[0]) if rows else {}
        return await draw(request, viewer, head, [texts(NEST_LINE, row) for row in rows])

    @router.post("/nests")
    async def save_nest(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        rows = rows_of(typed, "lines")
        if "more" in typed:
            return await draw(request, viewer, typed, rows, empty=MORE_ROWS)
        try:
            if "remove" in typed:
                await gate.do(viewer, "orders.remove_nest", {key: typed.get(key, "") for key in ("machine", "program")})
            else:
                await gate.do(
                    viewer, "orders.save_nest", values_of(NEST_HEAD, typed) | {"lines": _read(NEST_LINE, rows, "lines")}
                )
        except (Invalid, NotFound) as error:
            return await draw(request, viewer, typed, rows, fault_of(error, lang_of(request)))
        return RedirectResponse("/nests", status_code=SEE_OTHER)


def _add_operators(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, typed: Mapping[str, str], fault: Fault | None = None
    ) -> HTMLResponse:
        answer = await gate.ask(viewer, "orders.operators", {})
        values = {
            "rows": [row for row in answer.rows if row.code is not None], "hidden": len(answer.rows),
            "withheld": bool(answer.withheld), "active": typed.get("active", "1") == "1", "fault": fault,
            "fields": fields_of(OPERATOR_TYPED, typed, lang_of(request), fault), "may_change": viewer.has(*MASTER),
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "operators.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/operators")
    async def operators(request: Request, viewer: SignedIn, code: str = "") -> HTMLResponse:
        rows = (await gate.ask(viewer, "orders.operators", {})).rows if code else []
        chosen = next((row for row in rows if row.code == code), None)
        typed = {} if chosen is None else texts(OPERATOR, chosen) | {"active": "1" if chosen.active else "0"}
        return await draw(request, viewer, typed)

    @router.post("/operators")
    async def save_operator(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        active = typed.get("active") == "1"
        try:
            if "remove" in typed:
                await gate.do(viewer, "orders.remove_operator", {"code": typed.get("code", "")})
            else:
                asked = values_of(OPERATOR_TYPED, typed) | {"active": active}
                await gate.do(viewer, "orders.save_operator", asked)
        except (Invalid, NotFound) as error:
            shown = typed | {"active": "1" if active else "0"}
            return await draw(request, viewer, shown, fault_of(error, lang_of(request)))
        return RedirectResponse("/operators", status_code=SEE_OTHER)
