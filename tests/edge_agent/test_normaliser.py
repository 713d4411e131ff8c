"""Readings of one machine → records and telemetry columns."""

import math

from hypothesis import given
from hypothesis import strategies as st

from contract.checks import fault_of
from contract.records import Condition, Observation
from contract.times import from_us, to_us
from edge_agent.normalise.normaliser import Memory
from edge_agent.reading import Delivery, Reading
from edge_agent.settings import ConditionBase, SignalBase
from tests.support.agents import NOON_US, normaliser

SIGNALS = {"execution": SignalBase(), "program": SignalBase(), "load": SignalBase(unit="%"), "free": SignalBase()}
CONDITIONS = {"servo": ConditionBase(format="mtconnect")}
EXECUTION, PROGRAM, LOAD, FREE, SERVO = range(5)


def deliver(one, *readings, seen=NOON_US, replayed=False):
    return one.normalise(Delivery([Reading(*reading) for reading in readings], seen, replayed=replayed))


def told(found):
    return [(to_us(record.at) - NOON_US, record.value, record.quality, record.code) for record in found.records]


def test_records_leave_in_stable_source_time_order():
    one, _ = normaliser(SIGNALS)
    found = deliver(
        one, (PROGRAM, "B", NOON_US + 2), (EXECUTION, "ACTIVE", NOON_US + 1), (PROGRAM, "A", NOON_US + 1),
        (EXECUTION, "READY", None),
    )  # fmt: skip
    assert [(record.signal, record.value) for record in found.records] == [
        ("execution", "READY"), ("execution", "ACTIVE"), ("program", "A"), ("program", "B"),
    ]  # fmt: skip


def test_bad_keeps_its_code_and_no_value():
    one, _ = normaliser(SIGNALS)
    found = deliver(one, (EXECUTION, None, NOON_US, "bad", "BadNoData"), (PROGRAM, "UNAVAILABLE", NOON_US))
    assert told(found) == [(0, None, "bad", "BadNoData"), (0, None, "bad", "UNAVAILABLE")]
    assert one.bad_signals == ("execution", "program")
    assert told(deliver(one, (PROGRAM, "O1", NOON_US + 1))) == [(1, "O1", "good", None)]
    assert one.bad_signals == ("execution",)


def test_telemetry_is_packed_and_split_by_quality():
    one, book = normaliser(SIGNALS)
    found = deliver(
        one, (LOAD, 1.5, NOON_US), (LOAD, 2, NOON_US), (LOAD, math.nan, NOON_US + 1), (LOAD, "x", NOON_US + 2),
        (LOAD, 3.0, NOON_US + 3, "uncertain", "Uncertain"), (LOAD, 3.0, NOON_US + 4),
    )  # fmt: skip
    kinds = [(book.keys[number].quality, book.keys[number].code) for number in found.series]
    assert kinds == [
        ("good", None), ("good", None), ("bad", "NaN"), ("bad", "WrongType"), ("uncertain", "Uncertain"),
        ("good", None),
    ]  # fmt: skip
    assert [None if value != value else value for value in found.values] == [1.5, 2.0, None, None, 3.0, 3.0]
    assert book.keys[0].unit == "%"


def test_the_type_of_an_unknown_signal_is_constant():
    one, book = normaliser(SIGNALS)
    assert not deliver(one, (FREE, None, NOON_US, "bad", "BadWaitingForInitialData"))
    assert one.bad_signals == ("free",)
    found = deliver(one, (FREE, 7, NOON_US + 1), (FREE, "seven", NOON_US + 2))
    assert [book.keys[number].code for number in found.series] == [None, "WrongType"]
    assert found.memory == {"free": Memory("samples", None, known=False)}
    again, _ = normaliser(SIGNALS, memory={"free": Memory("text", None, known=False)})
    assert deliver(again, (FREE, 7.0, NOON_US)).records[0].value == "7"


def test_dead_band_drops_small_changes_but_never_a_bad_value():
    one, _ = normaliser({"load": SignalBase(unit="%", dead_band=1.0)})
    found = deliver(one, *((0, value, NOON_US + at) for at, value in enumerate([5.0, 5.5, 6.0, 6.5, 4.9])))
    assert found.values == [5.0, 6.0, 4.9]
    found = deliver(one, (0, None, NOON_US + 9, "bad", "Bad"), (0, 4.9, NOON_US + 10))
    assert len(found.values) == 2


def test_conditions():
    one, _ = normaliser(SIGNALS, CONDITIONS)
    found = deliver(
        one, (SERVO, "Fault|401|1||SERVO", NOON_US), (SERVO, "Fault|401|1||SERVO", NOON_US + 1),
        (SERVO, "Normal||||", NOON_US + 2), (SERVO, "UNAVAILABLE", NOON_US + 3),
    )  # fmt: skip
    assert all(isinstance(record, Condition) for record in found.records)
    assert [(r.level, r.code, r.text, r.quality) for r in found.records] == [
        ("fault", "401", "SERVO", "good"), ("normal", None, None, "good"), (None, "UNAVAILABLE", None, "bad"),
    ]  # fmt: skip


