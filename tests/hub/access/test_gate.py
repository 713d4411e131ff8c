"""The gate: who may do what, what is taken out, and what the audit says about it."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import pytest

from hub.access.audit import Audit, params_digest
from hub.access.catalogue import Catalogue, Discloses, Found, Question
from hub.access.gate import Gate
from hub.access.params import MachineRange, Nothing
from hub.access.viewer import Viewer, console
from hub.companies.commands import ChangePassword
from hub.errors import Invalid, NotAllowed, NotFound
from tests.support.hubs import DAY_US, TestOffice


class Costly(msgspec.Struct, frozen=True, kw_only=True):
    machine: Annotated[str, Discloses("identity")]
    rate: Annotated[int | None, Discloses("cost")]
    operator: Annotated[str | None, Discloses("people")]
    forgotten: str | None = "no class"


COSTLY = Question(
    name="test.costly",
    summary="Rows with fields of several classes",
    params=Nothing,
    row=Costly,
    run=lambda _room, _params: Found([Costly(machine="laser-1", rate=80, operator="Mari")]),
)


def person(*roles: str) -> Viewer:
    return Viewer("aoba", "user", "jun@aoba.example", frozenset(roles))


@pytest.fixture
def gate(office: TestOffice) -> Gate:
    made = office.office
    return Gate(
        Catalogue(questions=[COSTLY]), made.directory, made.stores, Audit(made.directory, office.clock), office.clock
    )


@pytest.mark.parametrize(
    ("role", "rate", "operator"),
    [("operator", None, None), ("sales", None, None), ("estimator", 80, None), ("manager", 80, "Mari")],
)
async def test_fields_go_by_role_and_the_reason_is_said(gate: Gate, role: str, rate, operator) -> None:
    answer = await gate.ask(person(role), "test.costly", {})
    assert answer.rows == [Costly(machine="laser-1", rate=rate, operator=operator, forgotten=None)]
    reasons = {each.field: each.reason for each in answer.withheld}
    assert ("rate" in reasons) == (rate is None)
    assert all(reason for reason in reasons.values())


async def test_a_field_without_a_class_is_withheld_from_everybody(gate: Gate) -> None:
    answer = await gate.ask(person("admin"), "test.costly", {})
    assert [each.field for each in answer.withheld] == ["forgotten"]


async def test_wrong_params_name_their_field(office: TestOffice) -> None:
    gate = office.office.gate
    with pytest.raises(Invalid) as refused:
        await gate.ask(person("manager"), "companies.quarantine", {"limit": 0})
    assert refused.value.field == "limit"
    with pytest.raises(Invalid):
        await gate.ask(person("manager"), "timeline.states", {})


@pytest.mark.parametrize("role", ["operator", "manager", "estimator", "sales"])
async def test_commands_of_admins_are_for_admins(office: TestOffice, role: str) -> None:
    gate = office.office.gate
    with pytest.raises(NotAllowed):
        await gate.do(person(role), "companies.add_token", {"roles": ["admin"]})
    assert (await gate.ask(console("aoba"), "companies.tokens", {})).rows == []
    audit = (await gate.ask(console("aoba"), "companies.audit", {})).rows
    assert ("jun@aoba.example", "companies.add_token", "refused: NotAllowed") in [
        (row.viewer, row.name, row.outcome) for row in audit
    ]


async def test_a_command_and_its_audit_row_come_together_or_not_at_all(office: TestOffice) -> None:
    gate = office.office.gate
    await gate.do(console("aoba"), "companies.add_site", {"site": "east"})
    with pytest.raises(Invalid):
        await gate.do(console("aoba"), "companies.add_agent", {"agent": "Pi 1", "site": "new-site"})
    rows = (await gate.ask(console("aoba"), "companies.audit", {})).rows
    assert [(row.verb, row.name, row.outcome) for row in rows] == [("do", "companies.add_site", "done")]
    sites = (await gate.ask(console("aoba"), "companies.sites", {})).rows
    assert [row.site for row in sites] == ["east"]


async def test_no_secret_is_in_the_audit(office: TestOffice) -> None:
    gate = office.office.gate
    made = await gate.do(console("aoba"), "companies.add_user", {"email": "a@aoba.example", "roles": ["sales"]})
    raw = (office.office.directory.path.read_bytes(), office.office.directory.path.with_suffix(".db-wal").read_bytes())
    assert not any(made.password.encode() in part for part in raw)


async def test_questions_are_counted_by_the_minute(office: TestOffice) -> None:
    gate, clock = office.office.gate, office.clock
    for _ in range(5):
        await gate.ask(person("manager"), "companies.sites", {})
    clock.ahead_us += 61_000_000
    await gate.ask(person("manager"), "companies.sites", {})
    office.office.audit.flush()
    rows = (await gate.ask(console("aoba"), "companies.audit", {})).rows
    assert sum(row.times for row in rows if row.name == "companies.sites") == 6
    assert len([row for row in rows if row.name == "companies.sites"]) in (2, 3)


async def test_counts_of_own_questions_are_kept_for_a_season_and_all_else_for_ever(office: TestOffice) -> None:
    gate, clock = office.office.gate, office.clock
    await gate.do(console("aoba"), "companies.add_site", {"site": "east"})
    await gate.ask(person("manager"), "companies.sites", {})
    office.office.audit.flush()
    clock.ahead_us += 92 * DAY_US
    await gate.ask(person("manager"), "companies.agents", {})
    office.office.audit.flush()
    rows = (await gate.ask(console("aoba"), "companies.audit", {})).rows
    assert [row.name for row in rows] == ["companies.agents", "companies.add_site"]


def test_a_digest_tells_questions_apart_but_not_their_times() -> None:
    asked = MachineRange(site="main", machine="laser-1", from_us=1, to_us=2)
    later = msgspec.structs.replace(asked, from_us=3, to_us=4, cursor="x")
    other = msgspec.structs.replace(asked, machine="laser-2")
    assert params_digest(asked) == params_digest(later) != params_digest(other)


def test_a_password_leaves_no_trace_in_a_digest() -> None:
    first = ChangePassword(current="a", password="b")
    assert params_digest(first) == params_digest(ChangePassword(current="c", password="d"))


async def test_the_audit_is_paged_newest_first(office: TestOffice) -> None:
    gate = office.office.gate
    for site in ("a", "b", "c"):
        await gate.do(console("aoba"), "companies.add_site", {"site": site})
    first = await gate.ask(console("aoba"), "companies.audit", {"limit": 2})
    second = await gate.ask(console("aoba"), "companies.audit", {"limit": 2, "cursor": first.next_cursor})
    assert (len(first.rows), len(second.rows), second.next_cursor) == (2, 1, None)
    assert first.rows[0].at >= first.rows[1].at >= second.rows[0].at
    assert first.rows[0].at <= datetime.now(UTC)


async def test_a_viewer_of_a_company_that_is_gone_is_told_nothing(office: TestOffice) -> None:
    stranger = Viewer("no-such", "token", "old", frozenset({"admin"}))
    with pytest.raises(NotFound):
        await office.office.gate.ask(stranger, "machines.now", {})
    with pytest.raises(NotFound):
        await office.office.gate.do(stranger, "companies.add_site", {"site": "x"})
