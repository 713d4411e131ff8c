"""The rules of states and runs (DESIGN §6.1, §6.2) applied straight to a recording of a machine tool.

Written from the text of the rules alone and sharing nothing with the project: standard library only. It reads a
file of `time|item|value` lines and says what the hub must answer. Times are integer microseconds since 1970, UTC;
durations are seconds. `python tests/journey/oracle.py FILE` prints the answer as JSON.

Where the text leaves room, the plain reading is taken, and marked with "Reading:".
"""

import gzip
import json
import sys
from datetime import UTC, datetime
from itertools import groupby

SIGNALS = {"execution": "execution", "mode": "mode", "estop": "estop", "program": "program", "unitNum": "step"}
HELD = {"INTERRUPTED", "FEED_HOLD", "OPTIONAL_STOP", "PROGRAM_STOPPED", "PROGRAM_OPTIONAL_STOP", "WAIT"}
IDLE = {"READY", "STOPPED", "PROGRAM_COMPLETED"}
BRIDGE_US = 180_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(path):
    """Every line as (time_us, item, text), by time; lines of one time stay in the file's order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\r\n").split("|", 2) for line in lines if line.strip()]
    found = [(micros(at), item, text) for at, item, text in rows]
    found.sort(key=lambda row: row[0])
    return found


def micros(text):
    delta = datetime.fromisoformat(text) - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def steps(rows):
    """(time_us, signals) after each moment at which one of the five signals was reported."""
    known = dict.fromkeys(SIGNALS.values())
    told = [row for row in rows if row[1] in SIGNALS]
    for at, same_time in groupby(told, key=lambda row: row[0]):
        for _, item, text in same_time:  # the last line of an item at one time wins
            known[SIGNALS[item]] = None if text == "UNAVAILABLE" else text
        yield at, dict(known)


def state_of(known):
    """First match wins. A recording has no power, availability or functional mode."""
    if known["execution"] is None:
        return "unknown"
    if known["estop"] == "TRIGGERED":
        return "alarm"
    if known["mode"] in ("MANUAL", "MANUAL_DATA_INPUT"):
        return "manual"
    if known["execution"] == "ACTIVE":
        return "running"
    if known["execution"] in HELD:
        return "held"
    if known["execution"] in IDLE:
        return "idle"
    return "unknown"  # Reading: a word that the table does not have is not known


def intervals(rows, start, end):
    """[(start_us, end_us, state, program)] tiling the window; a new one only where state or program changed."""
    changes = [(start, "unknown", None)]
    for at, known in steps(rows):
        if at >= end:
            break
        now = (max(at, start), state_of(known), known["program"])
        if now[0] == changes[-1][0]:
            changes[-1] = now
        elif now[1:] != changes[-1][1:]:
            changes.append(now)
    joined = [next(same) for _, same in groupby(changes, key=lambda change: change[1:])]
    ends = [at for at, _, _ in joined[1:]] + [end]
    return [(at, until, state, program) for (at, state, program), until in zip(joined, ends, strict=True)]


def runs(rows):
    """Every run that ended, in order; then the one still open at the end of the file, its end None."""
    found = []
    run = None
    dark_since = None  # since when the state is unknown within a run
    last_at, last_state = None, "unknown"
    for at, known in steps(rows):
        state, program, step = state_of(known), known["program"], known["step"]
        working = state in ("running", "held")
        if run and last_state in ("running", "held"):
            run["active_us" if last_state == "running" else "held_us"] += at - last_at
        by_change = False
        if run and state == "unknown":
            dark_since = at if dark_since is None else dark_since
        elif run and dark_since is not None:
            same = program is None or run["program"] in (None, program)
            if working and same and at - dark_since <= BRIDGE_US:
                run["blind_us"] += at - dark_since
            else:
                run = close(found, run, dark_since, "unknown")
            dark_since = None
        elif run and not working:
            # Reading: a state that ends it says how it ended, also where the program changes at the same time
            run = close(found, run, at, state)
        elif run and program is not None and run["program"] not in (None, program):
            run = close(found, run, at, state)
            by_change = True
        if run is None and working:
            run = {"program": None, "start": at, "active_us": 0, "held_us": 0, "blind_us": 0, "steps": []}
            # Reading: what was before the first record is unknown
            run["clean"] = last_state != "unknown" and not by_change
        if run:
            if dark_since is None and run["program"] is None:
                run["program"] = program  # Reading: also a run is named that was opened before its program was known
            run["steps"].append((at, step))
        last_at, last_state = at, state
    if run:
        close(found, run, None, None)
    return found


def close(found, run, end, into):
    """Finish a run that ended into a state. Returns None: no run is open then."""
    # Reading: "while it was open" begins with the value that stood when it opened, and the end is outside.
    within = [step for at, step in run["steps"] if end is None or at < end]
    # Reading: zeros and unknowns go first, then what repeats its neighbour, so that neither is left.
    named = [step for step in within if step is not None and float(step) != 0]
    found.append(
        {
            "program": run["program"],
            "start": run["start"],
            "end": end,
            "active_s": run["active_us"] / 1e6,
            "held_s": run["held_us"] / 1e6,
            "blind_s": run["blind_us"] / 1e6,
            "complete": bool(run["clean"] and into == "idle"),
            "signature": [step for step, _ in groupby(named)],
        }
    )


def window(rows):
    """From the first `execution` record to the last line."""
    return next(at for at, item, _ in rows if item == "execution"), rows[-1][0]


def seconds_by_state(tiles):
    """{state: seconds} of intervals."""
    sums = {}
    for start, end, state, _ in tiles:
        sums[state] = sums.get(state, 0) + end - start
    return {state: us / 1e6 for state, us in sorted(sums.items())}


def answer(path):
    """What the hub must say of a recording."""
    rows = read(path)
    start, end = window(rows)
    tiles = intervals(rows, start, end)
    return {"from": start, "to": end, "seconds": seconds_by_state(tiles), "intervals": tiles, "runs": runs(rows)}


if __name__ == "__main__":
    print(json.dumps(answer(sys.argv[1]), indent=1))
