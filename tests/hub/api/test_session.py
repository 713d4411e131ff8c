"""People: signing in and out, the cookie, forged changes, guessing, fixation, and who I am."""

import pytest

from tests.support.hubs import HOUR_US, PASSWORD, RunningHub, bearer

ADMIN = "admin@aoba.example"


@pytest.fixture
async def hub(hub: RunningHub) -> RunningHub:
    await hub.admin("aoba")
    return hub


def session_of(hub: RunningHub) -> str:
    return hub.http.cookies["tsunagu_session"]


async def me(hub: RunningHub):
    return await hub.http.get("/api/v1/me")


async def test_sign_in_who_am_i_sign_out(hub: RunningHub) -> None:
    assert (await me(hub)).status_code == 401
    answer = await hub.sign_in(" Admin@Aoba.example ")
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    mine = (await me(hub)).json()
    assert mine == {
        "name": ADMIN, "kind": "user", "roles": ["admin"], "company": "aoba", "company_name": "Aoba",
    }  # fmt: skip
    kept = session_of(hub)
    gone = await hub.http.delete("/api/v1/session")
    assert gone.status_code == 204
    assert (await me(hub)).status_code == 401
    hub.http.cookies.set("tsunagu_session", kept)
    assert (await me(hub)).status_code == 401


async def test_what_a_proxy_would_say_is_not_believed_of_anybody(hub: RunningHub) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    answer = await hub.sign_in(ADMIN, **told)
    assert "secure" not in answer.headers["set-cookie"].lower()
    guesses = [await hub.sign_in(ADMIN, "wrong", **told | {"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(7)]
    assert [guess.status_code for guess in guesses][-2:] == [429, 429]


@pytest.mark.parametrize(("email", "password"), [(ADMIN, "wrong"), ("nobody@aoba.example", PASSWORD), ("", "")])
async def test_wrong_words_say_nothing_about_which(hub: RunningHub, email: str, password: str) -> None:
    answer = await hub.sign_in(email, password)
    assert (answer.status_code, answer.json()["detail"]) == (401, "e-mail or password are not right")
    assert "set-cookie" not in answer.headers


async def test_signing_in_gives_a_new_session_and_ends_the_old(hub: RunningHub) -> None:
    hub.http.cookies.set("tsunagu_session", "tss_chosen_by_somebody_else")
    await hub.sign_in(ADMIN)
    first = hub.http.cookies.get("tsunagu_session", domain="127.0.0.1")
    assert first not in (None, "tss_chosen_by_somebody_else")
    hub.http.cookies.clear()
    hub.http.cookies.set("tsunagu_session", str(first))
    await hub.sign_in(ADMIN)
    hub.http.cookies.clear()
    hub.http.cookies.set("tsunagu_session", str(first))
    assert (await me(hub)).status_code == 401


async def test_a_session_slides_for_twelve_hours(hub: RunningHub) -> None:
    await hub.sign_in(ADMIN)
    for _ in range(3):
        hub.clock.ahead_us += 11 * HOUR_US
        assert (await me(hub)).status_code == 200
    hub.clock.ahead_us += 12 * HOUR_US + 1
    assert (await me(hub)).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_a_change_from_another_page_is_refused(hub: RunningHub, origin: str) -> None:
    await hub.sign_in(ADMIN)
    answer = await hub.http.post("/api/v1/sites", json={"site": "east"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert (await hub.http.get("/api/v1/sites")).json()["sites"] == []


async def test_a_change_without_an_origin_is_refused_and_from_an_own_page_done(hub: RunningHub) -> None:
    await hub.sign_in(ADMIN)
    assert (await hub.http.post("/api/v1/sites", json={"site": "east"})).status_code == 403
    own = await hub.http.post("/api/v1/sites", json={"site": "east"}, headers={"Origin": hub.url})
    assert own.status_code == 201
    same = await hub.http.post("/api/v1/sites", json={"site": "west"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert same.status_code == 201


async def test_signing_in_from_another_page_is_refused(hub: RunningHub) -> None:
    assert (await hub.sign_in(ADMIN, Origin="https://evil.example")).status_code == 403


async def test_a_token_needs_no_origin_and_beats_the_cookie(hub: RunningHub) -> None:
    await hub.sign_in(ADMIN)
    token = await hub.token("midori", "operator")
    mine = (await hub.http.get("/api/v1/me", headers=bearer(token))).json()
    assert (mine["company"], mine["kind"]) == ("midori", "token")


async def test_guessing_one_account_is_throttled_and_others_are_not(hub: RunningHub) -> None:
    answers = [(await hub.sign_in(ADMIN, "wrong")) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await hub.sign_in(ADMIN)).status_code == 429
    assert (await hub.sign_in(await hub.admin("midori"))).status_code == 204
    hub.clock.ahead_us += 31_000_000
    assert (await hub.sign_in(ADMIN)).status_code == 204


async def test_changing_ones_password_ends_every_session(hub: RunningHub) -> None:
    await hub.sign_in(ADMIN)
    own = {"Origin": hub.url}
    path = "/api/v1/me/password"
    wrong = await hub.http.post(path, json={"current": "wrong", "password": "another one here"}, headers=own)
    assert wrong.status_code == 403
    short = await hub.http.post(path, json={"current": PASSWORD, "password": "short"}, headers=own)
    assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "password")
    assert (await me(hub)).status_code == 200
    done = await hub.http.post(path, json={"current": PASSWORD, "password": "another one here"}, headers=own)
    assert done.status_code == 201
    assert (await me(hub)).status_code == 401
    assert (await hub.sign_in(ADMIN)).status_code == 401
    assert (await hub.sign_in(ADMIN, "another one here")).status_code == 204


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "Bearer " + "x" * 600, "tsu_x", "Bearer tsu_ü"])
async def test_a_header_that_is_wrong_is_a_401(hub: RunningHub, header: str) -> None:
    answer = await hub.http.get("/api/v1/me", headers={"Authorization": header.encode("utf-8")})
    assert answer.status_code == 401


async def test_a_token_that_is_over_or_revoked(hub: RunningHub) -> None:
    ending = await hub.token("aoba", expires_at=hub.clock.now().replace(year=2099))
    made = await hub.do("aoba", "companies.add_token", roles=["manager"])
    assert (await hub.get("/me", made.token)).status_code == 200
    await hub.do("aoba", "companies.revoke_token", id=made.id)
    assert "revoked" in (await hub.get("/me", made.token)).json()["detail"]
    hub.clock.ahead_us = 80 * 365 * 24 * HOUR_US
    assert "expired" in (await hub.get("/me", ending)).json()["detail"]
