"""Asking the hub over its HTTP API, as any outsider would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2

from simulators.demo.children import DemoError

TIMEOUT_S = 20.0


class Hub:
    """The hub as one company's token sees it."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx2.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S, trust_env=False
        )

    def agents(self) -> list[dict[str, Any]]:
        """Delivery of each agent."""
        return self._get("/agents")["agents"]  # type: ignore[no-any-return]  # JSON

    def machines(self) -> list[dict[str, Any]]:
        """Each machine with its state now."""
        return self._get("/machines")["machines"]  # type: ignore[no-any-return]  # JSON

    def intervals(self, site: str, machine: str, start: str, end: str) -> list[dict[str, Any]]:
        """State intervals between two times, RFC 3339."""
        return list(self._pages(f"/machines/{site}/{machine}/states", "intervals", start, end))

    def runs(self, site: str, machine: str, start: str, end: str) -> list[dict[str, Any]]:
        """Runs between two times, RFC 3339."""
        return list(self._pages(f"/machines/{site}/{machine}/runs", "runs", start, end))

    def _pages(self, path: str, key: str, start: str, end: str) -> Iterator[dict[str, Any]]:
        asked = {"from": start, "to": end}
        while True:
            page = self._get(path, asked)
            yield from page[key]
            if not page.get("next_cursor"):
                return
            asked["cursor"] = page["next_cursor"]

    def _get(self, path: str, asked: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._client.get(path, params=asked)
        except httpx2.HTTPError as problem:
            raise DemoError(f"the hub does not answer GET {path}: {problem}") from problem
        if answer.status_code != httpx2.codes.OK:
            raise DemoError(f"the hub answers GET {path} with {answer.status_code}: {answer.text[:300]}")
        return answer.json()  # type: ignore[no-any-return]  # JSON


def is_ready(url: str) -> bool:
    """Whether the hub says so."""
    try:
        return httpx2.get(f"{url}/readyz", timeout=2.0, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
