"""A company's reasons for rejecting a piece, on disk."""

from collections.abc import Sequence

from contract.worklist import ReasonWord
from hub.stores.company import Reader, Writer
from hub.worklist.model import REJECT_REASONS


def reject_reasons(reader: Reader) -> tuple[ReasonWord, ...]:
    """The company's reasons, in its order; the default ones where it chose none."""
    rows = reader.all("SELECT code, ja, en FROM reject_reasons ORDER BY position")
    return tuple(ReasonWord(code=code, ja=ja, en=en) for code, ja, en in rows) or REJECT_REASONS


def set_reject_reasons(writer: Writer, reasons: Sequence[ReasonWord]) -> None:
    """Puts these reasons in place of those before; none: the default ones."""
    writer.run("DELETE FROM reject_reasons")
    writer.many(
        "INSERT INTO reject_reasons (code, ja, en, position) VALUES (?, ?, ?, ?)",
        [(one.code, one.ja, one.en, place) for place, one in enumerate(reasons)],
    )