def test_lost_connection_makes_all_that_was_known_bad_from_the_last_proof_on():
    one, book = normaliser(SIGNALS, CONDITIONS)
    deliver(one, (EXECUTION, "ACTIVE", NOON_US), (LOAD, 5.0, NOON_US), (SERVO, "Normal||||", NOON_US))
    found = one.mark_unknown(NOON_US + 100, NOON_US + 900)
    assert [(to_us(r.at) - NOON_US, r.quality, r.code) for r in found.records] == [(100, "bad", "ConnectionLost")] * 2
    assert (found.ats, book.keys[found.series[0]].quality) == ([NOON_US + 100], "bad")
    assert {name: memory.known for name, memory in found.memory.items()} == {
        "execution": False, "load": False, "servo": False,
    }  # fmt: skip
    assert not one.mark_unknown(NOON_US + 200, NOON_US + 900).records  # known to be unknown already


def test_the_mark_is_later_than_every_reading_of_a_clock_that_runs_ahead():
    one, _ = normaliser(SIGNALS)
    deliver(one, (EXECUTION, "ACTIVE", NOON_US + 60_000_000))
    found = one.mark_unknown(NOON_US + 1, NOON_US + 2)
    assert told(found) == [(60_000_001, None, "bad", "ConnectionLost")]


def test_after_a_restart_only_what_was_known_is_marked_also_what_is_no_longer_read():
    memory = {
        "execution": Memory("word", None, known=True),
        "program": Memory("text", None, known=False),
        "load": Memory("samples", "%", known=True),
        "gone": Memory("text", None, known=True),
        "gone_load": Memory("samples", "kW", known=True),
    }
    one, book = normaliser(SIGNALS, memory=memory)
    found = one.mark_unknown(NOON_US, NOON_US + 5)
    assert [(r.signal, r.code) for r in found.records] == [("execution", "ConnectionLost"), ("gone", "NotRead")]
    assert [(book.keys[n].signal, book.keys[n].unit) for n in found.series] == [("load", "%"), ("gone_load", "kW")]
    one.connected(NOON_US)
    found = deliver(one, (PROGRAM, "A", NOON_US - 900), (EXECUTION, "READY", NOON_US - 800), seen=NOON_US + 9)
    assert [(r.signal, to_us(r.at) - NOON_US) for r in found.records] == [
        ("program", -900), ("program", 9), ("execution", -800), ("execution", 9),
    ]  # fmt: skip


def test_telemetry_read_again_after_a_loss_is_known_again():
    one, _ = normaliser(SIGNALS)
    deliver(one, (LOAD, 5.0, NOON_US))
    one.mark_unknown(NOON_US + 100, NOON_US + 200)
    one.connected(NOON_US)
    found = deliver(one, (LOAD, 5.0, NOON_US), seen=NOON_US + 300)
    assert found.ats == [NOON_US, NOON_US + 300]
    found = deliver(one, (LOAD, 6.0, NOON_US + 400), (LOAD, 7.0, NOON_US + 500), seen=NOON_US + 600)
    assert found.ats == [NOON_US + 400, NOON_US + 500]


def test_what_was_not_stored_is_reported_again():
    one, _ = normaliser(SIGNALS)
    deliver(one, (EXECUTION, "ACTIVE", NOON_US))
    one.forget()
    assert told(deliver(one, (EXECUTION, "ACTIVE", NOON_US + 1))) == [(1, "ACTIVE", "good", None)]


TIMES = st.one_of(st.none(), st.integers(NOON_US - 50, NOON_US + 50), st.sampled_from([0, -(2**62), 2**62, 1]))
VALUES = st.one_of(st.text(max_size=6), st.floats(), st.integers(), st.booleans(), st.none(), st.just("UNAVAILABLE"))
QUALITY = st.sampled_from([("good", None), ("uncertain", "U" * 300), ("bad", "B" * 300)])


@given(st.lists(st.tuples(st.integers(0, 4), VALUES, TIMES, QUALITY), max_size=40), st.booleans())
def test_whatever_is_read_every_record_is_well_formed(readings, replayed):
    one, book = normaliser(SIGNALS, CONDITIONS)
    given_readings = [(n, None if q == "bad" else v, at, q, code) for n, v, at, (q, code) in readings]
    found = deliver(one, *given_readings, replayed=replayed)
    for record in found.records:
        assert fault_of(record, "main") is None
        assert isinstance(record, Observation | Condition)
        assert (record.quality != "bad") or getattr(record, "value", None) is None
    assert len(found.series) == len(found.ats) == len(found.values)
    for number, at, value in zip(found.series, found.ats, found.values, strict=True):
        from_us(at)
        assert (book.keys[number].quality == "bad") == (value != value)
