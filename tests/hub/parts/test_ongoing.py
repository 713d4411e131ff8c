"""Judging on from what is remembered gives what judging from the beginning gives, and costs the same after a year."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.parts import decision_store, ongoing_store, store
from hub.stores.company import Reader, Row, Writer
from hub.timeline.run_model import Evidence
from tests.support.company import KEY
from tests.support.in_memory import opened, operations

S = 1_000_000
ALL = -(2**62)
SIGNATURES = [("1", "2"), ("1", "2"), ("1", "2"), ("2", "1"), ("1",), ("2",), ("1", "2", "3"), (), ("8", "9")]
RULES = [None, "signature", "counter", "counter:2", "nest", "strokes:3", "strokes", "person"]


class Told(msgspec.Struct, frozen=True):
    """A run of 40 s, `gap_s` after the one before it."""

    signature: tuple[str, ...]
    gap_s: int
    program: str = "795"
    complete: bool = True
    test: bool = False
    comment: str | None = None
    counted: int = 0
    held: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """A decision about the run with that number, made once so many pieces have arrived."""

    after: int
    run: int
    kind: decision_store.Kind
    signature: tuple[str, ...] = ("1", "2")


def rows(told: Sequence[Told]) -> list[Row]:
    """As the timeline keeps these runs of machine 1, by start."""
    found, at = [], 0
    for each in told:
        at += each.gap_s * S
        counts = [(at + (n + 1) * 15 * S, 1) for n in range(each.counted)]
        evidence = Evidence(
            comment=each.comment, test=each.test, counted=counts, holds=[(step, 3 * S + 1) for step in each.held]
        )
        packed = (msgspec.json.encode(each.signature).decode(), msgspec.json.encode(evidence).decode())
        found.append((1, at, at + 40 * S, at + 40 * S, each.program, 30 * S, 10 * S, 0, each.complete, *packed))
        at += 40 * S
    return found


def arrive(writer: Writer, came: Sequence[Row], rule: str | None) -> None:
    """Runs are there, and are judged from the first one on."""
    writer.many("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", came)
    store.judge_machine(writer, 1, rule, min(row[1] for row in came))


def say(writer: Writer, said: Said, runs: Sequence[Row]) -> None:
    run = runs[said.run % len(runs)]
    decision_store.add(writer, KEY, run[4], run[1], said.kind, said.signature, ("a@aoba.example", 0, None))


def facts(reader: Reader) -> tuple[list[Row], list[Row], list[store.Made]]:
    return (
        reader.all("SELECT * FROM versions ORDER BY program, version"),
        reader.all("SELECT * FROM parts ORDER BY started"),
        store.parts(reader, 1, 0, 2**60, -1),
    )


told = st.builds(
    Told, signature=st.sampled_from(SIGNATURES), gap_s=st.sampled_from([1, 2, 90, 150, 150, 200, 400]),
    program=st.sampled_from(["795", "795", "795", "12"]), complete=st.sampled_from([True, True, True, False]),
    test=st.sampled_from([False] * 7 + [True]), comment=st.sampled_from([None] * 14 + ["REV B", "REV C"]),
    counted=st.sampled_from([0, 0, 0, 1, 2]), held=st.sampled_from([(), (), ("1",), ("2",), ("2", "2", "")]),
)  # fmt: skip
plain = st.builds(
    Told, signature=st.just(("1", "2")), gap_s=st.integers(1, 500), held=st.sampled_from([(), ("2",)]),
    counted=st.sampled_from([0, 0, 0, 1]),
)  # fmt: skip
said = st.builds(
    Said, after=st.integers(0, 20), run=st.integers(0, 60), signature=st.sampled_from([("1", "2"), ("1",)]),
    kind=st.sampled_from(["confirm", "reference", "begins", "reject", "withdraw"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(told, min_size=1, max_size=50) | st.lists(plain, min_size=1, max_size=60),
    st.sampled_from(RULES), st.lists(st.integers(1, 9), min_size=1), st.lists(st.integers(0, 60), max_size=3),
    st.lists(said, max_size=3), st.integers(1, 4),
)  # fmt: skip
def test_judging_on_is_judging_from_the_beginning(
    runs: list[Told], rule: str | None, cuts: list[int], late: list[int], decisions: list[Said], kept_open: int
) -> None:
    """Whatever runs come, in whatever pieces, some of them late, with decisions in between."""
    there = rows(runs)
    delayed = sorted({n % len(there) for n in late})
    coming = [row for n, row in enumerate(there) if n not in delayed]
    pieces: list[list[Row]] = []
    while coming:
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(coming[:size])
        coming = coming[size:]
    for n in delayed:
        pieces.insert(min(len(pieces), n // 2 + 1), [there[n]])
    with pytest.MonkeyPatch.context() as patch, opened(rule) as bit_by_bit, opened(rule) as at_once:
        patch.setattr(ongoing_store, "KEPT_OPEN", kept_open)
        for number, piece in enumerate(pieces):
            arrive(bit_by_bit, piece, rule)
            for each in (one for one in decisions if one.after == number):
                say(bit_by_bit, each, there)
                say(at_once, each, there)
                store.settle(bit_by_bit)
        patch.setattr(ongoing_store, "KEPT_OPEN", 1000)
        arrive(at_once, there, rule)
        assert at_once.one("SELECT count(*) FROM settled") == (0,)
        assert facts(bit_by_bit) == facts(at_once)


def test_one_more_run_costs_the_same_however_many_there_were() -> None:
    """Also where every second part is held, so that at each run it changes whether such holds recur."""
    there = rows([Told(("1", "2"), 150 + n % 7, held=("2",) if n % 2 else ()) for n in range(4040)])
    with opened() as made:
        arrive(made, there[:400], None)
        first = [operations(made, lambda row=row: arrive(made, [row], None)) for row in there[400:440]]
        arrive(made, there[440:4000], None)
        later = [operations(made, lambda row=row: arrive(made, [row], None)) for row in there[4000:]]
        assert max(later) <= 1.3 * max(first)
        assert facts(made)[0][0][6:8] == (4040, 4040)


def test_a_decision_can_be_there_before_the_runs_it_is_about() -> None:
    """So it is in a rebuild, which begins with what people decided."""
    there = rows([Told(("1", "2"), 10), Told(("1", "2"), 10)])
    with opened() as made:
        say(made, Said(0, 0, "reference"), there)
        store.settle(made)
        arrive(made, there, None)
        assert [(one.part.started_us // S, one.part.grade) for one in facts(made)[2]] == [(10, "B"), (60, "B")]


@pytest.mark.parametrize("kept_open", [1, 2, 3, 4])
def test_a_part_that_was_begun_by_a_remembered_run_is_finished(kept_open: int) -> None:
    whole = [Told(("1", "2", "3"), 150 + 20 * n) for n in range(4)]
    pairs = [Told(steps, 130 + 9 * n) for n in range(9) for steps in (("1", "2"), ("3",))]
    there = rows([*whole, *pairs])
    with pytest.MonkeyPatch.context() as patch, opened() as bit_by_bit, opened() as at_once:
        patch.setattr(ongoing_store, "KEPT_OPEN", kept_open)
        for row in there:
            arrive(bit_by_bit, [row], None)
        assert bit_by_bit.one("SELECT count(*) FROM settled") == (1,)
        patch.setattr(ongoing_store, "KEPT_OPEN", 1000)
        arrive(at_once, there, None)
        assert facts(bit_by_bit) == facts(at_once)
        assert [one.part.stitched for one in facts(bit_by_bit)[2]] == [False] * 4 + [True] * 9
