"""Routes about items, routings, nests, orders and operators; spreadsheets in and out are in `import_api`.

Numbers may hold slashes (``PN/10``), so they take the rest of a path. Days YYYY-MM-DD, durations seconds (``_s``).
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Answer, Gate, Withheld
from hub.access.params import Nothing, Page
from hub.access.viewer import Viewer
from hub.orders import commands, questions
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, Cursor, Limit

Asking = Annotated[Viewer, Depends(current_viewer)]
Narrow = Annotated[str | None, Query(max_length=200)]


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An order and its operations, in the order of work."""

    order: questions.OrderRow
    operations: list[questions.OperationRow]
    withheld: tuple[Withheld, ...] = ()


class ItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An item and how it is made."""

    item: questions.ItemRow
    routing: list[questions.StepRow]
    withheld: tuple[Withheld, ...] = ()


class OrderChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of an order; what is left out stays, a `due` of "" takes the day away."""

    quantity: int | None = None
    due: commands.Text | None = None
    priority: int | None = None


class RoutingSteps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a routing, all of them."""

    steps: Annotated[tuple[commands.Step, ...], msgspec.Meta(max_length=commands.MOST_STEPS)]


def build_router(gate: Gate) -> APIRouter:
    """Routes for orders, items, nests and operators."""
    router = APIRouter(tags=["orders"])
    _add_orders(router, gate)
    _add_order_changes(router, gate)
    _add_items(router, gate)
    _add_nests(router, gate)
    _add_operators(router, gate)
    return router


def _both(*answers: Answer[Any]) -> tuple[Withheld, ...]:
    return tuple(dict.fromkeys(each for answer in answers for each in answer.withheld))


def _add_post(router: APIRouter, gate: Gate, path: str, name: str) -> None:
    """A route that takes a command's params as its JSON body."""
    command = gate.catalogue.command(name)

    @router.post(
        path, name=name, summary=command.summary, status_code=201,
        responses=says(command.result, command.summary, 201, refuses=(403, 404, 409, 413, 422)),
        openapi_extra=takes(command.params),
    )  # fmt: skip
    async def post_command(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, command.params)), 201)


def _add_orders(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/orders", "orders.save_order")

    @router.get(
        "/orders", summary=gate.catalogue.question("orders.orders").summary,
        responses=says_rows(questions.OrderRow, "orders", "The soonest due first"),
    )  # fmt: skip
    async def get_orders(
        viewer: Asking,
        open: Annotated[bool | None, Query(description="left out: both")] = None,  # noqa: A002 - the name in the address
        late: Annotated[bool, Query(description="only open ones whose day is over")] = False,  # noqa: FBT002 - as sent
        item: Narrow = None,
        containing: Narrow = None,
        cursor: Cursor = None,
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        params = questions.OrdersPage(
            open=open, late=late, item=item, containing=containing, cursor=cursor, limit=limit
        )
        return answer_response(await gate.ask(viewer, "orders.orders", params, company), "orders")


def _add_order_changes(router: APIRouter, gate: Gate) -> None:
    for verb, name in (("close", "close_order"), ("open", "open_order"), ("routing", "copy_routing")):
        _add_verb(router, gate, f"/orders/{{order:path}}/{verb}", f"orders.{name}")

    @router.get(
        "/orders/{order:path}", summary="An order with its operations",
        responses=says(OrderAnswer, "The order", refuses=(404, 422)),
    )  # fmt: skip
    async def get_order(order: str, viewer: Asking, company: Company = None) -> Response:
        one = await gate.ask(viewer, "orders.order", {"order": order}, company)
        steps = await gate.ask(viewer, "orders.operations", {"order": order}, company)
        return json_response(OrderAnswer(order=one.rows[0], operations=steps.rows, withheld=_both(one, steps)))

    change = gate.catalogue.command("orders.change_order")

    @router.patch(
        "/orders/{order:path}", name=change.name, summary=change.summary, openapi_extra=takes(OrderChange),
        responses=says(change.result, "Changed", refuses=(403, 404, 409, 413, 422)),
    )  # fmt: skip
    async def patch_order(order: str, request: Request, viewer: Asking) -> Response:
        asked = msgspec.structs.asdict(await read_struct(request, OrderChange))
        return json_response(await gate.do(viewer, "orders.change_order", asked | {"order": order}))

    _add_delete(router, gate, "/orders/{key:path}", ("orders.remove_order", "order"))


def _add_verb(router: APIRouter, gate: Gate, path: str, name: str) -> None:
    command = gate.catalogue.command(name)

    @router.post(
        path, name=name, summary=command.summary,
        responses=says(command.result, "Done", refuses=(403, 404, 409, 422)),
    )  # fmt: skip
    async def post_verb(order: str, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, {"order": order}))


def _add_delete(router: APIRouter, gate: Gate, path: str, command: tuple[str, str]) -> None:
    name, field = command
    gone = says(commands.Gone, "Gone", refuses=(403, 404, 409, 422))

    @router.delete(path, name=name, summary=gate.catalogue.command(name).summary, responses=gone)
    async def delete_one(key: str, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, {field: key}))


