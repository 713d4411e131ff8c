"""Bad input over real HTTP to a hub that is a process of its own: a clear answer, never a 500, nothing taken is lost.

Bodies are written by hand. `tests/hub/api` looks at each wrong body in detail; here they all go to one hub that has
a good day already, and at the end that day must still be there, word for word.
"""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
import zstandard

from tests.support.bodies import Json, change, envelope, packed, record, samples, stamp
from tests.support.hub import HubProcess, hub_process
from tests.support.servers import wait_until

S = 1_000_000
NOW = int(time.time()) * S
BEGIN = NOW - 3600 * S
LONG, SMILE = "x" * 500, "🙂"

GOOD_DAY = [
    record("machine", 1, BEGIN, driver="opcua", state_model="mtconnect", signals=[{"name": "load", "unit": "%"}]),
    change(2, BEGIN, "program", "721"),
    change(3, BEGIN, "execution", "READY"),
    change(4, BEGIN + 600 * S, "execution", "ACTIVE"),
    change(5, BEGIN + 600 * S, "step", "1"),
    samples(6, BEGIN + 600 * S, "load", [1.5, 2.5, 3.5]),
    record("condition", 7, BEGIN + 900 * S, id="hydraulics", level="fault", text="pressure", quality="good"),
    record("condition", 8, BEGIN + 960 * S, id="hydraulics", level="normal", quality="good"),
    change(9, BEGIN + 1200 * S, "execution", "PROGRAM_COMPLETED"),
]
COUNT = len(GOOD_DAY)


class Site:
    """The hub, the agent's credential, and what the hub said of the good day."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        self.credential = hub.credential("pi-1")
        hub.credential("pi-2")
        answer = self.send(packed(envelope(GOOD_DAY, 0, COUNT, NOW)))
        assert answer.json()["acked"] == COUNT
        wait_until(hub.is_folded, what="the good day folded")
        self.day = self.told()
        assert [row["state"] for row in self.day["states"]] == ["idle", "running", "idle"]
        assert (len(self.day["runs"]), len(self.day["conditions"]), len(self.day["load"])) == (1, 1, 3)

    def send(self, body: bytes, **headers: str) -> httpx2.Response:
        return self.hub.deliver(self.credential, body, **headers)

    def told(self) -> dict[str, Any]:
        """Everything about the good day."""
        window = {"from": stamp(BEGIN), "to": stamp(BEGIN + 1500 * S)}
        at = "/machines/main/laser-1"
        return {
            "states": self.hub.pages(f"{at}/states", "intervals", **window),
            "runs": self.hub.pages(f"{at}/runs", "runs", **window),
            "conditions": self.hub.pages(f"{at}/conditions", "conditions", **window),
            "load": self.hub.pages(f"{at}/series/load", "samples", **window),
        }

    def acked(self) -> int:
        row = self.hub.agent("pi-1")
        assert row is not None
        assert row["lost"] == 0
        return int(row["acked"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with hub_process(tmp_path_factory.mktemp("bad")) as hub:
        made = Site(hub)
        yield made
        wait_until(hub.is_folded, what="everything folded")
        assert made.told() == made.day, "the good day is as it was"
        assert "Traceback" not in hub.process.said()


def check_problem(answer: httpx2.Response, *statuses: int) -> None:
    """A clear refusal: its status, problem+json, short, without our insides."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status"} <= problem.keys()
    assert problem["status"] == answer.status_code
    assert len(answer.content) < 3000
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


def good(seq: int) -> Json:
    return change(seq, NOW, "feed_override", 90)


ENVELOPES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "half": lambda: packed(envelope([good(20)], COUNT, 20, NOW))[:-30],
    "no object": lambda: b"[1, 2]",
    "no text": lambda: b"\xff\xfe\x00\x80",
    "deep": lambda: b'{"v":1,"records":' + b"[" * 100_000,
    "backwards": lambda: packed(envelope([], COUNT, COUNT - 3, NOW)),
    "below zero": lambda: packed(envelope([], -5, COUNT, NOW)),
    "a number as text": lambda: packed(envelope([], COUNT, COUNT, NOW) | {"after": "nine"}),
    "of tomorrow": lambda: packed(envelope([], COUNT, COUNT, NOW) | {"v": 99}),
    "records missing": lambda: packed({k: v for k, v in envelope([], 0, 0, NOW).items() if k != "records"}),
    "a long epoch": lambda: packed(envelope([], 0, 0, NOW, epoch=LONG)),
    "a time without offset": lambda: packed(envelope([], 0, 0, NOW, sent_at="2026-11-20T09:00:00")),
    "NaN in the status": lambda: packed(envelope([], 0, 0, NOW)).replace(b'"backlog_records": 0', b'"backlog_s": NaN'),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_that_is_wrong_is_400(site: Site, name: str):
    before = site.acked()
    check_problem(site.send(ENVELOPES[name]()), 400)
    assert site.acked() == before


