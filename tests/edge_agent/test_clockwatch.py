"""The agent's own time: even, corrected by the computer's clock or by the hub, and every correction is told once."""

import pytest

from contract.codec import decode_record
from contract.times import to_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import BufferFull
from edge_agent.clocks import Clocks
from edge_agent.clockwatch import AgentClock
from edge_agent.normalise.track import SeriesKey
from edge_agent.timekeeping import Timekeeper
from tests.support.agents import NOON_US, observation, open_buffer, rows_entry, values_entry

S = 1_000_000
DAY = 86_400 * S


class World:
    """A computer whose clock and uptime the test sets; numbers as a buffer would give them."""

    def __init__(self, wall_us: int = NOON_US):
        self.wall_us = wall_us
        self.steady_s = 1000.0
        self.next_seq = 1
        self.told = []

    def goes_on(self, s: float, wall_s: float | None = None):
        self.steady_s += s
        self.wall_us += round((s if wall_s is None else wall_s) * 1e6)

    def clock(self, remembered=None, boot="boot-1"):
        return AgentClock(
            lambda: self.wall_us, lambda: self.steady_s, boot, remembered, lambda: self.next_seq,
            lambda step, first: self.told.append((step, first)),
        )  # fmt: skip


def test_a_clock_that_is_slowed_or_sped_up_is_followed():
    world = World()
    clock = world.clock()
    for _ in range(5000):  # 0.1 % too fast for hours
        world.goes_on(2.0, 2.002)
        clock.look()
        assert clock.now_us() == world.wall_us
    assert world.told == []


@pytest.mark.parametrize("step", [56 * 365 * DAY, 600 * S, -9 * 3600 * S])
def test_a_computer_that_learns_the_time_is_believed_until_the_hub_was_heard(step):
    world = World()
    clock = world.clock()
    world.next_seq = 40
    world.goes_on(10)
    before = clock.now_us()
    world.goes_on(0.5)
    world.wall_us += step
    clock.look()
    assert clock.now_us() == world.wall_us
    assert world.told == [(step, 1)]
    assert clock.ours(before) in {world.wall_us, before}  # stamped before the step: by the new time, or as it was
    clock.look()
    assert len(world.told) == 1


def test_what_the_hub_says_is_taken_over_and_told_from_the_first_number_on():
    world = World()
    clock = world.clock()
    world.next_seq = 7
    assert clock.measured(600 * S, 20_000) == 600 * S
    assert world.told == [(600 * S, 1)]
    assert clock.now_us() == world.wall_us + 600 * S
    assert clock.ours(world.wall_us - 5) == world.wall_us + 600 * S - 5
    assert clock.measured(1000, 20_000) == 600 * S + 1000  # so much is the computer's own clock wrong
    assert len(world.told) == 1


def test_a_slow_answer_sets_nothing():
    world = World()
    clock = world.clock()
    clock.measured(14 * S, 15 * S)
    assert world.told == []
    assert not clock.checked
    clock.measured(40 * S, 15 * S)  # surely wrong, but not sure by how much
    clock.measured(-3 * S, 10_000)
    assert world.told == [(40 * S, 1), (-3 * S, 1)]


def test_after_the_hub_confirmed_the_time_nobody_at_the_computer_changes_it():
    world = World()
    clock = world.clock()
    clock.measured(3000, 10_000)
    for step in (-9 * 3600 * S, 5 * 3600 * S):
        world.goes_on(2)
        now = clock.now_us()
        world.wall_us += step
        clock.look()
        assert clock.now_us() == now
        assert clock.ours(world.wall_us) == now
    assert world.told == []
    world.wall_us += 4 * 3600 * S  # right again
    clock.look()
    assert clock.set_us == 0
    assert clock.now_us() == world.wall_us
    assert world.told == []


def test_a_computer_that_was_paused_is_put_right_by_the_hub_from_the_last_confirmation_on():
    world = World()
    clock = world.clock()
    world.next_seq = 500
    clock.measured(0, 10_000)
    world.next_seq = 510
    world.wall_us += 3600 * S  # a virtual machine wakes up: the even clock stood still as well
    clock.look()
    clock.measured(3600 * S, 10_000)
    assert world.told == [(3600 * S, 500)]


