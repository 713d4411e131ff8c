"""A hub as a process of its own: `tsunagu-hub` installed, on a free port, asked over HTTP with a company's token.

The journey's tests meet a hub only so; for tests of its parts `hubs.py` serves one inside the test.
"""

import contextlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.support.processes import Process, run
from tests.support.servers import free_port, wait_until

COMPANY = "aoba"
ADMIN = "admin@aoba.example"
START_S = 30.0


@dataclass
class HubProcess:
    """A hub with one company. `start`, `kill` and `stop` at will; its port and data stay the same."""

    data: Path
    port: int
    process: Process
    password: str = ""
    token: str = ""
    scheme: str = "http"
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60, trust_env=False))

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and returns when it answers."""
        self.process.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        wait_until(self.is_ready, START_S, f"hub at {self.url}")

    def is_ready(self) -> bool:
        assert self.process.runs, f"the hub ended:\n{self.process.tail()}"
        try:
            return self.http.get(f"{self.url}/readyz").status_code == 200
        except httpx2.HTTPError:
            return False

    def cli(self, *words: str | Path, check: bool = True) -> str:
        """`tsunagu-hub WORDS --data DIR`; what it wrote on standard output."""
        return run("tsunagu-hub", *words, "--data", self.data, check=check).stdout

    def cli_json(self, *words: str | Path) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.cli(*words, "--json"))
        return answer

    def agent_code(self, agent: str, site: str = "main", company: str = COMPANY) -> str:
        """A one-time enrolment code."""
        return str(self.cli_json("agent", "add", agent, "--company", company, "--site", site)["code"])

    def credential(self, agent: str, site: str = "main") -> str:
        """An enrolled agent's credential, got as an agent gets it."""
        body = {"code": self.agent_code(agent, site), "agent": agent, "site": site}
        answer = self.http.post(f"{self.url}/api/v1/enrol", json=body)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["credential"])

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """A question's answer; anything but 200 fails the test."""
        answer = self.ask(path, **params)
        assert answer.status_code == 200, f"{path} {params}: {answer.status_code} {answer.text[:500]}"
        body: dict[str, Any] = answer.json()
        return body

    def ask(self, path: str, token: str | None = None, **params: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.http.get(f"{self.url}/api/v1{path}", headers=headers, params=params)

    def pages(self, path: str, key: str, **params: str) -> list[dict[str, Any]]:
        """All rows of a paged answer."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, **params, **cursor)
            rows += page[key]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def agent(self, agent: str) -> dict[str, Any] | None:
        """One agent as `GET /agents` tells it."""
        return next((each for each in self.get("/agents")["agents"] if each["agent"] == agent), None)

    def machine(self, key: str) -> dict[str, Any] | None:
        """One machine, `site/machine`, as `GET /machines` tells it."""
        rows = self.get("/machines")["machines"]
        return next((row for row in rows if f"{row['site']}/{row['machine']}" == key), None)

    def is_folded(self) -> bool:
        """Whether no batch waits to be folded: every answer knows all that was delivered."""
        return "tsunagu_projector_lag_segments 0.0" in self.http.get(f"{self.url}/metrics").text.splitlines()

    def deliver(self, credential: str, body: bytes, **headers: str) -> httpx2.Response:
        """POST /batches."""
        told = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"} | headers
        return self.http.post(f"{self.url}/api/v1/batches", content=body, headers=told)


@contextlib.contextmanager
def hub_process(folder: Path, *options: str, tls: bool = False) -> Iterator[HubProcess]:
    """A new hub, serving; `options` go to `serve`, `tls` gives it an authority of its own. Its log is `hub.log`."""
    folder.mkdir(parents=True, exist_ok=True)
    data, port = folder / "hub-data", free_port()
    process = Process(["tsunagu-hub", "serve", "--data", data, "--port", str(port), *options], folder / "hub.log")
    hub = HubProcess(data, port, process)
    made = hub.cli_json("init", "--company", COMPANY, "--company-name", "Aoba Seiki", "--admin", ADMIN)
    hub.password = made["password"]
    if tls:
        hub.scheme = "https"
        ca_file = hub.cli_json("tls", "init", "--name", "hub.example")["ca_file"]
        hub.http = httpx2.Client(timeout=60, trust_env=False, verify=ssl.create_default_context(cafile=ca_file))
    hub.token = hub.cli_json("token", "add", "--company", COMPANY, "--role", "manager")["token"]
    try:
        hub.start()
        yield hub
    finally:
        hub.process.stop()
        hub.http.close()
