"""Routes about a company: what it has (questions), and what an admin changes (commands)."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.params import Nothing, Page
from hub.access.viewer import Viewer
from hub.companies import commands, questions
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct
from hub.web.ranges import Company, Cursor, Limit

Asking = Annotated[Viewer, Depends(current_viewer)]


def build_router(gate: Gate) -> APIRouter:
    """Routes for agents, sites, quarantine, users, tokens and audit."""
    router = APIRouter(tags=["company"])
    _add_questions(router, gate)
    _add_agent_routes(router, gate)
    _add_people_routes(router, gate)
    return router


def _add_questions(router: APIRouter, gate: Gate) -> None:
    _add_list(router, gate, "agents", "companies.agents", questions.AgentRow)
    _add_list(router, gate, "sites", "companies.sites", questions.SiteRow)
    _add_list(router, gate, "users", "companies.users", questions.UserRow)
    _add_list(router, gate, "tokens", "companies.tokens", questions.TokenRow)

    @router.get(
        "/quarantine",
        summary=gate.catalogue.question("companies.quarantine").summary,
        responses=says_rows(questions.QuarantineRow, "quarantine", "Newest first"),
    )
    async def get_quarantine(
        viewer: Asking,
        agent: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Cursor = None,
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        params = questions.QuarantinePage(agent=agent, cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "companies.quarantine", params, company), "quarantine")

    @router.get(
        "/audit",
        summary=gate.catalogue.question("companies.audit").summary,
        responses=says_rows(questions.AuditEntryRow, "audit", "Newest first", refuses=(403,)),
    )
    async def get_audit(
        viewer: Asking, cursor: Cursor = None, limit: Limit = 1000, company: Company = None
    ) -> Response:
        answer = await gate.ask(viewer, "companies.audit", Page(cursor=cursor, limit=limit), company)
        return answer_response(answer, "audit")


def _add_list(router: APIRouter, gate: Gate, key: str, name: str, row: type[msgspec.Struct]) -> None:
    question = gate.catalogue.question(name)

    @router.get(
        f"/{key}",
        name=f"get_{key}",
        summary=question.summary,
        responses=says_rows(row, key, question.summary, paged=False, refuses=(403,) if question.roles else ()),
    )
    async def get_list(viewer: Asking, company: Company = None) -> Response:
        return answer_response(await gate.ask(viewer, name, Nothing(), company), key, paged=False)


def _add_post(router: APIRouter, gate: Gate, path: str, name: str) -> None:
    """A route that takes a command's params as its JSON body."""
    command = gate.catalogue.command(name)

    @router.post(
        path,
        name=name,
        summary=command.summary,
        status_code=201,
        responses=says(command.result, command.summary, 201, refuses=(403, 404, 409, 413, 422)),
        openapi_extra=takes(command.params),
    )
    async def post_command(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, await read_struct(request, command.params)), 201)


def _add_agent_routes(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/sites", "companies.add_site")
    _add_post(router, gate, "/agents", "companies.add_agent")

    @router.post(
        "/agents/{agent}/code",
        summary=gate.catalogue.command("companies.renew_code").summary,
        status_code=201,
        responses=says(commands.Invited, "The code, shown once", 201, refuses=(403, 404)),
    )
    async def post_code(agent: str, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, "companies.renew_code", {"agent": agent}), 201)

    _add_delete(router, gate, "/agents/{key}", ("companies.revoke_agent", "agent"))


def _add_people_routes(router: APIRouter, gate: Gate) -> None:
    _add_post(router, gate, "/users", "companies.add_user")
    _add_delete(router, gate, "/users/{key}", ("companies.remove_user", "email"))
    _add_post(router, gate, "/users/password", "companies.set_password")
    _add_post(router, gate, "/me/password", "companies.change_password")
    _add_post(router, gate, "/tokens", "companies.add_token")
    _add_delete(router, gate, "/tokens/{key}", ("companies.revoke_token", "id"))


def _add_delete(router: APIRouter, gate: Gate, path: str, command: tuple[str, str]) -> None:
    name, field = command
    gone: dict[int | str, dict[str, Any]] = says(commands.Done, "Done", refuses=(403, 404))

    @router.delete(path, name=name, summary=gate.catalogue.command(name).summary, responses=gone)
    async def delete_one(key: str, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, name, {field: key}))
