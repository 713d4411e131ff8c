"""The agents page: who delivers, how much waits, what is missing and what could not be understood (DESIGN §8).

An admin adds an agent here and gets the command to enrol it; the code is shown once. `/live/agents` keeps the cards
as they are. Times in rows are aware UTC; durations seconds.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.times import from_us
from hub.access.gate import Gate
from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.errors import Conflict, Invalid, NotAllowed
from hub.web.agentview import AgentCard, build_card, quarantine_line
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.stream import beat, beats, fragments, partial

QUARANTINE_SHOWN: Final = 50
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Text = Annotated[str, Form(max_length=100)]


async def read_cards(gate: Gate, viewer: Viewer, reading: Reading, now_us: int) -> list[AgentCard]:
    """Every agent of the company that is not revoked, those that ask for a look first."""
    answer = await gate.ask(viewer, "companies.agents", {})
    names = {(row.site, row.machine): row.name for row in (await gate.ask(viewer, "machines.now", {})).rows}
    shown = (row for row in answer.rows if row.state != "revoked")
    cards = [build_card(row, names, reading, from_us(now_us)) for row in shown]
    return sorted(cards, key=lambda card: (card.rank, card.site, card.agent))


async def read_quarantine(gate: Gate, viewer: Viewer, reading: Reading) -> list[Any]:
    """The newest records in quarantine."""
    answer = await gate.ask(viewer, "companies.quarantine", {"limit": QUARANTINE_SHOWN})
    return [quarantine_line(row, reading) for row in answer.rows]


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The agents page's routes. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, *, status: int = 200, **said: Any) -> HTMLResponse:
        reading, company = reading_of(request), await gate.view(viewer)
        who = Who(viewer.name, company.slug, company.name)
        values = {
            "cards": await read_cards(gate, viewer, reading, clock_us()),
            "quarantine": await read_quarantine(gate, viewer, reading),
            "quarantine_shown": QUARANTINE_SHOWN,
            "sites": company.sites,
            "may_add": viewer.has("admin"),
            "added": None,
            "fault": None,
            "typed": {"agent": "", "site": company.sites[0].site if company.sites else "main"},
        }
        return pages.page(request, "agents.html", who, status=status, **(values | said))

    @router.get("/agents")
    async def agents(request: Request, viewer: SignedIn) -> HTMLResponse:
        return await draw(request, viewer)

    @router.post("/agents")
    async def add(request: Request, viewer: SignedIn, agent: Text = "", site: Text = "") -> HTMLResponse:
        asked = {"agent": agent.strip(), "site": site.strip()}
        try:
            added = await gate.do(viewer, "companies.add_agent", asked)
        except Invalid:
            return await draw(request, viewer, status=422, fault="agents.add.invalid", typed=asked)
        except Conflict:
            return await draw(request, viewer, status=409, fault="agents.add.conflict", typed=asked)
        except NotAllowed:
            return await draw(request, viewer, status=403, fault="agents.add.admin_only", typed=asked)
        return await draw(request, viewer, added=added)

    @router.post("/agents/{agent}/code")
    async def renew(request: Request, viewer: SignedIn, agent: str) -> HTMLResponse:
        return await draw(request, viewer, added=await gate.do(viewer, "companies.renew_code", {"agent": agent}))

    @router.get("/live/agents", response_class=EventSourceResponse)
    async def live_agents(request: Request, viewer: SignedIn) -> AsyncIterator[ServerSentEvent]:
        reading, sent = reading_of(request), ""
        async for _ in beats(request, live, viewer):
            cards = await read_cards(gate, viewer, reading, clock_us())
            html = pages.part(reading, "agents_cards.html", cards=cards, may_add=viewer.has("admin"))
            for event in fragments(partial("cards", "innerMorph", html) if html != sent else ""):
                yield event
            sent = html
            yield beat(clock_us())

    return router
