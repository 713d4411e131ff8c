"""The route a terminal works from: GET /worklist, answered to its agent's credential and for that site alone.

Beside it the reasons for rejecting a piece, which people of the company read and set.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from contract.enrolment import ROTATE, ROTATE_HEADER
from contract.worklist import Worklist, encode_worklist
from hub.access.gate import Gate
from hub.access.params import Nothing
from hub.access.viewer import Viewer
from hub.companies.commands import Done
from hub.web.answers import JSON, answer_response, json_response, says, says_rows, takes
from hub.web.auth import KnownAgent, current_agent, current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company
from hub.worklist.commands import SetRejectReasons
from hub.worklist.model import etag_of
from hub.worklist.questions import OfSite, RejectRow, as_worklist

Asking = Annotated[KnownAgent, Depends(current_agent)]
SignedIn = Annotated[Viewer, Depends(current_viewer)]
IfNoneMatch = Annotated[str | None, Header(description="the ETag of the copy one has", max_length=200)]


def build_router(gate: Gate) -> APIRouter:
    """GET /worklist; GET and PUT /reject-reasons."""
    router = APIRouter()
    _add_reject_reasons(router, gate)
    question = gate.catalogue.question("worklist.site")

    @router.get(
        "/worklist",
        tags=["agents deliver"],
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


def _add_reject_reasons(router: APIRouter, gate: Gate) -> None:
    question, command = gate.catalogue.question("worklist.reject_reasons"), "worklist.set_reject_reasons"

    @router.get(
        "/reject-reasons",
        tags=["quality"],
        summary=question.summary,
        responses=says_rows(RejectRow, "reasons", "In the company's order", paged=False),
    )
    async def get_reject_reasons(viewer: SignedIn, company: Company = None) -> Response:
        answer = await gate.ask(viewer, question.name, Nothing(), company)
        return answer_response(answer, "reasons", paged=False)

    @router.put(
        "/reject-reasons",
        tags=["quality"],
        summary=gate.catalogue.command(command).summary,
        responses=says(Done, "Done", refuses=(400, 403, 413, 422)),
        openapi_extra=takes(SetRejectReasons),
    )
    async def put_reject_reasons(request: Request, viewer: SignedIn) -> Response:
        return json_response(await gate.do(viewer, command, await read_struct(request, SetRejectReasons)))


def _on_behalf_of(company: str, agent: str) -> Viewer:
    """An agent asks for its own shop's terminals: they must know the shop's people, so it sees what a manager sees."""
    return Viewer(company, "agent", agent, frozenset({"manager"}))