def test_what_is_stamped_just_when_the_clock_is_set_is_not_in_another_time():
    world = World(NOON_US)
    clock = world.clock()
    old = world.wall_us
    world.goes_on(0.1)
    world.wall_us -= 3600 * S
    assert clock.ours(old) == world.wall_us
    assert world.told == [(-3600 * S, 1)]
    world.goes_on(1)
    assert clock.ours(world.wall_us - 3) == world.wall_us - 3


def test_the_time_goes_on_when_the_agent_is_started_again_but_not_when_the_computer_is():
    world = World(10 * S)
    first = world.clock()
    kept = first.remember()
    world.goes_on(30)
    world.next_seq = 20
    world.wall_us += NOON_US  # the network came while no agent ran
    second = world.clock(kept)
    assert second.continues
    second.look()
    assert world.told == [(NOON_US, 1)]
    third = world.clock(second.remember(), boot="boot-2")
    assert not third.continues
    world.wall_us += 60 * S
    third.look()
    assert world.told[-1] == (60 * S, 20)
    assert world.clock(boot=None).remember() is None


async def records_of(buffer):
    return [decode_record(record) for record in (await buffer.take(0, 100, 2**20)).records]


async def test_a_correction_is_numbered_behind_all_that_was_stamped_before_it(tmp_path):
    world = World(10 * S)
    computer = Clocks(lambda: world.wall_us, lambda: world.steady_s, lambda: "e")
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0), computer)
    keeper = Timekeeper(buffer, computer, lambda: world.steady_s, "boot-1")
    moved = []
    keeper.tell(moved.append)
    series = buffer.series(SeriesKey("main/laser-1", "load", "%", "good", None, replayed=False))
    await buffer.append(rows_entry([observation("program", "P1", 10 * S)]))
    await buffer.append(values_entry([series], [10 * S], [1.0], 10 * S))
    keeper.clocks.measured(NOON_US, 1000)
    await buffer.append(rows_entry([observation("program", "P2", keeper.clocks.now_us())]))
    found = await records_of(buffer)
    assert [type(record).__name__ for record in found] == ["Observation", "Samples", "Clock", "Observation"]
    assert (found[2].offset_us, found[2].from_seq, to_us(found[2].at)) == (NOON_US, 1, NOON_US + 10 * S)
    assert moved == [NOON_US]
    await buffer.close()
    again = await open_buffer(tmp_path / "b.sqlite", Limits(), computer)
    assert Timekeeper(again, computer, lambda: world.steady_s, "boot-1").clocks.now_us() == NOON_US + 10 * S
    await again.close()


async def test_what_was_stamped_in_1970_is_not_too_old_to_be_kept(tmp_path):
    world = World(10 * S)
    computer = Clocks(lambda: world.wall_us, lambda: world.steady_s, lambda: "e")
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0), computer)
    keeper = Timekeeper(buffer, computer, lambda: world.steady_s, "boot-1")
    await buffer.append(rows_entry([observation("program", f"P{n}", 10 * S) for n in range(5)]))
    keeper.clocks.measured(NOON_US, 1000)
    world.goes_on(10)  # the next upkeep is due
    await buffer.append(rows_entry([observation("program", "P9", NOON_US)]))
    await buffer.refused()  # is asked after it
    assert buffer.stats.oldest_seen_us == NOON_US + 10 * S
    assert buffer.stats.given_up == 0
    assert len(await records_of(buffer)) == 7
    await buffer.close()


async def fill(buffer, value):
    while True:
        try:
            await buffer.append(rows_entry([observation("program", value, 10 * S)]))
        except BufferFull:
            return


async def test_a_correction_that_finds_no_room_is_stored_later(tmp_path):
    world = World(10 * S)
    computer = Clocks(lambda: world.wall_us, lambda: world.steady_s, lambda: "e")
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0, max_pages=40), computer)
    keeper = Timekeeper(buffer, computer, lambda: world.steady_s, "boot-1")
    for size in (500, 1):
        await fill(buffer, "P" * size)
    before = buffer.stats.last_seq
    keeper.clocks.measured(NOON_US, 1000)
    await buffer.settle(buffer.epoch, before - 1, NOON_US)
    await buffer.append(rows_entry([observation("program", "P9", NOON_US)]))  # makes room
    keeper.retry()
    assert [type(record).__name__ for record in (await records_of(buffer))[-2:]] == ["Observation", "Clock"]
    await buffer.close()
