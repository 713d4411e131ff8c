"""Joining step by step gives what joining everything anew gives, and costs the same after a year."""

from typing import Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.records import Progress
from contract.times import from_us
from hub.machines.report_model import Reported
from hub.orders import store as orders
from hub.orders.model import Nest, NestLine, Operation, Order
from hub.parts import store as parts
from hub.progress import binding_store, statement_store, store, work_store
from hub.progress.model import ACTIONS, Action
from hub.progress.work_model import Binding
from hub.stores.company import Row, Writer
from tests.support.company import KEY
from tests.support.in_memory import opened, operations

S = 1_000_000
DAY = 86_400 * S
ALL = -(2**62)


class Event(msgspec.Struct, frozen=True):
    """Something that came in, of a day: what it was and which order it is about."""

    kind: Literal["run", "run_12", "tap", "signal", "bind", "nest", "close"]
    day: int
    order: str = "A"
    action: Action = "start"
    binding: Literal["bind", "nothing", "rules"] = "bind"
    days: int | None = None
    program: str | None = "795"


def save_order(writer: Writer, order: str, closed_us: int | None = None) -> None:
    made = Order(order=order, item="PN-1", quantity=10, created_us=0, closed_us=closed_us)
    orders.save_order(writer, made)


def plan(writer: Writer, order: str) -> None:
    save_order(writer, order)
    step = Operation(order=order, quantity=10, operation="10", position=1, process="turning", machine=KEY)
    orders.save_operations(writer, order, [step])


def tap(writer: Writer, seq: int, at_us: int, order: str, action: Action) -> None:
    at = from_us(at_us)
    record = Progress(seq=seq, seen=at, at=at, order=order, operation="10", action=action, machine=KEY)
    store.keep(writer, [Reported(record, at_us, at_us, 1)])


def ran(writer: Writer, at_us: int, program: str = "795") -> None:
    run = (1, at_us, at_us + 40 * S, at_us + 40 * S, program, 30 * S, 10 * S, 0, True, '["1","2"]', "{}")
    writer.run("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", run)
    parts.judge_machine(writer, 1, None, at_us)


def told(writer: Writer, seq: int, at_us: int, signal: str, value: str | None) -> None:
    writer.run(
        "INSERT INTO changes (machine_id, at, signal, value, quality, seen, wrong_clock, epoch_no, seq)"
        " VALUES (1, ?, ?, ?, 0, 0, 0, 1, ?)",
        (at_us, signal, value, seq),
    )
    parts.mark_judged(writer, 1, at_us)


def come(writer: Writer, number: int, event: Event) -> None:
    """The number-th event; no two are at one instant."""
    at_us = event.day * DAY + number * 100 * S
    match event.kind:
        case "run" | "run_12":
            ran(writer, at_us, "795" if event.kind == "run" else "12")
        case "tap":
            tap(writer, number, at_us, event.order, event.action)
        case "signal":
            told(writer, number, at_us, "order", event.order)
        case "bind":
            until = None if event.days is None else at_us + event.days * DAY
            key = (event.order, "10") if event.binding == "bind" else None
            said = Binding(0, event.program, at_us, until, event.binding, key)
            binding_store.add(writer, KEY, said, ("a@aoba.example", 0, None))
        case "nest":
            lines = tuple(NestLine(order=order, operation="10", quantity=1) for order in event.order)
            orders.save_nest(writer, Nest(machine=KEY, program=event.program or "795", lines=lines))
        case "close":
            save_order(writer, event.order, at_us if event.days is None else None)


def work(writer: Writer) -> list[Row]:
    return writer.all("SELECT * FROM work ORDER BY started, line")


def of(kind: str, **more: st.SearchStrategy[object]) -> st.SearchStrategy[Event]:
    return st.builds(Event, kind=st.just(kind), day=st.integers(0, 140), **({"order": st.sampled_from("ABC")} | more))


