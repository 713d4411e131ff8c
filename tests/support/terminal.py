"""A terminal as people meet it: an agent process that serves it, a device that signed in, forms read and posted."""

import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx2

from tests.support.agent import AgentProcess, agent_toml
from tests.support.hub import HubProcess
from tests.support.processes import Process, run
from tests.support.servers import free_port, wait_until


@dataclass
class Device:
    """A tablet: it keeps its cookies and follows where it is sent."""

    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30, trust_env=False))

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self.http.get(self.url + path, params=query, follow_redirects=True)

    def post(self, path: str, **fields: str) -> httpx2.Response:
        return self.http.post(
            self.url + path, data=fields, headers={"Origin": self.url}, follow_redirects=True
        )  # fmt: skip

    def enter(self, code: str) -> httpx2.Response:
        return self.post("/enter", code=code)

    def tap(self, action: str, *, tap: str | None = None, **fields: str) -> httpx2.Response:
        """One deed, by a new id unless told one."""
        return self.post("/tap", action=action, tap=tap or secrets.token_hex(16), **fields)


@dataclass
class Terminal:
    """An agent with a terminal. `device_code` lets a tablet in."""

    agent: AgentProcess
    port: int
    device_code: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self) -> None:
        def answers() -> bool:
            assert self.agent.process.runs, f"the agent ended:\n{self.agent.process.tail()}"
            try:
                return httpx2.get(f"{self.url}/enter", trust_env=False).status_code == 200
            except httpx2.HTTPError:
                return False

        wait_until(answers, 40, f"terminal at {self.url}")

    def start(self) -> None:
        self.agent.process.start()
        self.wait_ready()

    def device(self, operator: str | None = None) -> Device:
        """A tablet that is in, for an operator."""
        made = Device(self.url)
        assert made.enter(self.device_code).status_code == 200
        if operator is not None:
            assert made.post("/people", code=operator).status_code == 200
        return made

    def knows(self, code: str) -> None:
        """Waits until the terminal has this on its list."""
        device = self.device()
        wait_until(lambda: device.get("/scan", code=code).status_code == 200, 40, f"{code} on the terminal's list")


def terminal_toml(agent: str, data_dir: Path, hub_url: str, port: int, *machines: str, site: str = "main") -> str:
    """The agent's whole file, with a terminal."""
    return agent_toml(agent, data_dir, hub_url, f'[terminal]\nlisten = "127.0.0.1:{port}"\n', *machines, site=site)


def enrolled_terminal(
    folder: Path, hub: HubProcess, *machines: str, agent: str = "pi-1", site: str = "main"
) -> Terminal:
    """A terminal of a site, its agent enrolled and not started."""
    port, config = free_port(), folder / f"{agent}.toml"
    config.write_text(terminal_toml(agent, folder / agent, hub.url, port, *machines, site=site), "utf-8")
    run("tsunagu-agent", "enrol", hub.url, hub.agent_code(agent, site), "--config", config)
    code = run("tsunagu-agent", "terminal", "code", "--config", config).stdout.split()[0]
    process = Process(["tsunagu-agent", "run", "--config", config], folder / f"{agent}.log")
    return Terminal(AgentProcess(agent, config, process), port, code)


def text_of(answer: httpx2.Response) -> str:
    """What a page says, without its tags, blanks single."""
    plain = re.sub(r"<(script|style|title).*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(plain).split())
