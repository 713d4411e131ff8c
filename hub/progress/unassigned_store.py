"""Programs that ran and belong to nothing, on disk. Times are microseconds since 1970, UTC."""

import msgspec

from hub.stores.company import Reader


class Unassigned(msgspec.Struct, frozen=True):
    """Runs of one program version of a machine that nobody named an order for. `named`: what the machine said."""

    machine: str
    program: str
    version: int
    comment: str | None
    runs: int
    parts: int
    since_us: int
    until_us: int
    active_us: int
    named: str | None


def unassigned(reader: Reader, site: str | None, limit: int) -> list[Unassigned]:
    """What belongs to nothing, by machine and program version, the latest first; `site` None: at every site."""
    rows = reader.all(
        "SELECT m.machine, w.program, v.version, v.comment, count(*), sum(w.parts), min(w.started), max(w.ended),"
        " sum(w.active), max(w.named) FROM work w JOIN machines m USING (machine_id) JOIN versions v"
        " ON v.machine_id = w.machine_id AND v.program = w.program AND w.started BETWEEN v.since AND v.until"
        " WHERE w.order_id IS NULL AND w.source IS NULL AND w.program IS NOT NULL"
        " AND (?1 IS NULL OR m.machine LIKE ?1 || '/%') GROUP BY m.machine, w.program, v.version"
        " ORDER BY max(w.ended) DESC, m.machine, w.program LIMIT ?2",
        (site, limit),
    )
    return [
        Unassigned(machine, program, version, comment, runs, parts, since, until, round(active), named)
        for machine, program, version, comment, runs, parts, since, until, active, named in rows
    ]


def listed(reader: Reader, machine: str, program: str) -> list[tuple[str, str]]:
    """Operations in a program's table."""
    rows = reader.all(
        "SELECT order_id, operation FROM program_lines WHERE machine = ? AND program = ? ORDER BY 1, 2",
        (machine, program),
    )
    return [(order, operation) for order, operation in rows]


def under_way(reader: Reader) -> list[tuple[str, str]]:
    """Operations of which something was reported and that were not finished after that."""
    rows = reader.all(
        "SELECT order_id, operation, max(at) FILTER (WHERE action IN ('finish')) AS ended,"
        " max(at) FILTER (WHERE action <> 'finish') AS worked FROM progress_reports GROUP BY order_id, operation"
    )
    return [(order, operation) for order, operation, ended, worked in rows if ended is None or (worked or 0) > ended]
