"""The graph of lots on disk: what records claim, which claims stand, the links that follow, and their closure.

Claims are kept under (epoch number, number, parent); a claim whose record would close a circle stays, refused, and
is judged again when something near it changes. Lots are meant by their numbers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from hub.stores.company import Reader, Writer
from hub.trace.model import Claim, Claimant, Direction, Identity, circular
from hub.trace.steps_store import lot_id

_DOWN: Final = """
WITH RECURSIVE reached (id) AS (VALUES (?)
    UNION SELECT c.child_id FROM reached r CROSS JOIN lot_claims c ON c.parent_id = r.id)
SELECT id FROM reached"""
_UP: Final = """
WITH RECURSIVE reached (id) AS (VALUES (?)
    UNION SELECT c.parent_id FROM reached r CROSS JOIN lot_claims c ON c.child_id = r.id)
SELECT id FROM reached"""
_RING: Final[Mapping[Direction, str]] = {
    "forward": "SELECT l.parent_id, l.child_id, l.quantity, l.unit FROM json_each(?) r"
    " CROSS JOIN lot_links l ON l.parent_id = r.value",
    "back": "SELECT l.parent_id, l.child_id, l.quantity, l.unit FROM json_each(?) r"
    " CROSS JOIN lot_links l ON l.child_id = r.value",
}


Link: TypeAlias = tuple[int, int, float | None, str | None]
"""(parent, child, quantity, unit): so much of the parent went into the child; None where that is not known."""


def closure(reader: Reader, starts: Sequence[int], direction: Direction) -> list[Link]:
    """Every link on every way from these lots, back to where they came from or forward to what they became.

    The nearest come first. Ring by ring each link is read once; one recursive statement would read each of them twice.
    """
    far = 0 if direction == "back" else 1
    found: list[Link] = []
    ring, known = list(starts), set(starts)
    while ring:
        links = reader.all(_RING[direction], (json.dumps(ring),))
        found += links
        ring = [lot for lot in dict.fromkeys(link[far] for link in links) if lot not in known]
        known.update(ring)
    return found


def write_claims(writer: Writer, identity: Identity, claims: Sequence[Claim]) -> set[int]:
    """Keeps what a record claims, in place of what it claimed before; the lots whose claims changed."""
    before = {
        (parent, child): stated
        for parent, child, stated in writer.all(
            "SELECT parent_id, child_id, stated FROM lot_claims WHERE epoch_no = ? AND seq = ?", identity
        )
    }
    after = {(lot_id(writer, one.parent), lot_id(writer, one.child)): one.stated for one in claims}
    gone = [edge for edge in before if edge not in after]
    fresh = [(edge, stated) for edge, stated in after.items() if edge not in before]
    writer.many(
        "DELETE FROM lot_claims WHERE epoch_no = ? AND seq = ? AND parent_id = ?",
        [(*identity, parent) for parent, _ in gone],
    )
    writer.many(
        "INSERT INTO lot_claims (epoch_no, seq, parent_id, child_id, stated) VALUES (?, ?, ?, ?, ?)",
        [(*identity, *edge, stated) for edge, stated in fresh],
    )
    return {end for edge in gone for end in edge} | {end for edge, _ in fresh for end in edge}


def decide(writer: Writer, fresh: Iterable[Identity]) -> set[int]:
    """Judges which claims close circles: those of fresh records, and those that were refused; lots that changed."""
    stood = {(epoch, seq) for epoch, seq in writer.all("SELECT epoch_no, seq FROM lot_steps WHERE circular")}
    asked = {*fresh, *stood}
    entangled, waiting = set[Identity](), set(asked)
    while waiting:
        found = {mate for identity in waiting for edge in edges(writer, identity) for mate in _mates(writer, edge)}
        entangled, waiting = entangled | found, found - entangled
    refused = circular(_claimant(writer, identity) for identity in sorted(entangled))
    changed = refused ^ stood
    writer.many(
        "UPDATE lot_steps SET circular = ? WHERE epoch_no = ? AND seq = ?",
        [(identity in refused, *identity) for identity in changed],
    )
    return {end for identity in changed for edge in edges(writer, identity) for end in edge}


def edges(reader: Reader, identity: Identity) -> list[tuple[int, int]]:
    """(parent, child) that a record claims."""
    rows = reader.all("SELECT parent_id, child_id FROM lot_claims WHERE epoch_no = ? AND seq = ?", identity)
    return [(parent, child) for parent, child in rows]


def _mates(reader: Reader, edge: tuple[int, int]) -> set[Identity]:
    """The records with a claim on a circle through this edge, its own among them; none where it is on none."""
    parent, child = edge
    ends = reader.one(
        "SELECT EXISTS (SELECT 1 FROM lot_claims WHERE parent_id = ?) AND EXISTS"
        " (SELECT 1 FROM lot_claims WHERE child_id = ?)",
        (child, parent),
    )
    if ends is None or not ends[0]:
        return set()
    below = {row[0] for row in reader.all(_DOWN, (child,))}
    if parent not in below:
        return set()
    ring = json.dumps(sorted(below & {row[0] for row in reader.all(_UP, (parent,))}))
    rows = reader.all(
        "SELECT DISTINCT epoch_no, seq FROM lot_claims WHERE parent_id IN (SELECT value FROM json_each(?))"
        " AND child_id IN (SELECT value FROM json_each(?))",
        (ring, ring),
    )
    return {(epoch, seq) for epoch, seq in rows}


def _claimant(reader: Reader, identity: Identity) -> Claimant:
    row = reader.one("SELECT at FROM lot_steps WHERE epoch_no = ? AND seq = ?", identity)
    assert row is not None
    return Claimant((row[0], *identity), tuple(edges(reader, identity)))


def would_circle(reader: Reader, parents: Iterable[str], child: str) -> str | None:
    """The first of the parents that comes from `child` itself; None where none does."""
    row = reader.one("SELECT lot_id FROM lots WHERE lot = ?", (child,))
    if row is None:
        return None
    below = {child for _, child, _, _ in closure(reader, [row[0]], "forward")}
    for parent in parents:
        found = reader.one("SELECT lot_id FROM lots WHERE lot = ?", (parent,))
        if found is not None and found[0] in below:
            return parent
    return None


def write_amounts(writer: Writer, parent: int, taken: Mapping[Identity, tuple[float | None, str | None]]) -> set[int]:
    """Keeps how much of a parent each of its uses took; the children for which that changed."""
    children: set[int] = set()
    for (epoch_no, seq), (amount, unit) in taken.items():
        row = writer.one(
            "UPDATE lot_claims SET amount = ?, unit = ? WHERE epoch_no = ? AND seq = ? AND parent_id = ?"
            " AND (amount IS NOT ? OR unit IS NOT ?) RETURNING child_id",
            (amount, unit, epoch_no, seq, parent, amount, unit),
        )
        if row is not None:
            children.add(row[0])
    return children


def amounts(reader: Reader, identity: Identity) -> list[tuple[float | None, str | None]]:
    """(quantity, unit) that a record took of each of its parents."""
    rows = reader.all("SELECT amount, unit FROM lot_claims WHERE epoch_no = ? AND seq = ?", identity)
    return [(amount, unit) for amount, unit in rows]


def write_links(writer: Writer, parent: int) -> None:
    """The links that lead on from a lot, from the claims that stand: quantities of one unit are added up."""
    writer.run("DELETE FROM lot_links WHERE parent_id = ?", (parent,))
    writer.run(
        "INSERT INTO lot_links (parent_id, child_id, quantity, unit)"
        " SELECT c.parent_id, c.child_id,"
        " CASE WHEN count(*) = count(c.amount) AND count(DISTINCT coalesce(c.unit, '')) = 1 THEN sum(c.amount) END,"
        " CASE WHEN count(DISTINCT coalesce(c.unit, '')) = 1 THEN max(c.unit) END"
        " FROM lot_claims c JOIN lot_steps s USING (epoch_no, seq) WHERE c.parent_id = ? AND NOT s.circular"
        " GROUP BY c.parent_id, c.child_id",
        (parent,),
    )
