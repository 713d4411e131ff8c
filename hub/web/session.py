"""Signing in and out by API, and who one is."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer, ViewerKind
from hub.directory.roles import Role
from hub.web.answers import json_response, refusals, says, takes
from hub.web.auth import authenticator, current_viewer, drop_session_cookie, set_session_cookie
from hub.web.bodies import read_struct


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """E-mail and password."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=256)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, and for which company."""

    name: str
    kind: ViewerKind
    roles: list[Role]
    company: str
    company_name: str


def build_router(gate: Gate) -> APIRouter:
    """GET /me, POST /session, DELETE /session."""
    router = APIRouter(tags=["me"])

    @router.get("/me", summary="Who I am", responses=says(Me, "Who is asking"))
    async def get_me(viewer: Annotated[Viewer, Depends(current_viewer)]) -> Response:
        company = await gate.view(viewer)
        return json_response(
            Me(
                name=viewer.name,
                kind=viewer.kind,
                roles=sorted(viewer.roles),
                company=viewer.company,
                company_name=company.name,
            )
        )

    @router.post(
        "/session",
        summary="Sign in; the session comes as a cookie",
        status_code=204,
        responses=refusals(401, 403, 413, 422, 429, 503) | {204: {"description": "Signed in"}},
        openapi_extra=takes(SignIn),
    )
    async def post_session(request: Request) -> Response:
        asked = await read_struct(request, SignIn)
        session = await authenticator(request).sign_in(request, asked.email, asked.password)
        response = Response(status_code=204)
        set_session_cookie(request, response, session)
        return response

    @router.delete(
        "/session",
        summary="Sign out",
        status_code=204,
        responses=refusals(403, 503) | {204: {"description": "Signed out"}},
    )
    async def delete_session(request: Request) -> Response:
        await authenticator(request).sign_out(request)
        response = Response(status_code=204)
        drop_session_cookie(request, response)
        return response

    return router
