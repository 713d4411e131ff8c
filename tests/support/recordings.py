"""Recordings of machine tools: the real ones beside the checkout, if they are there, made-up ones else; busy slices.

A line is `time|item|value`. A made-up day is as messy as the real ones: a snapshot with old times first, several items
at one time, stretches in which everything is UNAVAILABLE and values that are said again after them, lines out of order.
"""

import gzip
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "nist-smstestbed"
RECORDINGS = sorted(FOLDER.glob("*.txt.gz"))

WHY_NOT = f"the recordings are not here: put *.txt.gz into {FOLDER}"
_skip = pytest.mark.skipif(not RECORDINGS, reason=WHY_NOT)
LOADS = ("Xload", "Zload", "Sload", "S2temp", "Fact", "Xabs", "Zabs", "total_time")
START = datetime(2019, 5, 13, 22, 0, tzinfo=UTC)


def needs_recordings(test):  # type: ignore[no-untyped-def]  # any test function
    """Marks a test that plays recordings; without them it is skipped and says which folder it looked in."""
    return pytest.mark.recordings(_skip(test))


def some_recording(number: int, folder: Path) -> Path:
    """A real recording, or where there is none a made-up one, the same for the same number."""
    return RECORDINGS[number] if RECORDINGS else made_up(number, folder / f"made-up-{number}.txt.gz")


def busy_slice(recording: Path, count: int, to: Path) -> Path:
    """Writes the `count` lines in a row, by time, in which the machine's execution changed most often."""
    with gzip.open(recording, "rt", encoding="utf-8") as lines:
        rows = sorted(lines, key=lambda line: datetime.fromisoformat(line.split("|", 1)[0]))
    changes = [0]
    for row in rows:
        changes.append(changes[-1] + ("|execution|" in row))
    begin = max(range(max(1, len(rows) - count)), key=lambda at: changes[min(at + count, len(rows))] - changes[at])
    with gzip.open(to, "wt", encoding="utf-8") as out:
        out.writelines(rows[begin : begin + count])
    return to


def made_up(seed: int, to: Path, lines: int = 16_000) -> Path:
    """Writes a day of a machine tool that never was."""
    dice = random.Random(seed)
    shown = {"execution": "READY", "mode": "AUTOMATIC", "estop": "ARMED", "program": "721", "unitNum": "0"}
    shown |= dict.fromkeys(LOADS, "0")
    rows = [(START - timedelta(days=3), item, "UNAVAILABLE") for item in shown]
    at = START
    rows += [(at, item, text) for item, text in shown.items()]
    while len(rows) < lines:
        if dice.random() < 0.01:
            rows += [(at, item, "UNAVAILABLE") for item in shown]
            at += timedelta(seconds=dice.choice([5, 20, 90, 150, 400]))
            rows += [(at, item, text) for item, text in shown.items()]
        for item, text in _changes(dice):
            if shown[item] != text:
                shown[item] = text
                rows.append((at, item, text))
        at += timedelta(milliseconds=dice.randint(40, 4000))
    for _ in range(lines // 50):  # adapter and agent clocks differ
        place = dice.randrange(len(rows) - 3)
        rows[place], rows[place + 2] = rows[place + 2], rows[place]
    with gzip.open(to, "wt", encoding="utf-8") as out:
        out.writelines(f"{at.isoformat(timespec='microseconds')[:26]}Z|{item}|{text}\n" for at, item, text in rows)
    return to


def _changes(dice: random.Random) -> list[tuple[str, str]]:
    """What changes at one time."""
    found = [(item, str(round(dice.uniform(0, 90), 2))) for item in dice.sample(LOADS, 3)]
    if dice.random() < 0.12:
        words = ["ACTIVE", "ACTIVE", "ACTIVE", "READY", "FEED_HOLD", "INTERRUPTED", "STOPPED"]
        found.append(("execution", dice.choice(words)))
    if dice.random() < 0.08:
        found.append(("unitNum", str(dice.randint(0, 4))))
    if dice.random() < 0.02:
        found.append(("mode", dice.choice(["AUTOMATIC"] * 6 + ["MANUAL", "MANUAL_DATA_INPUT"])))
    if dice.random() < 0.004:
        found.append(("program", dice.choice(["721", "722"])))
    if dice.random() < 0.012:
        found += [("estop", dice.choice(["ARMED"] * 5 + ["TRIGGERED"])), ("execution", "INTERRUPTED")]
    return found
