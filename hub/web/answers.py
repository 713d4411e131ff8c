"""Answers of the gate as JSON, and their truth in OpenAPI: both from the same row structs.

``{"<key>": [rows], "next_cursor": …, "withheld": […]}``; `withheld` only where something is.
"""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from hub.access.gate import Answer, Withheld
from hub.web.errors import PROBLEM_JSON, Problem

JSON: Final = "application/json"
_encoder = msgspec.json.Encoder()
_REF: Final = "#/components/schemas/{name}"
REFUSALS: Final = {
    400: "The request cannot be read",
    401: "Nobody the hub knows is asking",
    403: "Not with these rights",
    404: "Not there, or not to be known",
    405: "Not by this method",
    409: "Something else is there already",
    413: "Too large",
    422: "A parameter cannot be understood",
    429: "Too many attempts",
    503: "Not now; see Retry-After",
    507: "No room on the hub's disk; see Retry-After",
}


def json_response(content: object, status: int = 200) -> Response:
    """Any struct or plain data as JSON."""
    return Response(_encoder.encode(content), status_code=status, media_type=JSON)


def answer_response(answer: Answer[Any], key: str, *, paged: bool = True) -> Response:
    """An answer's rows under `key`."""
    body: dict[str, Any] = {key: answer.rows}
    if paged:
        body["next_cursor"] = answer.next_cursor
    if answer.withheld:
        body["withheld"] = answer.withheld
    return json_response(body)


def schema_of(kind: Any) -> dict[str, Any]:
    """A JSON schema that refers to the document's components."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema


def says(kind: Any, description: str, status: int = 200, *, refuses: tuple[int, ...] = ()) -> dict[int | str, Any]:
    """FastAPI's `responses` of a route that answers with `kind`, and with problems where it refuses."""
    documented: dict[int | str, Any] = {
        status: {"description": description, "content": {JSON: {"schema": Documented(kind)}}}
    }
    return documented | refusals(*refuses, 401, 503)


def refusals(*statuses: int) -> dict[int | str, Any]:
    """The part of FastAPI's `responses` that says with which statuses a route refuses, each a problem."""
    content = {PROBLEM_JSON: {"schema": Documented(Problem)}}
    return {status: {"description": REFUSALS[status], "content": content} for status in statuses}


def says_rows(
    row: type[msgspec.Struct], key: str, description: str, *, paged: bool = True, refuses: tuple[int, ...] = ()
) -> dict[int | str, Any]:
    """As `says`, for `answer_response` of these rows."""
    documented = says(row, description, refuses=(*refuses, 404, 422))
    properties: dict[str, Any] = {
        key: {"type": "array", "items": Documented(row)},
        "withheld": {"type": "array", "items": Documented(Withheld)},
    }
    if paged:
        properties["next_cursor"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    required = [key, "next_cursor"] if paged else [key]
    schema = {"type": "object", "properties": properties, "required": required}
    documented[200] = {"description": description, "content": {JSON: {"schema": schema}}}
    return documented


def takes(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """FastAPI's `openapi_extra` of a route whose JSON body is `kind`."""
    return {"requestBody": {"required": True, "content": {JSON: {"schema": Documented(kind)}}}}


class Documented(dict[str, Any]):
    """A place in the OpenAPI document where a type's schema belongs; filled in when the document is made."""

    def __init__(self, kind: Any) -> None:
        super().__init__(schema_of(kind))
        self.kind = kind
