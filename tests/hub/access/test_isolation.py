"""One room per company: whatever is asked with A's token, nothing of B is in the answer. Over the whole catalogue."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from hub.access.catalogue import Question
from hub.access.viewer import console
from hub.errors import NotFound
from hub.office import build_catalogue
from hub.trace.handover_store import digest_of
from tests.support.bound import some_progress
from tests.support.hubs import DAY_US, RunningHub, a_day, a_part, batch, running_hub
from tests.support.lots import some_lots
from tests.support.masters import operators_file, some_masters
from tests.support.quality import some_quality

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTIONS = build_catalogue().questions
MACHINES = {"aoba": "main/laser-1", "midori": "north/press-9"}
WORDS = {"aoba": ("laser-1", "aoba", "pi-1", "main"), "midori": ("press-9", "midori", "pi-9", "north")}
TOKENS: dict[str, str] = {}
"""Of each company's hand-over, by its machine."""
AGENTS = {"aoba": ("pi-1", "main"), "midori": ("pi-9", "north")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    """Both companies with data of every kind that has a question, quarantine and audit among it."""
    path: Path = tmp_path_factory.mktemp("isolation")
    async with running_hub(path / "data") as hub:
        for company, machine in MACHINES.items():
            agent, site = AGENTS[company]
            credential = await hub.credential(company, agent, site)
            now = hub.clock.now()
            records = [*a_day(machine, now), *a_part(machine, now)]
            body = batch(records, agent=agent, machine=machine, upto=9)
            unknown = b',{"kind":"secret of %b","seq":9}]}' % machine.encode()
            answer = await hub.deliver(credential, body.removesuffix(b"]}") + unknown)
            assert answer.json()["acked"] == 9, answer.text
            assert [bad["seq"] for bad in answer.json()["rejected"]] == [9]
            await hub.admin(company)
            token = await hub.token(company, "admin", name=f"token of {company}")
            await hub.folded(company, token, machine)
            site, name = machine.split("/")
            await hub.do(
                company, "parts.decide", site=site, machine=name, program=f"program of {machine}", version=1,
                kind="confirm",
            )  # fmt: skip
            await some_progress(hub, company, machine)
            await some_masters(hub, company, machine)
            await set_calendar(hub, company, site)
            TOKENS[machine] = await some_lots(hub, company, machine, credential, after=9)
            await some_quality(hub, company, machine)
            await leave_out(hub, company, machine)
            word = f"reason of {machine}"
            await hub.do(company, "stops.set_reasons", reasons=[{"code": word, "ja": word, "en": word}])
            await hub.do(company, "worklist.set_reject_reasons", reasons=[{"code": word, "ja": word, "en": word}])
        yield hub


async def leave_out(hub: RunningHub, company: str, machine: str) -> None:
    """One measured point is no part of its chart's baseline."""
    asked = {"characteristic": f"diameter-{machine.split('/')[1]}", "limit": 1}
    (row,) = (await hub.office.gate.ask(console(company), "quality.measurements", asked)).rows
    await hub.do(company, "quality.exclude", id=row.id, reason=f"chip at {machine}")


async def set_calendar(hub: RunningHub, company: str, site: str) -> None:
    """Planned around the clock, with one day that differs."""
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    always = {"name": f"shift of {company}", "weekdays": week, "start": "00:00", "end": "00:00"}
    await hub.do(company, "calendars.set_plan", scope=site, shifts=[always], holidays=False)
    await hub.do(company, "calendars.set_day", scope=site, day="2026-08-13", kind="closed", name=f"rest of {company}")


def params_for(question: Question[Any, Any], hub: RunningHub, machine: str) -> dict[str, Any]:
    """Params that find as much as there is."""
    site, name = machine.split("/")
    wide = {
        "site": site, "machine": name, "from_us": hub.clock() - DAY_US, "to_us": hub.clock() + DAY_US,
        "signal": "load", "limit": 5000, "program": f"program of {machine}", "version": 1,
        "characteristic": f"diameter-{name}",
        "month": "2026-08", "scope": machine, "order": f"order of {machine}", "orders": (f"order of {machine}",),
        "lot": f"lot of {machine}", "lots": (f"lot of {machine}",), "id": 1,
        "token": TOKENS[machine], "handover": digest_of(TOKENS[machine]), "direction": "back",
        "item": f"progress of {machine}", "kind": "operators", "data": operators_file(machine),
    }  # fmt: skip
    if question.name == "orders.nest":
        wide["program"] = f"nest of {machine}"
    return {field: wide[field] for field in question.params.__struct_fields__ if field in wide}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(("own", "other"), [("aoba", "midori"), ("midori", "aoba")])
async def test_no_answer_holds_anything_of_another_company(two: RunningHub, name: str, own: str, other: str) -> None:
    question = QUESTIONS[name]
    answer = await two.office.gate.ask(console(own), name, params_for(question, two, MACHINES[own]))
    said = msgspec.json.encode(answer.rows).decode()
    if name != "companies.audit":
        assert answer.rows, "the test has no data for this question: add some"
        assert any(word in said for word in (*WORDS[own], "program of", "load")) or "start" in said or "mean" in said
    assert not re.search(rf"\b({'|'.join(WORDS[other])})\b", said)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_another_company_is_not_found_whatever_is_asked(two: RunningHub, name: str) -> None:
    params = params_for(QUESTIONS[name], two, MACHINES["midori"])
    with pytest.raises(NotFound) as refused:
        await two.office.gate.ask(console("aoba"), name, params, company="midori")
    with pytest.raises(NotFound) as absent:
        await two.office.gate.ask(console("aoba"), name, params, company="no-such")
    assert str(refused.value).replace("midori", "no-such") == str(absent.value)


@pytest.mark.parametrize("name", [name for name in QUESTIONS if "machine" in QUESTIONS[name].params.__struct_fields__])
async def test_a_machine_of_another_company_is_not_found(two: RunningHub, name: str) -> None:
    theirs = params_for(QUESTIONS[name], two, MACHINES["midori"])
    with pytest.raises(NotFound) as refused:
        await two.office.gate.ask(console("aoba"), name, theirs)
    with pytest.raises(NotFound) as absent:
        await two.office.gate.ask(console("aoba"), name, theirs | {"machine": "press-8"})
    assert str(refused.value).replace("press-9", "press-8") == str(absent.value)


async def test_over_http_too(two: RunningHub) -> None:
    token = await two.token("aoba", "admin")
    for path in ("states", "runs", "conditions", "signals", "series/load"):
        theirs = await two.get(f"/machines/north/press-9/{path}", token)
        assert theirs.status_code == 404, path
        own = await two.get(f"/machines/main/laser-1/{path}", token)
        assert own.status_code == 200, own.text
        assert (await two.get(f"/machines/main/laser-1/{path}", token, company="midori")).status_code == 404
    assert (await two.get("/machines", token, company="aoba")).json()["machines"]


async def test_the_owner_reads_that_somebody_tried(two: RunningHub) -> None:
    with pytest.raises(NotFound):
        await two.office.gate.ask(console("aoba"), "machines.now", {}, company="midori")
    rows = (await two.office.gate.ask(console("midori"), "companies.audit", {})).rows
    tried = [row for row in rows if row.viewer_company == "aoba" and row.name == "machines.now"]
    assert tried
    assert tried[0].outcome == "refused: NotFound"
