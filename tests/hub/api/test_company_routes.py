"""What an admin changes over HTTP, and what others may not."""

import pytest

from tests.support.hubs import RunningHub, bearer


async def post(hub: RunningHub, path: str, token: str, **body: object):
    return await hub.http.post(f"/api/v1{path}", json=body, headers=bearer(token))


async def delete(hub: RunningHub, path: str, token: str):
    return await hub.http.delete(f"/api/v1{path}", headers=bearer(token))


async def test_an_agent_from_invitation_to_revoking(hub: RunningHub) -> None:
    token = await hub.token("aoba", "admin")
    made = await post(hub, "/agents", token, agent="pi-1", site="main")
    assert made.status_code == 201
    assert made.json()["new_site"] is True
    assert (await post(hub, "/agents", token, agent="pi-1", site="main")).status_code == 409
    again = await hub.http.post("/api/v1/agents/pi-1/code", headers=bearer(token))
    assert again.json()["code"] != made.json()["code"]
    (row,) = (await hub.get("/agents", token)).json()["agents"]
    assert (row["state"], row["code_expires_at"] is not None, row["last_seen"]) == ("invited", True, None)
    assert (await delete(hub, "/agents/pi-1", token)).status_code == 200
    assert (await delete(hub, "/agents/pi-1", token)).status_code == 404
    (row,) = (await hub.get("/agents", token)).json()["agents"]
    assert row["state"] == "revoked"


async def test_users_and_the_last_admin(hub: RunningHub) -> None:
    token = await hub.token("aoba", "admin")
    made = await post(hub, "/users", token, email="Mari@Aoba.example", roles=["admin"])
    assert made.json()["email"] == "mari@aoba.example"
    assert (await hub.sign_in("mari@aoba.example", made.json()["password"])).status_code == 204
    assert (await post(hub, "/users", token, email="mari@aoba.example", roles=["sales"])).status_code == 409
    assert (await delete(hub, "/users/mari@aoba.example", token)).status_code == 409
    await hub.admin("aoba")
    assert (await delete(hub, "/users/mari@aoba.example", token)).status_code == 200
    assert (await hub.http.get("/api/v1/me")).status_code == 401
    renewed = await post(hub, "/users/password", token, email="admin@aoba.example")
    assert (await hub.sign_in("admin@aoba.example", renewed.json()["password"])).status_code == 204


async def test_tokens(hub: RunningHub) -> None:
    token = await hub.token("aoba", "admin")
    made = (await post(hub, "/tokens", token, roles=["operator"], name="wall screen")).json()
    assert (await hub.get("/me", made["token"])).json()["name"] == "wall screen"
    rows = (await hub.get("/tokens", token)).json()["tokens"]
    assert made["id"] in [row["id"] for row in rows]
    assert made["token"] not in str(rows)
    assert (await delete(hub, f"/tokens/{made['id']}", token)).status_code == 200
    assert (await hub.get("/me", made["token"])).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/sites", {"site": "East Works"}, "site"),
        ("/sites", {"site": "east", "name": "\n"}, "name"),
        ("/agents", {"agent": "pi/1", "site": "main"}, "agent"),
        ("/agents", {"agent": "x" * 64, "site": "main"}, "agent"),
        ("/agents", {"agent": "pi-1"}, None),
        ("/users", {"email": "mari", "roles": ["admin"]}, "email"),
        ("/users", {"email": "a@b c", "roles": ["admin"]}, "email"),
        ("/users", {"email": "a@aoba.example", "roles": []}, "roles"),
        ("/users", {"email": "a@aoba.example", "roles": ["king"]}, "roles"),
        ("/users", {"email": "a@aoba.example", "roles": ["sales"], "password": "short"}, "password"),
        ("/tokens", {"roles": "admin"}, "roles"),
        ("/tokens", {"roles": ["admin"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
    ],
)
async def test_what_is_wrong_names_its_field(hub: RunningHub, path: str, body: dict, field: str | None) -> None:
    answer = await post(hub, path, await hub.token("aoba", "admin"), **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0].get("field") == field


async def test_one_companys_admin_changes_nothing_of_another(hub: RunningHub) -> None:
    token = await hub.token("aoba", "admin")
    await hub.credential("midori", "pi-9", "north")
    theirs = (await hub.do("midori", "companies.add_token", roles=["admin"])).id
    await hub.admin("midori")
    assert (await delete(hub, "/agents/pi-9", token)).status_code == 404
    assert (await delete(hub, f"/tokens/{theirs}", token)).status_code == 404
    assert (await delete(hub, "/users/admin@midori.example", token)).status_code == 404
    assert (await post(hub, "/users/password", token, email="admin@midori.example")).status_code == 404
    assert (await hub.http.post("/api/v1/agents/pi-9/code", headers=bearer(token))).status_code == 404


@pytest.mark.parametrize("role", ["operator", "manager", "estimator", "sales"])
async def test_others_than_admins_change_nothing(hub: RunningHub, role: str) -> None:
    token = await hub.token("aoba", role)
    assert (await post(hub, "/sites", token, site="east")).status_code == 403
    assert (await post(hub, "/tokens", token, roles=["admin"])).status_code == 403
    for path in ("/users", "/tokens", "/audit"):
        assert (await hub.get(path, token)).status_code == 403
    for path in ("/agents", "/sites", "/quarantine", "/machines"):
        assert (await hub.get(path, token)).status_code == 200
