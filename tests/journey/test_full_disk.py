"""A disk that is full, on the hub's side and on the agent's: clear words, nothing accepted is lost, and it mends.

`--max-pages` bounds each company's store as a full disk would (SQLite's max_page_count).
"""

import time
from pathlib import Path

from tests.journey import played
from tests.support.agent import AgentProcess, enrolled
from tests.support.bodies import change, envelope, packed, record
from tests.support.hub import COMPANY, HubProcess, hub_process
from tests.support.ledgers import twice_reported
from tests.support.processes import Process, started
from tests.support.recordings import busy_slice, some_recording
from tests.support.servers import mosquitto, wait_until

NOW = int(time.time()) * 1_000_000
SMALL_PAGES = 100
RATE = 2000


def fill(hub: HubProcess, agent: str, credential: str) -> tuple[int, str]:
    """Sends until it is refused; the last number that was acknowledged, and the refusal."""
    seq = 0
    while seq < 10_000:
        rows = [change(seq + n, NOW + seq + n, "program_comment", f"{seq + n:x}" * 400) for n in range(1, 6)]
        if seq == 0:
            rows[0] = record("machine", 1, NOW, driver="opcua", state_model="mtconnect")
        answer = hub.deliver(credential, packed(envelope(rows, seq, seq + 5, NOW + seq, agent=agent)))
        assert answer.status_code in (200, 503, 507), answer.text
        if answer.status_code != 200:
            assert answer.headers["content-type"] == "application/problem+json"
            return seq, str(answer.json()["title"])
        assert answer.json()["acked"] == seq + 5
        seq += 5
    raise AssertionError("the store was never full")


def test_a_full_hub_refuses_clearly_and_keeps_what_it_has(tmp_path: Path):
    with hub_process(tmp_path, "--max-pages", str(SMALL_PAGES)) as hub:
        credential = hub.credential("pi-1")
        acked, title = fill(hub, "pi-1", credential)
        assert "room" in title
        row = hub.agent("pi-1")
        assert row is not None
        assert (row["acked"], row["records"], row["lost"], row["holes"]) == (acked, acked, 0, [])
        assert hub.process.runs
        assert hub.http.get(f"{hub.url}/healthz").status_code == 200
        assert hub.process.stop() == 0
        hub.process.words = hub.process.words[: hub.process.words.index("--max-pages")]
        hub.start()
        after = hub.deliver(credential, packed(envelope([change(acked + 1, NOW, "tool", "7")], acked, acked + 1, NOW)))
        assert after.json()["acked"] == acked + 1
        assert "Traceback" not in hub.process.said()


def is_told(agent: AgentProcess) -> bool:
    """Whether the agent shows that the hub has no room."""
    return "room" in str((agent.health() or {}).get("hub"))


def test_a_day_waits_at_the_agent_until_the_hub_has_room(tmp_path: Path):
    cut = busy_slice(some_recording(6, tmp_path), 7 * RATE, tmp_path / "slice.txt.gz")
    told = played.expected(cut)
    with mosquitto(tmp_path / "broker") as broker, hub_process(tmp_path, "--max-pages", str(SMALL_PAGES)) as hub:
        fill(hub, "filler", hub.credential("filler"))
        agent = enrolled(tmp_path, hub, "pi-1", played.mqtt_machine(broker.url, told))
        with started(agent.process):
            wait_until(lambda: played.is_connected(agent), 30, "the agent at the broker")
            words = ["tsunagu-sim", "replay", cut, "--as", "mqtt", "--url", broker.url, "--topic-prefix", "mazak"]
            with started(Process([*words, "--rate", str(RATE)], tmp_path / "replay.log")) as replay:
                played.wait_played(replay, 120)
            wait_until(lambda: is_told(agent), 60, "the agent saying that the hub is full")
            assert hub.process.stop() == 0
            hub.process.words = hub.process.words[: hub.process.words.index("--max-pages")]
            hub.start()
            played.wait_arrived(hub, agent, told)
            played.check_delivery(hub, "pi-1")
            played.check_facts(hub, told)
            played.check_telemetry(hub, told, repeats=True)
            assert hub.process.stop() == 0
        assert twice_reported(hub.data, COMPANY) == {}
