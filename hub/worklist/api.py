"""The route a terminal works from: GET /worklist, answered to its agent's credential and for that site alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response

from contract.enrolment import ROTATE, ROTATE_HEADER
from contract.worklist import Worklist, encode_worklist
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.web.answers import JSON, says
from hub.web.auth import KnownAgent, current_agent
from hub.worklist.model import etag_of
from hub.worklist.questions import OfSite, as_worklist

Asking = Annotated[KnownAgent, Depends(current_agent)]
IfNoneMatch = Annotated[str | None, Header(description="the ETag of the copy one has", max_length=200)]


def build_router(gate: Gate) -> APIRouter:
    """GET /worklist."""
    router = APIRouter(tags=["agents deliver"])
    question = gate.catalogue.question("worklist.site")

    @router.get(
        "/worklist",
        summary=question.summary,
        responses=says(Worklist, "The site's list of work") | {304: {"description": "It is as the copy one has"}},
    )
    async def get_worklist(agent: Asking, if_none_match: IfNoneMatch = None) -> Response:
        who = agent.identity
        answer = await gate.ask(_on_behalf_of(who.company, who.agent), question.name, OfSite(site=who.site))
        worklist = as_worklist(answer.rows[0])
        headers = {"ETag": etag_of(worklist), "Cache-Control": "private, no-cache"}
        if agent.must_rotate:
            headers[ROTATE_HEADER] = ROTATE
        if if_none_match is not None and headers["ETag"] in (tag.strip() for tag in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(encode_worklist(worklist), media_type=JSON, headers=headers)

    return router


def _on_behalf_of(company: str, agent: str) -> Viewer:
    """An agent asks for its own shop's terminals: they must know the shop's people, so it sees what a manager sees."""
    return Viewer(company, "agent", agent, frozenset({"manager"}))
