"""Questions about a company itself and about its agents. Times in rows are aware UTC; durations seconds."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing, Page, decode_cursor, encode_cursor
from hub.directory.company import Agent
from hub.directory.roles import ADMIN
from hub.errors import Invalid
from hub.ledger import quarantine
from hub.ledger.delivery import AgentDelivery, read_agents

Time = Annotated[datetime, msgspec.Meta(tz=True)]
AgentState = Literal["invited", "enrolled", "revoked"]


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers never claimed, from `first` to `last`: the agent still has them to say something about."""

    first: int
    last: int


class AgentMachine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as its agent last saw it; `known_until` is its last proof of life."""

    machine: str
    connected: bool
    known_until: Time | None
    bad_signals: tuple[str, ...]
    reason: str | None


class AgentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One agent: who it is, what it has delivered, how it is. None where it has not yet said anything."""

    agent: Annotated[str, Discloses("identity")]
    site: Annotated[str, Discloses("identity")]
    state: Annotated[AgentState, Discloses("identity")]
    epoch: Annotated[str | None, Discloses("telemetry")] = None
    acked: Annotated[int | None, Discloses("telemetry")] = None
    holes: Annotated[list[Hole], Discloses("telemetry")] = []
    lost: Annotated[int, Discloses("telemetry")] = 0
    quarantined: Annotated[int, Discloses("telemetry")] = 0
    records: Annotated[int, Discloses("telemetry")] = 0
    repeated: Annotated[int, Discloses("telemetry")] = 0
    last_seen: Annotated[Time | None, Discloses("telemetry")] = None
    backlog: Annotated[int | None, Discloses("telemetry")] = None
    backlog_s: Annotated[float | None, Discloses("telemetry")] = None
    survives_days: Annotated[float | None, Discloses("telemetry")] = None
    clock_offset_s: Annotated[float | None, Discloses("telemetry")] = None
    machines: Annotated[list[AgentMachine], Discloses("telemetry")] = []
    created_at: Annotated[Time | None, Discloses("identity")] = None
    enrolled_at: Annotated[Time | None, Discloses("identity")] = None
    revoked_at: Annotated[Time | None, Discloses("identity")] = None
    code_expires_at: Annotated[Time | None, Discloses("identity")] = None
    """Until when its open enrolment code is good; None where it has none."""


class SiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the company."""

    site: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    agents: Annotated[int, Discloses("identity")]
    created_at: Annotated[Time, Discloses("identity")]


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person who signs in."""

    email: Annotated[str | None, Discloses("people")]
    roles: Annotated[list[str] | None, Discloses("people")]
    created_at: Annotated[Time | None, Discloses("people")]


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One API token, without its secret."""

    id: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    roles: Annotated[list[str], Discloses("identity")]
    created_at: Annotated[Time, Discloses("identity")]
    expires_at: Annotated[Time | None, Discloses("identity")]
    revoked_at: Annotated[Time | None, Discloses("identity")]


class AuditEntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked or did what: questions counted by the minute, commands and refusals singly."""

    at: Annotated[Time, Discloses("identity")]
    viewer_company: Annotated[str, Discloses("identity")]
    viewer_kind: Annotated[str, Discloses("identity")]
    viewer: Annotated[str | None, Discloses("people")]
    verb: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    params: Annotated[str, Discloses("identity")]
    """A digest: it tells two askings apart and betrays nothing."""
    outcome: Annotated[str, Discloses("identity")]
    times: Annotated[int, Discloses("identity")]
    rows: Annotated[int, Discloses("identity")]
    withheld: Annotated[str, Discloses("identity")]


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record that could not be taken: why, and what came."""

    agent: Annotated[str, Discloses("identity")]
    epoch: Annotated[str, Discloses("telemetry")]
    seq: Annotated[int | None, Discloses("telemetry")]
    reason: Annotated[str | None, Discloses("know_how")]
    received_at: Annotated[Time, Discloses("telemetry")]
    record: Annotated[str | None, Discloses("know_how")]
    """As it came, as text."""


class QuarantinePage(Page, frozen=True, kw_only=True):
    """Records in quarantine, newest first; of one agent, or of all (None)."""

    agent: str | None = None


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _agents(room: Room, _params: Nothing) -> Found[AgentRow]:
    delivered = {each.agent: each for each in read_agents(room.reader)}
    return Found([_agent_row(agent, delivered.get(agent.agent)) for agent in room.registry.agents])


def _agent_row(agent: Agent, delivery: AgentDelivery | None) -> AgentRow:
    row = AgentRow(
        agent=agent.agent,
        site=agent.site,
        state="revoked" if agent.revoked_us else "enrolled" if agent.enrolled_us else "invited",
        created_at=_moment(agent.created_us),
        enrolled_at=_moment(agent.enrolled_us),
        revoked_at=_moment(agent.revoked_us),
        code_expires_at=_moment(agent.code_expires_us),
    )
    if delivery is None:
        return row
    status = delivery.status
    return msgspec.structs.replace(
        row,
        epoch=delivery.epoch,
        acked=delivery.acked,
        holes=[Hole(first=after + 1, last=upto) for after, upto in delivery.holes],
        lost=delivery.lost,
        quarantined=delivery.quarantined,
        records=delivery.records,
        repeated=delivery.repeated,
        last_seen=from_us(delivery.received_us),
        backlog=status.backlog_records,
        backlog_s=status.backlog_s,
        survives_days=status.survives_days,
        clock_offset_s=status.clock_offset_s,
        machines=[
            AgentMachine(
                machine=each.machine,
                connected=each.connected,
                known_until=each.known_until,
                bad_signals=each.bad_signals,
                reason=each.reason,
            )
            for each in status.machines
        ],
    )


def _sites(room: Room, _params: Nothing) -> Found[SiteRow]:
    agents = [agent.site for agent in room.registry.agents if agent.revoked_us is None]
    return Found(
        [
            SiteRow(site=each.site, name=each.name, agents=agents.count(each.site), created_at=from_us(each.created_us))
            for each in room.registry.sites
        ]
    )


def _users(room: Room, _params: Nothing) -> Found[UserRow]:
    return Found(
        [
            UserRow(email=each.email, roles=sorted(each.roles), created_at=from_us(each.created_us))
            for each in room.registry.users
        ]
    )


def _tokens(room: Room, _params: Nothing) -> Found[TokenRow]:
    return Found(
        [
            TokenRow(
                id=each.id,
                name=each.name,
                roles=sorted(each.roles),
                created_at=from_us(each.created_us),
                expires_at=_moment(each.expires_us),
                revoked_at=_moment(each.revoked_us),
            )
            for each in room.registry.tokens
        ]
    )


def _audit(room: Room, params: Page) -> Found[AuditEntryRow]:
    entries = room.registry.audit(_before(params.cursor), params.limit + 1)
    rows = [
        AuditEntryRow(
            at=from_us(each.at_us),
            viewer_company=each.viewer_company,
            viewer_kind=each.viewer_kind,
            viewer=each.viewer,
            verb=each.verb,
            name=each.name,
            params=each.params,
            outcome=each.outcome,
            times=each.times,
            rows=each.row_count,
            withheld=each.withheld,
        )
        for each in entries[: params.limit]
    ]
    more = len(entries) > params.limit
    return Found(rows, encode_cursor(entries[params.limit - 1].number) if more else None)


def _quarantine(room: Room, params: QuarantinePage) -> Found[QuarantineRow]:
    held = quarantine.read(room.reader, params.agent, _before(params.cursor), params.limit + 1)
    rows = [
        QuarantineRow(
            agent=each.agent,
            epoch=each.epoch,
            seq=each.seq,
            reason=each.reason,
            received_at=each.received_at,
            record=each.raw.decode("utf-8", "replace"),
        )
        for _, each in held[: params.limit]
    ]
    more = len(held) > params.limit
    return Found(rows, encode_cursor(held[params.limit - 1][0]) if more else None)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [int(number)]:
            return number
        case _:
            raise Invalid("this cursor belongs to another question", "cursor")


QUESTIONS: Final = (
    Question(name="companies.agents", summary="Agents and what they have delivered", params=Nothing, row=AgentRow,
             run=_agents),
    Question(name="companies.sites", summary="Places of the company", params=Nothing, row=SiteRow, run=_sites),
    Question(name="companies.quarantine", summary="Records that could not be taken", params=QuarantinePage,
             row=QuarantineRow, run=_quarantine),
    Question(name="companies.users", summary="People who sign in", params=Nothing, row=UserRow, run=_users,
             roles=ADMIN),
    Question(name="companies.tokens", summary="API tokens, without their secrets", params=Nothing, row=TokenRow,
             run=_tokens, roles=ADMIN),
    Question(name="companies.audit", summary="Who asked and did what", params=Page, row=AuditEntryRow, run=_audit,
             roles=ADMIN),
)  # fmt: skip
