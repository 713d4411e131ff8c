"""Enrolment: a code turns into a credential once, for its own agent, in its time."""

from tests.support.hubs import DAY_US, RunningHub, a_day, batch


async def enrol(hub: RunningHub, code: str, agent: str = "pi-1", site: str = "main"):
    return await hub.http.post("/api/v1/enrol", json={"code": code, "agent": agent, "site": site})


async def invite(hub: RunningHub, agent: str = "pi-1", site: str = "main") -> str:
    return (await hub.do("aoba", "companies.add_agent", agent=agent, site=site)).code


async def test_a_code_becomes_a_credential_that_delivers(hub: RunningHub) -> None:
    answer = await enrol(hub, await invite(hub))
    made = answer.json()
    assert answer.status_code == 200
    assert (made["agent"], made["site"], made["company"]) == ("pi-1", "main", "aoba")
    delivered = await hub.deliver(made["credential"], batch(a_day("main/laser-1", hub.clock.now())))
    assert delivered.json()["acked"] == 6


async def test_a_code_is_read_as_people_write_it(hub: RunningHub) -> None:
    code = (await invite(hub)).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await enrol(hub, code)).status_code == 200


async def test_a_code_is_good_once(hub: RunningHub) -> None:
    code = await invite(hub)
    await enrol(hub, code)
    again = await enrol(hub, code)
    assert again.status_code == 401
    assert "used" in again.json()["detail"]
    assert "agent code" in again.json()["detail"]


async def test_another_name_or_site_leaves_the_code_unused(hub: RunningHub) -> None:
    code = await invite(hub)
    for agent, site in (("pi-2", "main"), ("pi-1", "east"), ("Pi 1", "main")):
        answer = await enrol(hub, code, agent, site)
        assert answer.status_code == 409
        assert "'pi-1'" in answer.json()["detail"]
        assert "'main'" in answer.json()["detail"]
    assert (await enrol(hub, code)).status_code == 200


async def test_a_code_expires_after_seven_days(hub: RunningHub) -> None:
    code = await invite(hub)
    hub.clock.ahead_us = 7 * DAY_US
    answer = await enrol(hub, code)
    assert (answer.status_code, "expired" in answer.json()["detail"]) == (401, True)


async def test_an_unknown_code_is_refused_with_advice(hub: RunningHub) -> None:
    for code in ("", "AAAAA-AAAAA-AAAAA-AAAAA", "🙂", "x" * 200):
        answer = await enrol(hub, code)
        assert (answer.status_code, "ask for a new one" in answer.json()["detail"]) == (401, True)


async def test_a_new_code_ends_the_old_code_and_its_use_the_old_credential(hub: RunningHub) -> None:
    first = await invite(hub)
    second = (await hub.do("aoba", "companies.renew_code", agent="pi-1")).code
    assert (await enrol(hub, first)).status_code == 401
    old = (await enrol(hub, second)).json()["credential"]
    third = (await hub.do("aoba", "companies.renew_code", agent="pi-1")).code
    body = batch(a_day("main/laser-1", hub.clock.now()))
    assert (await hub.deliver(old, body)).status_code == 200
    new = (await enrol(hub, third)).json()["credential"]
    assert (await hub.deliver(old, body)).status_code == 401
    assert (await hub.deliver(new, body)).status_code == 200


async def test_a_revoked_agents_code_is_no_use_and_it_can_be_taken_back(hub: RunningHub) -> None:
    code = await invite(hub)
    await hub.do("aoba", "companies.revoke_agent", agent="pi-1")
    assert (await enrol(hub, code)).status_code == 401
    assert (await enrol(hub, await invite(hub, site="east"), site="east")).status_code == 200


async def test_bodies_that_are_wrong(hub: RunningHub) -> None:
    for body in (b"", b"{}", b"[]", b'{"code":1}', b"\xff", b'{"code":"a","agent":"b","site":null}'):
        answer = await hub.http.post("/api/v1/enrol", content=body)
        assert answer.status_code == 422, body
    huge = await hub.http.post("/api/v1/enrol", content=b" " * 2**19)
    assert huge.status_code == 413
    bigger = await hub.http.post("/api/v1/enrol", content=b" " * 2**20 + b"xx")
    assert bigger.status_code == 413


async def test_guessing_is_throttled(hub: RunningHub) -> None:
    answers = [(await enrol(hub, f"guess {number}")).status_code for number in range(105)]
    assert answers[0] == 401
    assert answers[-1] == 429
