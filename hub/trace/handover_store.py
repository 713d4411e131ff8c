"""Lots that went to or came from another company of this hub: each side keeps the token's digest, never the token.

`side` is "out" where it was shipped and "in" where it was received. Times are microseconds since 1970.
"""

import hashlib
from typing import Literal, TypeAlias

import msgspec

from hub.stores.company import Reader, Row, Writer

Side: TypeAlias = Literal["out", "in"]


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over as this side knows it. `company` None: whoever has the token.

    `alias`: the lot's name between the two companies; `salt` makes the names under which its relatives are told.
    """

    digest: str
    side: Side
    lot: str
    alias: str
    company: str | None
    company_name: str | None
    quantity: float | None
    unit: str | None
    made_us: int
    ends_us: int | None
    salt: str


_COLUMNS = "digest, side, lot, alias, company, company_name, quantity, unit, made, ends, salt"


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _handover(row: Row) -> Handover:
    return Handover(**dict(zip(Handover.__struct_fields__, row, strict=True)))


def find(reader: Reader, digest: str) -> Handover | None:
    """The hand-over with that token's digest; None where this company has no part in it."""
    row = reader.one(f"SELECT {_COLUMNS} FROM handovers WHERE digest = ? ORDER BY side LIMIT 1", (digest,))
    return None if row is None else _handover(row)


def all_of(reader: Reader) -> list[Handover]:
    """Every hand-over, the newest first."""
    return [_handover(row) for row in reader.all(f"SELECT {_COLUMNS} FROM handovers ORDER BY made DESC, digest")]


def add(writer: Writer, made: Handover) -> None:
    """Keeps a hand-over."""
    writer.run(
        f"INSERT INTO handovers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(made)
    )


def consents(reader: Reader, lot: str, company: str, now_us: int) -> bool:
    """Whether a company may ask about the relatives of a lot now."""
    row = reader.one(
        "SELECT 1 FROM trace_consents WHERE lot = ? AND company = ? AND (until IS NULL OR until > ?)",
        (lot, company, now_us),
    )
    return row is not None


def give_consent(writer: Writer, consent: tuple[str, str, int | None, str, int]) -> None:
    """(lot, company, until, given by, given): lets a company ask; in place of what was said before."""
    writer.run(
        "INSERT OR REPLACE INTO trace_consents (lot, company, until, given_by, given) VALUES (?, ?, ?, ?, ?)", consent
    )


def end_consent(writer: Writer, lot: str, company: str) -> bool:
    """Lets a company no longer ask; whether it could."""
    return writer.run("DELETE FROM trace_consents WHERE lot = ? AND company = ?", (lot, company)) > 0


def consents_of(reader: Reader, lot: str) -> list[tuple[str, int | None]]:
    """(company, until) of every consent for a lot."""
    rows = reader.all("SELECT company, until FROM trace_consents WHERE lot = ? ORDER BY company", (lot,))
    return [(company, until) for company, until in rows]