def test_another_agents_name_is_refused(site: Site):
    for name in ("pi-2", "nobody", LONG, SMILE, "a/b", ""):
        check_problem(site.send(packed(envelope([good(20)], COUNT, 20, NOW, agent=name))), 403)


def test_who_is_not_known_delivers_nothing(site: Site):
    body = packed(envelope([good(20)], COUNT, 20, NOW))
    for credential in ("wrong", site.hub.token, LONG, site.credential[:-1]):
        check_problem(site.hub.deliver(credential, body), 401)
    revoked = site.hub.credential("pi-gone")
    site.hub.cli("agent", "revoke", "pi-gone", "--company", "aoba")
    check_problem(site.hub.deliver(revoked, body.replace(b"pi-1", b"pi-gone")), 401)


def bombs() -> Iterator[tuple[str, bytes]]:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**20)
    yield "gzip", b"".join(packer.compress(zeros) for _ in range(200)) + packer.flush()
    yield "zstd", zstandard.ZstdCompressor(level=3).compress(bytes(200 * 2**20))
    yield "gzip", gzip.compress(gzip.compress(zeros * 64))[:-4]
    yield "identity", b" " * 32 * 2**20
    yield "identity", b'{"v":1,"agent":"' + b"x" * 32 * 2**20


def test_bodies_that_are_too_large_or_bombs(site: Site):
    before = site.acked()
    for encoding, body in bombs():
        begun = time.monotonic()
        check_problem(site.send(body, **{"Content-Encoding": encoding}), 400, 413)
        assert time.monotonic() - begun < 20
    assert site.acked() == before


def raw(text: str) -> Json:
    """A marker that becomes bare JSON text, such as NaN."""
    return {"raw": text}


ODD_NAMES = ("Spindle Load", "a/b", SMILE, LONG, "", "1st", "../../etc/passwd", "a;DROP TABLE machines", "名前")
QUARANTINED: list[Json] = [
    record("sneeze", 0, NOW, signal="x", value=1),
    {"kind": "observation"},
    *(record("observation", 0, NOW, signal=name, value="x", quality="good") for name in ODD_NAMES),
    *(change(0, NOW, "execution", "ACTIVE", machine=f"main/{name}") for name in ODD_NAMES if name != "1st"),
    change(0, NOW, "execution", "ACTIVE", machine="elsewhere/laser-1"),
    change(0, NOW, "execution", "ACTIVE") | {"value": {"deep": [1]}},
    change(0, NOW, "execution", "ACTIVE") | {"value": "x" * 100_000},
    change(0, NOW, "execution", "ACTIVE") | {"quality": "bad"},
    change(0, NOW, "execution", "ACTIVE") | {"at": "yesterday"},
    change(0, NOW, "execution", "ACTIVE") | {"at": "2026-13-45T09:00:00Z"},
    samples(0, NOW, "load", [1.0, 2.0]) | {"dt_us": [0]},
    samples(0, NOW, "load", [1.0]) | {"values": ["one"]},
    samples(0, NOW, "load", [1.0]) | {"dt_us": [10**30]},
    record("condition", 0, NOW, id=LONG, level="fault", quality="good"),
    record("condition", 0, NOW, id="hydraulics", level="terrible", quality="good"),
]


def test_a_record_that_is_wrong_is_kept_aside_and_its_neighbours_are_taken(site: Site):
    after = site.acked()
    rows = [odd | {"seq": after + 2 + number} for number, odd in enumerate(QUARANTINED)]
    upto = after + len(rows) + 2
    answer = site.send(packed(envelope([good(after + 1), *rows, good(upto)], after, upto, NOW)))
    assert answer.status_code == 200, answer.text[:500]
    receipt = answer.json()
    assert receipt["acked"] == upto
    assert sorted(each["seq"] for each in receipt["rejected"]) == [row["seq"] for row in rows]
    assert all(each["reason"] for each in receipt["rejected"])
    held = site.hub.pages("/quarantine", "quarantine", limit="7")
    assert {each["seq"] for each in held} >= {row["seq"] for row in rows}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "0x10", "1_000", "01"])
