"""`tsunagu-hub rebuild`, with the hub serving and with the hub stopped, gives the very same answers.

A recorded day is delivered over HTTP, out of order and partly twice.
"""

import random
from pathlib import Path
from typing import Any

from tests.journey import oracle, played
from tests.support.bodies import Json, change, envelope, packed, record, samples, stamp
from tests.support.hub import HubProcess, hub_process
from tests.support.recordings import some_recording
from tests.support.servers import wait_until

LOADS = {"Xload": "xload", "S2temp": "s2temp", "Fact": "fact"}
BATCH = 400


def records(day: played.Rows) -> list[Json]:
    """The day as an agent would number it, with an alarm every hundredth record."""
    made = [record("machine", 1, day[-1][0], driver="opcua", state_model="mtconnect", name="Mazak")]
    for at, item, text in day:
        known = text != "UNAVAILABLE"
        seq = len(made) + 1
        if item in oracle.SIGNALS:
            made.append(change(seq, at, oracle.SIGNALS[item], text if known else None))
        elif item in LOADS:
            made.append(samples(seq, at, LOADS[item], [float(text) if known else None]))
        if len(made) % 100 == 0:
            level = "fault" if len(made) % 200 else "normal"
            made.append(record("condition", len(made) + 1, at, id="hydraulics", level=level, quality="good"))
    return made


def deliver(hub: HubProcess, all_records: list[Json], until: int) -> None:
    """In batches, shuffled, some twice."""
    credential = hub.credential("pi-1")
    cuts = [(after, min(after + BATCH, len(all_records))) for after in range(0, len(all_records), BATCH)]
    cuts += cuts[::5]
    random.Random(7).shuffle(cuts)
    for after, upto in cuts:
        answer = hub.deliver(credential, packed(envelope(all_records[after:upto], after, upto, until)))
        assert answer.status_code == 200, answer.text
        assert answer.json().get("rejected", []) == []
    assert answer.json()["acked"] == len(all_records)


def told(hub: HubProcess, start: int, end: int) -> dict[str, Any]:
    """Everything the hub says of the day."""
    window = {"from": stamp(start), "to": stamp(end), "limit": "2000"}
    at = "/machines/main/laser-1"
    return {
        "states": hub.pages(f"{at}/states", "intervals", **window),
        "runs": hub.pages(f"{at}/runs", "runs", **window),
        "conditions": hub.pages(f"{at}/conditions", "conditions", **window),
        "signals": hub.get(f"{at}/signals")["signals"],
        **{signal: hub.pages(f"{at}/series/{signal}", "samples", **window) for signal in LOADS.values()},
    }


def test_rebuilding_gives_the_same_answers(tmp_path: Path):
    day = oracle.read(some_recording(0, tmp_path))
    everything = records(day)
    start, end = day[0][0], day[-1][0]
    with hub_process(tmp_path) as hub:
        deliver(hub, everything, end)
        wait_until(hub.is_folded, 60, "every batch folded")
        before = told(hub, start, end)
        assert all(before[name] for name in ("states", "runs", "conditions", "signals", "xload"))
        check_rules(before, day)
        agents = hub.get("/agents")["agents"]
        assert "rebuilt" in hub.cli("rebuild")
        assert told(hub, start, end) == before, "rebuilt by the serving hub"
        assert hub.process.stop() == 0
        kinds = [each["kind"] for each in everything]
        folded = len(kinds) - kinds.count("samples")  # telemetry is judged by nothing and stays where it is
        assert f"from {folded} records" in hub.cli("rebuild", "--company", "aoba")
        hub.start()
        assert told(hub, start, end) == before, "rebuilt while it was stopped"
        kept = ("agent", "epoch", "acked", "records", "lost", "holes", "quarantined")
        assert [{k: row[k] for k in kept} for row in hub.get("/agents")["agents"]] == [
            {k: row[k] for k in kept} for row in agents
        ]


def check_rules(answers: dict[str, Any], day: played.Rows) -> None:
    start, end = oracle.window(day)
    tiles = [
        (played.moment(row["start"]), played.moment(row["end"]), row["state"], row["program"])
        for row in answers["states"]
        if played.moment(row["end"]) > start
    ]
    true = oracle.intervals(day, start, end)
    assert tiles[1:] == true[1:]
    assert len(answers["runs"]) == len(oracle.runs(day))
