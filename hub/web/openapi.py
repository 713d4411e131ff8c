"""The OpenAPI 3.1 document: FastAPI's, with the schemas of the message structs filled in."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from hub.web.answers import Documented

DESCRIPTION = """Measured states, runs and actual times of machines, per company.
Send `Authorization: Bearer TOKEN` (an API token; agents: their credential).
Times are RFC 3339, durations seconds (`_s`).
Long answers are paged: ask again with `cursor` = `next_cursor` until it is null. Errors are problem+json (RFC 9457)."""


def install_openapi(app: FastAPI, api: APIRouter, routers: Sequence[APIRouter]) -> None:
    """`app.openapi()` describes the `api` made of `routers` truly; made once, when first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, api.routes, [route for router in routers for route in router.routes])
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the documented way to extend it


def _document(app: FastAPI, routes: Sequence[Any], described: Sequence[Any]) -> dict[str, Any]:
    made = get_openapi(
        title="Tsunagu hub", version=app.version, openapi_version="3.1.0", description=DESCRIPTION, routes=routes
    )
    kinds = list({id(kind): kind for kind in _kinds(described)}.values())
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {}).update(components)
    parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"bearer": []}]
    for methods in made["paths"].values():
        for operation in methods.values():
            _replace_fastapi_422(operation)
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)
    return made


def _replace_fastapi_422(operation: dict[str, Any]) -> None:
    content = operation.get("responses", {}).get("422", {}).get("content", {})
    if "application/json" in content:
        operation["responses"]["422"] = {
            "description": "A parameter cannot be understood",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


def _kinds(routes: Sequence[Any]) -> list[Any]:
    found: list[Any] = []

    def walk(part: object) -> None:
        if isinstance(part, Documented):
            found.append(part.kind)
        elif isinstance(part, dict):
            for value in part.values():
                walk(value)

    for route in routes:
        walk(getattr(route, "responses", None))
        walk(getattr(route, "openapi_extra", None))
    return found