def test_what_json_does_not_have_is_never_taken(site: Site, text: str):
    after = site.acked()
    body = packed(envelope([change(after + 1, NOW, "feed_override", "PLACE")], after, after + 1, NOW))
    answer = site.send(body.replace(b'"PLACE"', text.encode()))
    if answer.status_code == 200:
        assert [each["seq"] for each in answer.json()["rejected"]] == [after + 1]
    else:
        check_problem(answer, 400)
        assert site.acked() == after


@pytest.mark.parametrize(
    "at", ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_clock_that_is_wrong_is_folded_by_when_it_was_seen(site: Site, at: str):
    after = site.acked()
    odd = change(after + 1, NOW, "tool", f"seen of {at}") | {"at": at}
    load = samples(after + 2, NOW, "odd_load", [1.0]) | {"t0": at}
    alarm = record("condition", after + 3, NOW, id="odd", level="warning", quality="good") | {"at": at}
    receipt = site.send(packed(envelope([odd, load, alarm], after, after + 3, NOW))).json()
    assert (receipt["acked"], receipt.get("rejected", [])) == (after + 3, [])

    def folded() -> bool:
        signals = {row["signal"]: row for row in site.hub.get("/machines/main/laser-1/signals")["signals"]}
        return "tool" in signals and signals["tool"]["value"] == odd["value"]

    wait_until(folded, what="the record of a wrong clock")
    tool = next(r for r in site.hub.get("/machines/main/laser-1/signals")["signals"] if r["signal"] == "tool")
    assert datetime.fromisoformat(tool["at"]) == datetime.fromisoformat(stamp(NOW))


def test_numbers_that_were_there_before(site: Site):
    after = site.acked()
    again = site.send(packed(envelope(GOOD_DAY[2:5], 2, 5, NOW))).json()
    assert (again["acked"], again.get("rejected", [])) == (after, [])
    other = site.send(packed(envelope([change(4, BEGIN + 600 * S, "execution", "STOPPED")], 3, 4, NOW))).json()
    assert (other["acked"], [each["seq"] for each in other["rejected"]]) == (after, [4])
    twice = [good(after + 1), good(after + 1) | {"value": 91}]
    both = site.send(packed(envelope(twice, after, after + 1, NOW))).json()
    assert (both["acked"], [each["seq"] for each in both["rejected"]]) == (after + 1, [after + 1])
    outside = site.send(packed(envelope([good(after + 900)], after + 1, after + 1, NOW))).json()
    assert (outside["acked"], len(outside["rejected"])) == (after + 1, 1)


def test_a_name_that_cannot_be_is_not_found(site: Site):
    for name in (SMILE, LONG, "a%2Fb", "..%2F..", "%00", "名前", "A B"):
        for tail in ("states", "runs", "conditions", "signals", "series/load"):
            check_problem(site.hub.ask(f"/machines/main/{name}/{tail}"), 404)
            check_problem(site.hub.ask(f"/machines/{name}/laser-1/{tail}"), 404)
        check_problem(site.hub.ask(f"/machines/main/laser-1/series/{name}"), 404)


def test_status_that_is_odd_harms_nobody(site: Site):
    after = site.acked()
    odd = [
        {"machine": LONG, "connected": True, "known_until": stamp(NOW)},
        {"machine": "elsewhere/laser-1", "connected": True, "known_until": stamp(NOW)},
        {"machine": "main/laser-1", "connected": True, "known_until": "2099-01-01T00:00:00Z"},
        {"machine": "main/laser-1", "connected": True, "known_until": stamp(NOW), "bad_signals": [LONG, SMILE] * 900},
    ]
    for status in odd:
        answer = site.send(packed(envelope([], after, after, NOW) | {"status": {"machines": [status]}}))
        assert answer.status_code in (200, 400), answer.text
    row = site.hub.machine("main/laser-1")
    assert row is not None
    assert row["known_until"] < "2099"
    assert len(site.hub.get("/machines")["machines"]) == 1, "no machine came out of a status"
