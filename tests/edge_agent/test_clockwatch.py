"""The agent's own clock: a correction is noticed and becomes records; a slow drift is not one."""

from contract.codec import decode_record
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.writer import Clocks
from edge_agent.clockwatch import ClockWatch
from tests.support.agents import NOON_US, observation, open_buffer, rows_entry


def test_steps_are_noticed_and_drift_is_not():
    wall, steady = NOON_US, 100.0
    watch = ClockWatch(Clocks(lambda: wall, lambda: steady, lambda: ""), 1)
    for _ in range(5000):  # 0.1 % too fast for hours
        wall, steady = wall + 2_002_000, steady + 2.0
        assert watch.correction_us() is None
    wall, steady = wall + 2_000_000 + 86_400_000_000, steady + 2.0
    assert watch.correction_us() == 86_400_000_000
    assert watch.correction_us() is None
    wall -= 3_600_000_000
    assert watch.correction_us() == -3_600_000_000


async def test_a_correction_says_which_numbers_it_is_about(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0))
    await buffer.append(rows_entry([observation("program", f"P{n}", NOON_US + n) for n in range(4)]))
    await buffer.note_clock(5_000_000, 3, NOON_US)
    taken = await buffer.take(4, 10, 2**20)
    wrong, right = (decode_record(record) for record in taken.records)
    assert (wrong.seq, wrong.offset_us, wrong.from_seq) == (5, 5_000_000, 3)
    assert (right.seq, right.offset_us, right.from_seq) == (6, 0, 5)
    await buffer.close()
