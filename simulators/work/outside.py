"""The hub from outside: its HTTP API, as any other system would use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

Json = dict[str, Any]
TIMEOUT_S = 60.0


class RefusedError(RuntimeError):
    """The hub does not answer, or answers no; the message says which request and why."""


class Api:
    """The API with one token or credential (None: without)."""

    def __init__(self, url: str, secret: str | None) -> None:
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        self._client = httpx2.Client(base_url=f"{url}/api/v1", headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def get(self, path: str, **asked: Any) -> Json:
        """The answer's JSON object."""
        return self._send("GET", path, params=asked)

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """What the hub says to a JSON body."""
        return self._send("POST", path, json=body)

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        """What the hub says to a JSON body."""
        return self._send("PUT", path, json=body)

    def rows(self, path: str, key: str, **asked: Any) -> Iterator[Json]:
        """All rows of a paged answer."""
        while True:
            page = self.get(path, **asked)
            yield from page[key]
            if not page.get("next_cursor"):
                return
            asked["cursor"] = page["next_cursor"]

    def _send(self, method: str, path: str, **what: Any) -> Json:
        try:
            answer = self._client.request(method, path, **what)
        except httpx2.HTTPError as problem:
            raise RefusedError(f"the hub does not answer {method} {path}: {problem}") from problem
        if not answer.is_success:
            raise RefusedError(f"the hub answers {method} {path} with {answer.status_code}: {answer.text[:300]}")
        said = answer.json()
        return said if isinstance(said, dict) else {"rows": said}