def _add_items(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/items", "orders.save_item")

    @router.get("/items", summary="Items", responses=says_rows(questions.ItemRow, "items", "By number"))
    async def get_items(
        viewer: Asking, containing: Narrow = None, cursor: Cursor = None, limit: Limit = 1000, company: Company = None
    ) -> Response:
        params = questions.ItemsPage(containing=containing, cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "orders.items", params, company), "items")

    command = gate.catalogue.command("orders.save_routing")

    @router.put(
        "/items/{item:path}/routing", name=command.name, summary=command.summary, openapi_extra=takes(RoutingSteps),
        responses=says(command.result, "Kept", refuses=(403, 404, 413, 422)),
    )  # fmt: skip
    async def put_routing(item: str, request: Request, viewer: Asking) -> Response:
        asked = await read_struct(request, RoutingSteps)
        return json_response(await gate.do(viewer, "orders.save_routing", {"item": item, "steps": asked.steps}))

    @router.get(
        "/items/{item:path}", summary="An item with its routing",
        responses=says(ItemAnswer, "The item", refuses=(404, 422)),
    )  # fmt: skip
    async def get_item(item: str, viewer: Asking, company: Company = None) -> Response:
        one = await gate.ask(viewer, "orders.item", {"item": item}, company)
        steps = await gate.ask(viewer, "orders.routing", {"item": item}, company)
        return json_response(ItemAnswer(item=one.rows[0], routing=steps.rows, withheld=_both(one, steps)))

    _add_delete(router, gate, "/items/{key:path}", ("orders.remove_item", "item"))


def _add_nests(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/nests", "orders.save_nest")

    @router.get("/nests", summary="Nests", responses=says_rows(questions.NestRow, "nests", "A row for each line"))
    async def get_nests(
        viewer: Asking, cursor: Cursor = None, limit: Limit = 1000, company: Company = None
    ) -> Response:
        answer = await gate.ask(viewer, "orders.nests", Page(cursor=cursor, limit=limit), company)
        return answer_response(answer, "nests")

    gone = says(commands.Gone, "Gone", refuses=(403, 404, 422))

    @router.delete("/nests", name="orders.remove_nest", summary="Remove a nest", responses=gone)
    async def delete_nest(
        viewer: Asking, machine: Annotated[str, Query(max_length=200)], program: Annotated[str, Query(max_length=200)]
    ) -> Response:
        return json_response(await gate.do(viewer, "orders.remove_nest", {"machine": machine, "program": program}))


def _add_operators(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/operators", "orders.save_operator")

    @router.get(
        "/operators", summary="Operators",
        responses=says_rows(questions.OperatorRow, "operators", "By code", paged=False),
    )  # fmt: skip
    async def get_operators(viewer: Asking, company: Company = None) -> Response:
        answer = await gate.ask(viewer, "orders.operators", Nothing(), company)
        return answer_response(answer, "operators", paged=False)

    _add_delete(router, gate, "/operators/{key:path}", ("orders.remove_operator", "code"))
