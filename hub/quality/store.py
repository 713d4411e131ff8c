"""Characteristics, gauges and decisions of one company on disk. Measurements: `measured_store`.

Times are microseconds since 1970 UTC, days YYYY-MM-DD. What is written here has been checked before.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from hub.quality.model import Calibration, Characteristic, Decision, Gauge
from hub.stores.company import Reader, Writer

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Characteristic).decode


def find_characteristic(reader: Reader, characteristic: str) -> Characteristic | None:
    """The characteristic of that key."""
    row = reader.one("SELECT made FROM characteristics WHERE characteristic = ?", (characteristic,))
    return None if row is None else _decode(row[0])


def characteristics(
    reader: Reader, after: str | None, limit: int, *, item: str | None = None, operation: str | None = None
) -> list[Characteristic]:
    """Characteristics by key, those after `after`, also those that are no longer asked for."""
    rows = reader.all(
        "SELECT made FROM characteristics WHERE (?1 IS NULL OR characteristic > ?1) AND (?2 IS NULL OR item = ?2)"
        " AND (?3 IS NULL OR operation = ?3) ORDER BY characteristic LIMIT ?4",
        (after, item, operation, limit),
    )
    return [_decode(row[0]) for row in rows]


def plan(reader: Reader, item: str, operation: str) -> list[Characteristic]:
    """What is to be measured at one operation of an item, by key."""
    return [
        made for made in characteristics(reader, None, 1000, item=item, operation=operation) if made.active
    ]  # fmt: skip


def save_characteristic(writer: Writer, made: Characteristic) -> None:
    """The characteristic as it is now."""
    writer.run(
        "INSERT OR REPLACE INTO characteristics VALUES (?, ?, ?, ?)",
        (made.characteristic, made.item, made.operation, _encode(made)),
    )


def pool(reader: Reader, process: str | None, gauge: str | None) -> list[Characteristic]:
    """Measured characteristics of one process and gauge: what short runs are charted together."""
    if process is None or gauge is None:
        return []
    found = characteristics(reader, None, 5000)
    return [each for each in found if (each.process, each.gauge, each.kind) == (process, gauge, "variable")]


def gauges(reader: Reader) -> list[Gauge]:
    """Every gauge with its last calibration."""
    rows = reader.all(
        "SELECT g.gauge, g.name, g.site, g.active, max(c.calibrated_on), c.due_on FROM gauges g"
        " LEFT JOIN calibrations c USING (gauge) GROUP BY g.gauge ORDER BY g.gauge"
    )
    return [
        Gauge(gauge=row[0], name=row[1], site=row[2], active=bool(row[3]), calibrated_on=row[4], due_on=row[5])
        for row in rows
    ]


def find_gauge(reader: Reader, gauge: str) -> Gauge | None:
    """The gauge of that number."""
    return next((each for each in gauges(reader) if each.gauge == gauge), None)


def save_gauge(writer: Writer, gauge: Gauge) -> None:
    """The gauge as it is now; its calibrations are kept apart."""
    writer.run(
        "INSERT OR REPLACE INTO gauges (gauge, name, site, active) VALUES (?, ?, ?, ?)",
        (gauge.gauge, gauge.name, gauge.site, int(gauge.active)),
    )


def save_calibration(writer: Writer, gauge: str, done: Calibration) -> None:
    """A calibration; one of the same day is replaced."""
    writer.run("INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?)", (gauge, done.calibrated_on, done.due_on))


def calibrations(reader: Reader) -> Mapping[str, list[Calibration]]:
    """Calibrations by gauge; a gauge that never was has an empty list."""
    found: dict[str, list[Calibration]] = {row[0]: [] for row in reader.all("SELECT gauge FROM gauges")}
    for gauge, calibrated_on, due_on in reader.all("SELECT gauge, calibrated_on, due_on FROM calibrations"):
        found.setdefault(gauge, []).append(Calibration(calibrated_on, due_on))
    return found


def save_decision(writer: Writer, epoch_no: int, seq: int, made: Decision) -> None:
    """What was decided about a nonconformance, in place of what was decided before."""
    writer.run(
        "INSERT OR REPLACE INTO dispositions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (epoch_no, seq, made.disposition, made.cause, made.note, made.by, made.at_us),
    )
