"""Work for a hub: an item with its routing, orders, people and an inspection plan, written through the API."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.hub import COMPANY, HubProcess
from tests.support.processes import run

ITEM = "PN-1"
OPERATORS = {"07": "佐藤", "08": "鈴木"}


def post(hub: HubProcess, path: str, **body: Any) -> dict[str, Any]:
    """A change that must be taken."""
    return _sent(hub, "POST", path, body)


def _sent(hub: HubProcess, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {_admin(hub.data)}"}
    answer = hub.http.request(method, f"{hub.url}/api/v1{path}", json=body, headers=headers)
    assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
    made: dict[str, Any] = answer.json()
    return made


@cache
def _admin(data: Path) -> str:
    """An admin's token: sites are an admin's to add."""
    made = run("tsunagu-hub", "token", "add", "--company", COMPANY, "--role", "admin", "--data", data, "--json")
    return str(json.loads(made.stdout)["token"])


def plan_item(hub: HubProcess, *, measured: bool = True) -> None:
    """Item PN-1: laser (10) and bending (20) at `main`, painting (30) at `north`; two people."""
    for site in ("main", "north"):
        post(hub, "/sites", site=site)
    post(hub, "/items", item=ITEM, name="ブラケット", revision="B", material="SPCC")
    steps = [
        {"operation": "10", "process": "laser", "site": "main"},
        {"operation": "20", "process": "bend", "site": "main"},
        {"operation": "30", "process": "paint", "site": "north"},
    ]
    _sent(hub, "PUT", f"/items/{ITEM}/routing", {"steps": steps})
    for code, name in OPERATORS.items():
        post(hub, "/operators", code=code, name=name, site="main")
    if measured:
        common = {"item": ITEM, "operation": "10"}
        post(hub, "/characteristics", characteristic="PN-1-L", name="全長", nominal=100.0, lower=99.8, upper=100.2,
             unit="mm", gauge="NG-01", every=5, first=True, **common)  # fmt: skip
        post(hub, "/characteristics", characteristic="PN-1-B", name="バリなし", kind="attribute", chart="p", **common)


def order(hub: HubProcess, number: str, quantity: int = 10, due: str = "2026-12-01") -> None:
    """An order of PN-1."""
    post(hub, "/orders", order=number, item=ITEM, quantity=quantity, due=due, customer="例示工業")
