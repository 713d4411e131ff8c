"""The pages about a machine's programs: its versions, and one version with its runs, signatures, reference, decisions.

A person confirms, corrects or rejects a version here; what they decide is posted as a plain form and the page shown
anew. Times in forms are microseconds since 1970.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid, NotFound
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.programview import run_lines, signature_lines, steps_text, version_line, version_path

SEE_OTHER: Final = 303
RUNS_SHOWN: Final = 100
SIGNATURES_SHOWN: Final = 30
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]


class DecisionForm(BaseModel):
    """What the page of a version posts: a decision about it."""

    program: str = Field(max_length=4096)
    version: int = Field(ge=1, le=2**53)
    kind: str = Field(max_length=20)
    signature: str = Field(default="", max_length=100_000)
    run_us: int | None = Field(default=None, ge=0, le=2**53)
    why: str = Field(default="", max_length=500)


async def _head(gate: Gate, viewer: Viewer, site: str, machine: str) -> dict[str, Any]:
    """What every page about a machine's programs begins with; NotFound where there is no such machine."""
    company = await gate.view(viewer)
    for row in (await gate.ask(viewer, "machines.now", {})).rows:
        if (row.site, row.machine) == (site, machine):
            return {
                "machine_name": row.name,
                "machine_path": f"/machines/{site}/{machine}",
                "site_name": next((each.name for each in company.sites if each.site == site), site),
            }
    raise NotFound(f"machine {site}/{machine}")


async def _version_values(
    gate: Gate, viewer: Viewer, reading: Reading, place: tuple[str, str, str, int]
) -> dict[str, Any]:
    """All that the page of one version shows."""
    site, machine, program, version = place
    asked = {"site": site, "machine": machine, "program": program}
    rows = (await gate.ask(viewer, "parts.programs", asked)).rows
    row = next((each for each in rows if each.version == version), None)
    if row is None:
        raise NotFound(f"version {version} of program {program[:80]}")
    of_version = asked | {"version": version}
    runs = (await gate.ask(viewer, "parts.runs", of_version | {"limit": RUNS_SHOWN})).rows
    seen = (await gate.ask(viewer, "parts.signatures", of_version | {"limit": SIGNATURES_SHOWN})).rows
    said = (await gate.ask(viewer, "parts.decisions", asked)).rows
    return {
        "row": row,
        "line": version_line(row, site, machine, reading),
        "rule": (row.rule or "signature").partition(":")[0],
        "gap": reading.clock.span(row.longest_gap_s),
        "runs": run_lines(runs, row.reference, reading),
        "runs_shown": RUNS_SHOWN,
        "signatures": signature_lines(seen, reading),
        "history": [
            (each, reading.clock.full(each.decided_at), steps_text(each.signature or (), reading)) for each in said
        ],
        "others": [version_line(each, site, machine, reading) for each in rows if each.version != version],
    }


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """The routes of the programs' pages. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, place: tuple[str, str, str, int], *, status: int = 200, **said: Any
    ) -> HTMLResponse:
        reading, company = reading_of(request), await gate.view(viewer)
        head = await _head(gate, viewer, *place[:2])
        values = head | await _version_values(gate, viewer, reading, place)
        values |= {"may_decide": viewer.has("manager", "admin"), "fault": None, "why": ""} | said
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "program.html", who, status=status, **values)

    @router.get("/machines/{site}/{machine}/programs")
    async def programs(request: Request, viewer: SignedIn, site: str, machine: str) -> HTMLResponse:
        reading, company = reading_of(request), await gate.view(viewer)
        head = await _head(gate, viewer, site, machine)
        rows = (await gate.ask(viewer, "parts.programs", {"site": site, "machine": machine})).rows
        lines = [version_line(row, site, machine, reading) for row in rows]
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "programs.html", who, **head, lines=lines)

    @router.get("/machines/{site}/{machine}/programs/{program:path}/{version}")
    async def program(
        request: Request, viewer: SignedIn, site: str, machine: str, program: str, version: int
    ) -> HTMLResponse:
        return await draw(request, viewer, (site, machine, program, version))

    @router.post("/machines/{site}/{machine}/programs")
    async def decide(
        request: Request, viewer: SignedIn, site: str, machine: str, form: Annotated[DecisionForm, Form()]
    ) -> Response:
        asked = {
            "site": site, "machine": machine, "program": form.program, "version": form.version, "kind": form.kind,
            "run_us": form.run_us, "signature": _steps(form.signature), "why": form.why.strip() or None,
        }  # fmt: skip
        try:
            await gate.do(viewer, "parts.decide", asked)
        except Invalid as error:
            place = (site, machine, form.program, form.version)
            return await draw(
                request, viewer, place, status=422, fault=error.text(reading_of(request).words.lang), why=form.why
            )
        following = await _version_after(gate, viewer, asked)
        return RedirectResponse(version_path(site, machine, form.program, following), status_code=SEE_OTHER)

    return router


async def _version_after(gate: Gate, viewer: Viewer, asked: dict[str, Any]) -> int:
    """Which version to show after a decision: a new one where one begins, the last there is where some were joined."""
    answer = await gate.ask(viewer, "parts.programs", {key: asked[key] for key in ("site", "machine", "program")})
    wanted: int = asked["version"] + (asked["kind"] == "begins")
    last: int = max([1, *(row.version for row in answer.rows)])
    return min(wanted, last)


def _steps(packed: str) -> tuple[str, ...] | None:
    if not packed:
        return None
    try:
        return msgspec.json.decode(packed, type=tuple[str, ...])
    except msgspec.DecodeError:
        raise Invalid("this signature is not one that the page gave", "signature") from None
