"""What control charts say, kept for one company: drawn anew only where something was measured or changed.

`settle` runs at the end of each step: verdicts that rest on changed books first, then a bounded number of the charts
that are due; whoever asks meanwhile draws those that are still due. Times are microseconds since 1970 UTC.
"""

from typing import Final

from hub.quality import measured_store as measured
from hub.quality.measured_store import Which
from hub.quality.model import ROOM, Characteristic, Exclusion
from hub.quality.store import find_characteristic
from hub.quality.view_model import Flag, View, flags, view
from hub.stores.company import Reader, Row, Writer

POINTS: Final = 300
BASELINE: Final = 5000
AT_ONCE: Final = 32
"""So many charts are drawn in one step; the rest with the next ones."""
_KEPT_MARKS: Final = 10_000
_FAR: Final = 2**62
_FLAG: Final = "characteristic, at, number, rule, spread, value, provisional, left_out, order_id, machine"
_EXCLUSION: Final = "epoch_no || '-' || seq, characteristic, reason, excluded_by, at"


def settle(writer: Writer) -> set[tuple[str, str]]:
    """Judges and draws anew what is due; the (room, key)s of which pages are to hear."""
    touched = _take_marks(writer)
    rows = writer.all("SELECT characteristic FROM charts_due ORDER BY characteristic LIMIT ?", (AT_ONCE,))
    for (characteristic,) in rows:
        redraw(writer, characteristic)
    return {(ROOM, characteristic) for characteristic in touched}


def _take_marks(writer: Writer) -> set[str]:
    """Judges again what changed books concern; the characteristics whose verdicts that changed."""
    rows = writer.all(
        "SELECT number, characteristic, order_id FROM quality_marks"
        " WHERE number > coalesce((SELECT number FROM decided WHERE name = 'quality'), 0)"
    )
    if not rows:
        return set()
    last = max(row[0] for row in rows)
    writer.run("INSERT OR REPLACE INTO decided (name, number) VALUES ('quality', ?)", (last,))
    writer.run("DELETE FROM quality_marks WHERE number <= ?", (last - _KEPT_MARKS,))
    touched: set[str] = set()
    for characteristic in sorted({row[1] for row in rows if row[1] is not None}):
        touched |= measured.judge_again(writer, characteristic=characteristic)
    for order in sorted({row[2] for row in rows if row[2] is not None}):
        touched |= measured.judge_again(writer, order=order)
    return touched


def redraw(writer: Writer, characteristic: str) -> None:
    """Keeps what a characteristic's chart says now."""
    made = find_characteristic(writer, characteristic)
    found = [] if made is None or not made.active else flags(characteristic, read_view(writer, made))
    writer.run("DELETE FROM charts_due WHERE characteristic = ?", (characteristic,))
    writer.run("DELETE FROM violations WHERE characteristic = ?", (characteristic,))
    writer.many(
        f"INSERT INTO violations ({_FLAG}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                each.characteristic, each.at_us, each.number, each.rule, int(each.spread), each.value,
                int(each.provisional), int(each.left_out), each.order, each.machine,
            )
            for each in found
        ],
    )  # fmt: skip


def read_view(
    reader: Reader, made: Characteristic, *, from_us: int = -_FAR, to_us: int = _FAR, limit: int = POINTS
) -> View:
    """The chart of a characteristic by itself: of its newest `limit` measurements in ``[from_us, to_us)``."""
    key = made.characteristic
    shown = measured.measurements(reader, Which(characteristic=key, from_us=from_us, to_us=to_us), limit)
    left_out = {each.id for each in exclusions(reader, key)}
    base_from, base_to = made.baseline_from_us, made.baseline_to_us
    if base_from is None or base_to is None or not shown:
        return view(made, shown, left_out=left_out)
    begins = shown[0].at_us
    before = measured.measurements(
        reader, Which(characteristic=key, from_us=base_from, to_us=min(base_to, begins)), BASELINE
    )
    between = measured.count(reader, key, (base_to, begins)) if base_to < begins else 0
    return view(made, shown, before, between, left_out)


def violations(reader: Reader, since_us: int, limit: int = 1000) -> list[Flag]:
    """Rules broken at or after a moment on any chart: the newest `limit`, the newest first."""
    rows = reader.all(
        f"SELECT {_FLAG} FROM violations WHERE at >= ?"
        " AND characteristic NOT IN (SELECT characteristic FROM charts_due)"
        " ORDER BY at DESC, characteristic, number DESC, spread, rule LIMIT ?",
        (since_us, limit),
    )
    found = [_flag(row) for row in rows]
    for (characteristic,) in reader.all("SELECT characteristic FROM charts_due"):
        made = find_characteristic(reader, characteristic)
        if made is not None and made.active:
            found += [each for each in flags(characteristic, read_view(reader, made)) if each.at_us >= since_us]
    return sorted(found, key=_place)[:limit]


def _place(each: Flag) -> tuple[int, str, int, bool, str]:
    return -each.at_us, each.characteristic, -each.number, each.spread, each.rule


def _flag(row: Row) -> Flag:
    return Flag(
        characteristic=row[0], at_us=row[1], number=row[2], rule=row[3], spread=bool(row[4]), value=row[5],
        provisional=bool(row[6]), left_out=bool(row[7]), order=row[8], machine=row[9],
    )  # fmt: skip


def exclusions(reader: Reader, characteristic: str) -> list[Exclusion]:
    """What was left out of a chart's baseline, the newest decision first."""
    rows = reader.all(
        f"SELECT {_EXCLUSION} FROM exclusions WHERE characteristic = ? ORDER BY at DESC, epoch_no, seq",
        (characteristic,),
    )
    return [Exclusion(id=row[0], characteristic=row[1], reason=row[2], by=row[3], at_us=row[4]) for row in rows]


def exclude(writer: Writer, epoch_no: int, seq: int, made: Exclusion) -> None:
    """Leaves a measurement's point out of its chart's baseline, in place of what was said of it before."""
    writer.run(
        "INSERT OR REPLACE INTO exclusions VALUES (?, ?, ?, ?, ?, ?)",
        (epoch_no, seq, made.characteristic, made.reason, made.by, made.at_us),
    )


def include(writer: Writer, epoch_no: int, seq: int) -> None:
    """Takes a measurement's point into the baseline again."""
    writer.run("DELETE FROM exclusions WHERE epoch_no = ? AND seq = ?", (epoch_no, seq))
