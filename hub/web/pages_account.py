"""Signing in and out, and one's own settings: language, appearance, password. Cookies hold the first two for a year."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid, NotAllowed, NotAuthenticated, Throttled
from hub.web.auth import authenticator, check_origin, drop_session_cookie, set_session_cookie
from hub.web.i18n import LANGS, is_lang
from hub.web.layout import LANG_COOKIE, THEME_COOKIE, THEMES, YEAR_S, Pages, Who

SEE_OTHER: Final = 303
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Text = Annotated[str, Form(max_length=512)]


def own_path(target: str) -> str:
    """A path of this hub to go to next; the board where `target` is anything else.

    A browser reads a backslash as a slash, so a path with one is not ours.

    >>> own_path("/agents?x=1"), own_path("//evil.example/"), own_path("https://evil.example"), own_path("")
    ('/agents?x=1', '/', '/', '/')
    >>> own_path("/" + chr(92) + "evil.example")
    '/'
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    return target


def remember(request: Request, response: Response, name: str, value: str) -> None:
    """Keeps a choice in the browser for a year."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=YEAR_S, path="/", samesite="lax", secure=secure, httponly=True)


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """The routes of signing in and of one's settings. `viewer_of` says who is signed in."""
    router = APIRouter(include_in_schema=False)
    _add_sign_in(router, pages)
    _add_settings(router, gate, pages, viewer_of)
    return router


def _add_sign_in(router: APIRouter, pages: Pages) -> None:
    def form(request: Request, following: str, *, status: int = 200, email: str = "", **fault: object) -> HTMLResponse:
        values = {"next": own_path(following), "email": email, "fault": None, "wait_s": 0} | fault
        return pages.page(request, "login.html", None, status=status, **values)

    @router.get("/login")
    async def login(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002 - the name in the address
        return form(request, next)

    @router.post("/login")
    async def sign_in(
        request: Request, email: Text = "", password: Text = "", following: Annotated[str, Form(alias="next")] = "/"
    ) -> Response:
        try:
            session = await authenticator(request).sign_in(request, email, password)
        except NotAuthenticated:
            return form(request, following, status=401, email=email, fault="login.wrong")
        except Throttled as error:
            return form(
                request, following, status=429, email=email, fault="login.wait", wait_s=round(error.retry_after_s + 0.5)
            )
        response = RedirectResponse(own_path(following), status_code=SEE_OTHER)
        set_session_cookie(request, response, session)
        return response

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        await authenticator(request).sign_out(request)
        response = RedirectResponse("/login", status_code=SEE_OTHER)
        drop_session_cookie(request, response)
        return response

    @router.post("/language")
    async def language(request: Request, lang: Text, following: Annotated[str, Form(alias="next")] = "/") -> Response:
        check_origin(request)
        response = RedirectResponse(own_path(following), status_code=SEE_OTHER)
        if is_lang(lang):
            remember(request, response, LANG_COOKIE, lang)
        return response


def _add_settings(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def settings(request: Request, viewer: Viewer, *, status: int = 200, **said: str | None) -> HTMLResponse:
        company = await gate.view(viewer)
        who = Who(viewer.name, company.slug, company.name)
        values = {"langs": LANGS, "themes": THEMES, "roles": sorted(viewer.roles), "said": None, "fault": None} | said
        return pages.page(request, "account.html", who, status=status, **values)

    @router.get("/account")
    async def account(request: Request, viewer: SignedIn, saved: int = 0) -> HTMLResponse:
        return await settings(request, viewer, said="account.saved" if saved else None)

    @router.post("/account")
    async def save(request: Request, _: SignedIn, lang: Text = "", theme: Text = "") -> Response:
        response = RedirectResponse("/account?saved=1", status_code=SEE_OTHER)
        if is_lang(lang):
            remember(request, response, LANG_COOKIE, lang)
        if theme in THEMES:
            remember(request, response, THEME_COOKIE, theme)
        return response

    @router.post("/account/password")
    async def change_password(request: Request, viewer: SignedIn, current: Text, password: Text) -> Response:
        try:
            await gate.do(viewer, "companies.change_password", {"current": current, "password": password})
        except NotAllowed:
            return await settings(request, viewer, status=403, fault="account.password.wrong")
        except Invalid:
            return await settings(request, viewer, status=422, fault="account.password.weak")
        response = RedirectResponse("/login", status_code=SEE_OTHER)
        drop_session_cookie(request, response)
        return response
