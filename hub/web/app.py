"""The application: routes of the API and of the pages, joined. Built by `hub.bootstrap`, never at import."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from hub.errors import HubError
from hub.web.answers import json_response
from hub.web.assets import Assets
from hub.web.auth import Authenticator
from hub.web.errors import ErrorAnswers, RenderError
from hub.web.metrics import Metrics
from hub.web.openapi import install_openapi
from hub.web.shield import Shield

API: Final = "/api/v1"
STATIC: Final = Path(__file__).parent / "static"
Check = Callable[[], Awaitable[None]]
"""Raises a HubError where the part is not ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the application is made of. `checks` name what must work for /readyz."""

    authenticator: Authenticator
    metrics: Metrics
    api: tuple[APIRouter, ...]
    pages: tuple[APIRouter, ...]
    checks: Mapping[str, Check]
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]
    version: str
    render_error: RenderError | None = None


def build_app(parts: Parts) -> FastAPI:
    """The ASGI application."""
    app = FastAPI(
        title="Tsunagu hub", version=parts.version, docs_url=None, redoc_url=None, openapi_url=f"{API}/openapi.json",
        lifespan=parts.lifespan, redirect_slashes=False,
    )  # fmt: skip
    app.state.authenticator = parts.authenticator
    api = APIRouter(prefix=API)
    for router in parts.api:
        api.include_router(router)
    app.include_router(api)
    app.include_router(_health_router(parts))
    for router in parts.pages:
        app.include_router(router, include_in_schema=False)
    if STATIC.is_dir():
        app.mount("/static", Assets(directory=STATIC), name="static")
    ErrorAnswers(parts.render_error).install(app)
    install_openapi(app, api, parts.api)
    app.add_middleware(Shield)
    return app


def _health_router(parts: Parts) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def get_healthz() -> Response:
        return json_response({"alive": True})

    @router.get("/readyz")
    async def get_readyz() -> Response:
        faults = await _faults(parts.checks.items())
        return json_response({"ready": not faults, "faults": faults}, 503 if faults else 200)

    @router.get("/metrics")
    def get_metrics() -> Response:
        content, media_type = parts.metrics.page()
        return Response(content, media_type=media_type)

    return router


async def _faults(checks: Iterable[tuple[str, Check]]) -> dict[str, str]:
    faults: dict[str, str] = {}
    for name, check in checks:
        try:
            await check()
        except HubError as error:
            faults[name] = error.message
    return faults
