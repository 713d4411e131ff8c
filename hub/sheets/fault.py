"""What is wrong with a field or a cell, said in both languages: forms and previews show it where it is."""

from typing import Final

import msgspec

from hub.errors import Invalid


class Refused(Invalid):
    """A field that cannot be taken, always said in both languages."""

    ja: str

    def __init__(self, en: str, ja: str, field: str | None = None) -> None:
        super().__init__(en, field, ja)

    def at(self, field: str) -> "Refused":
        """The same of a field, where it does not say yet of which."""
        return self if self.field is not None else Refused(self.message, self.ja, field)


class CellFault(msgspec.Struct, frozen=True, kw_only=True):
    """A bad cell: `place` as spreadsheets name it ("B7"), `row` its number; `heading` None where it has none."""

    row: int
    column: str
    heading: str | None
    en: str
    ja: str

    @property
    def place(self) -> str:
        """``B7``."""
        return f"{self.column}{self.row}"

    def text(self, lang: str) -> str:
        """What is wrong, in a language."""
        return self.ja if lang == "ja" else self.en


_A: Final = ord("A")


def column_name(index: int) -> str:
    """The letters of a column, counted from 0.

    >>> column_name(0), column_name(25), column_name(26), column_name(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(_A + rest) + name
    return name
