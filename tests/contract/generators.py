"""Hypothesis strategies for every kind of record: well-formed ones, as an agent may send them."""

from datetime import timedelta
from typing import get_args

import msgspec
from hypothesis import strategies as st

from contract.records import Condition, Level, Machine, Observation, Quality, Record, Samples, SignalInfo
from contract.times import EPOCH

numbers = st.integers(1, 2**62)
times = st.integers(0, 4_102_444_799_999_999).map(lambda us: EPOCH + timedelta(microseconds=us))  # 1970 to 2099
texts = st.text(max_size=40)
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
keys = st.builds(lambda site, machine: f"{site}/{machine}", slugs, slugs)
signals = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
floats = st.floats(allow_nan=False, allow_infinity=False)
values = st.one_of(texts, st.booleans(), st.integers(-(2**53), 2**53), floats, st.none())
qualities = st.sampled_from(get_args(Quality))

observations = st.builds(
    Observation, seq=numbers, seen=times, at=times, machine=keys, signal=signals, value=values, quality=qualities,
    code=st.none() | texts, replayed=st.booleans(),
)  # fmt: skip

_machines = st.builds(
    Machine, seq=numbers, seen=times, at=times, machine=keys, name=st.none() | texts, maker=st.none() | texts,
    driver=texts, state_model=texts, part_rule=st.none() | texts, proof=st.sampled_from(["machine", "path"]),
    signals=st.lists(st.builds(SignalInfo, name=signals, unit=st.none() | texts), max_size=3).map(tuple),
    conditions=st.lists(signals, max_size=3).map(tuple),
)  # fmt: skip

_conditions = st.builds(
    Condition, seq=numbers, seen=times, at=times, machine=keys, id=signals, code=st.none() | texts,
    level=st.none() | st.sampled_from(get_args(Level)), text=st.none() | texts, quality=qualities,
)  # fmt: skip


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    """A block with as many values as times."""
    count = draw(st.integers(1, 20))
    return Samples(
        seq=draw(numbers), seen=draw(times), machine=draw(keys), signal=draw(signals), unit=draw(st.none() | texts),
        t0=draw(times), dt_us=draw(st.lists(st.integers(-(10**10), 10**10), min_size=count, max_size=count)),
        values=draw(st.lists(st.none() | floats, min_size=count, max_size=count)), quality=draw(qualities),
    )  # fmt: skip


def records() -> st.SearchStrategy[Record]:
    """Any record of any kind; the kinds without rules of their own are built from their types."""
    plain = [kind for kind in get_args(Record) if kind not in (Machine, Observation, Samples, Condition)]
    return st.one_of(_machines, observations, samples(), _conditions, *map(_of_types, plain))


def _of_types(kind: type[Record]) -> st.SearchStrategy[Record]:
    given = {"seq": numbers, "seen": times, "at": times, "from_": times, "to": times}
    given["taken"] = st.lists(floats | st.none(), max_size=3).map(tuple)
    return st.builds(kind, **{field.name: _of_field(field, given) for field in msgspec.structs.fields(kind)})


def _of_field(field: msgspec.structs.FieldInfo, given: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy:
    if field.name in given:
        return given[field.name]
    options = get_args(field.type) or (field.type,)
    if float in options:
        return floats | st.none()
    if field.type is int or int in options:
        return st.integers(-(2**53), 2**53)
    return st.from_type(field.type)
