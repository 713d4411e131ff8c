"""Many faults in many worlds: which world suffers what, several worlds at a time, and the table of what came of it.

A world is its seed and its list of faults: the same two give the same world again, alone (`TSUNAGU_WORLD`).
"""

import random
import shutil
import statistics
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journey.faults.kinds import KINDS
from tests.journey.faults.world import Recovered, world


@dataclass(frozen=True, slots=True)
class Story:
    """A world to be lived through."""

    seed: int
    faults: tuple[str, ...]

    def again(self, upto: int) -> str:
        """How to live through it alone, up to its fault number `upto`."""
        told = f"{self.seed}:{','.join(self.faults[: upto + 1])}"
        return f"TSUNAGU_WORLD='{told}' make test ARGS='-k one_world'"


def stories(seed: int, faults: int, a_world: int, kinds: Sequence[str]) -> list[Story]:
    """`faults` faults, every kind as often as every other, `a_world` to a world, the worst mixed at random."""
    dice = random.Random(seed)
    drawn: list[str] = []
    while len(drawn) < faults:
        drawn += dice.sample(kinds, len(kinds))
    parts = [tuple(drawn[start : min(start + a_world, faults)]) for start in range(0, faults, a_world)]
    return [Story(seed * 1000 + number, part) for number, part in enumerate(parts)]


def live(folder: Path, story: Story, rows: list[Recovered]) -> None:
    """One world to its end, a row for each fault; raises naming seed, fault and how to see it again."""
    found: list[Recovered] = []
    folder.mkdir(parents=True)
    try:
        with world(folder, story.seed) as made:
            for name in story.faults:
                found.append(made.suffer(KINDS[name]))
                rows.append(found[-1])
            made.finish()
    except (Exception, pytest.fail.Exception) as error:
        name = story.faults[len(found)] if len(found) < len(story.faults) else "none, at the end"
        place = f"world {story.seed}, fault {len(found) + 1} of {len(story.faults)}, {name!r}"
        raise AssertionError(f"{place}: {error}\nagain: {story.again(len(found))}\nits logs: {folder}") from error
    shutil.rmtree(folder)


def live_all(folder: Path, worlds: Iterable[Story], at_once: int) -> list[Recovered]:
    """Several worlds at a time; progress and, in the end, the table are printed. Raises what went wrong in any."""
    rows: list[Recovered] = []
    wrong: list[str] = []
    with ThreadPoolExecutor(at_once) as pool:
        living = {pool.submit(live, folder / f"world-{story.seed}", story, rows): story for story in worlds}
        faults = sum(len(story.faults) for story in living.values())
        for done in as_completed(living):
            error = done.exception()
            if isinstance(error, AssertionError):
                wrong.append(str(error))
                print(error, flush=True)
            elif error is not None:
                raise error
            print(f"{len(rows)} of {faults} faults survived, {len(wrong)} worlds went wrong", flush=True)
    print(table(rows), flush=True)
    assert not wrong, "\n\n".join(wrong)
    return rows


def table(rows: Iterable[Recovered]) -> str:
    """Recoveries by kind, in seconds."""
    by_kind: dict[str, list[Recovered]] = {}
    for row in sorted(rows, key=lambda row: row.kind):
        by_kind.setdefault(row.kind, []).append(row)
    lines = [
        f"{'fault':34} {'n':>4} {'flow p50':>9} {'p99':>6} {'max':>6} {'retry':>6} {'lost':>5} {'twice':>5} {'gaps':>5}"
    ]
    lines += [_line(kind, found) for kind, found in by_kind.items()]
    if by_kind:
        lines.append(_line("all", [row for found in by_kind.values() for row in found]))
    return "\n".join(lines)


def _line(kind: str, rows: list[Recovered]) -> str:
    flows = sorted(row.flow_s for row in rows)
    p99 = flows[min(len(flows) - 1, int(len(flows) * 0.99))]
    retries = [row.retry_s for row in rows if row.retry_s is not None]
    retry = f"{max(retries):6.2f}" if retries else f"{'':6}"
    lost, twice, gaps = (sum(getattr(row, name) for row in rows) for name in ("lost", "duplicated", "gaps"))
    p50 = statistics.median(flows)
    return f"{kind:34} {len(rows):4} {p50:9.2f} {p99:6.2f} {flows[-1]:6.2f} {retry} {lost:5} {twice:5} {gaps:5}"