events = st.one_of(
    of("run"), of("run"), of("run"), of("run_12"), of("tap", action=st.sampled_from(ACTIONS)), of("tap"),
    of("tap", action=st.just("pause")), of("signal", order=st.sampled_from(["A", "B", "", "no such"])),
    of("bind", binding=st.sampled_from(["bind", "bind", "nothing", "rules"]),
       days=st.none() | st.integers(0, 50), program=st.sampled_from(["795", "12", None])),
    of("nest", order=st.sampled_from(["", "A", "B", "AB", "ABC"]), program=st.sampled_from(["795", "12"])),
    of("close", days=st.none() | st.just(0)),
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(events, max_size=40), st.lists(st.integers(1, 4), min_size=1), st.sampled_from([None, "nest"]),
    st.booleans(),
)  # fmt: skip
def test_joining_step_by_step_is_joining_everything(
    coming: list[Event], cuts: list[int], rule: str | None, by_time: bool
) -> None:
    """Whatever comes, in whatever order and pieces: runs, reports, signals, words, nests, orders closed."""
    coming = sorted(coming, key=lambda event: event.day) if by_time else coming
    with pytest.MonkeyPatch.context() as patch, opened(rule) as writer:
        patch.setattr(statement_store, "FOLD_ON_AFTER", 2)
        for order in "ABC":
            plan(writer, order)
        settled = 0
        for number, event in enumerate(coming, 1):
            come(writer, number, event)
            if number - settled >= cuts[number % len(cuts)]:
                work_store.settle(writer)
                settled = number
        work_store.settle(writer)
        bit_by_bit = work(writer)
        writer.run("DELETE FROM taken_up")
        store.mark_due(writer, KEY, ALL)
        work_store.settle(writer)
        assert bit_by_bit == work(writer)


def test_what_was_paused_counts_again_once_the_start_beside_it_is_forgotten() -> None:
    """It does so whether the run is joined alone or with others before it."""
    with opened() as writer:
        plan(writer, "A")
        plan(writer, "B")
        ran(writer, 0)
        tap(writer, 1, 1 * DAY, "A", "start")
        tap(writer, 2, 10 * DAY, "B", "start")
        tap(writer, 3, 20 * DAY, "B", "pause")
        ran(writer, 65 * DAY)
        work_store.settle(writer)
        together = work(writer)
        parts.mark_judged(writer, 1, 65 * DAY)
        work_store.settle(writer)
        assert work(writer) == together
        assert [row[5] for row in together] == [None, "B"]


def test_one_more_run_costs_the_same_however_much_was_said() -> None:
    """A start and a finish, a word and a table for each order, which the machine names as well."""

    def go_on(writer: Writer, first: int, after: int) -> None:
        for number in range(first, after):
            order, at_us = f"O-{number}", number * DAY
            plan(writer, order)
            tap(writer, 2 * number, at_us, order, "start")
            told(writer, number, at_us, "order", order)
            bound = Binding(0, "795", at_us, at_us + S, "bind", (order, "10"))
            binding_store.add(writer, KEY, bound, ("a@aoba.example", 0, None))
            line = NestLine(order=order, operation="10", quantity=1)
            orders.save_nest(writer, Nest(machine=KEY, program=f"N-{number}", lines=(line,)))
            ran(writer, at_us + 100 * S)
            tap(writer, 2 * number + 1, at_us + 200 * S, order, "finish")
            work_store.settle(writer)

    def joined(writer: Writer, at_us: int) -> int:
        ran(writer, at_us)
        return operations(writer, lambda: work_store.settle(writer))

    with opened() as writer:
        go_on(writer, 0, 40)
        few = max(joined(writer, 40 * DAY + 300 * n * S) for n in range(10))
        go_on(writer, 41, 400)
        many = max(joined(writer, 401 * DAY + 300 * n * S) for n in range(10))
        assert many <= 1.5 * few
        assert [row[5] for row in work(writer)][-1] == "O-399"
