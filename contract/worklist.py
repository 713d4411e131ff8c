"""What the hub gives a terminal at the machines: who works there, what is open, what to measure, which reasons exist.

The other way round than a batch: the agent asks for it (``GET /api/v1/worklist``, with its own credential), gets what
belongs to its site and nothing else, keeps the last copy on disk and works from that while the hub is away. Fields are
only ever added, with a default; unknown ones are ignored. Durations carry their unit; `due` is a calendar day of the
site. Codes and numbers are texts as people write them, at most `MAX_CODE` characters.
"""

import unicodedata
from typing import Final, Literal, TypeAlias

import msgspec

from contract.records import Time

VERSION: Final = 1
MAX_CODE: Final = 64
OperationStatus: TypeAlias = Literal["planned", "started", "paused", "finished"]


class WorkMachine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A machine of the site, by its key `site/machine`."""

    machine: str
    name: str | None = None


class Worker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person who works there, by badge or short code."""

    code: str
    name: str | None = None


class WorkOperation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One open operation of an order. `status` and the counts are what the hub knows at `Worklist.made_at`."""

    order: str
    operation: str
    process: str | None = None
    item: str | None = None
    item_name: str | None = None
    revision: str | None = None
    quantity: int | None = None
    due: str | None = None
    priority: int | None = None
    machine: str | None = None
    machine_class: str | None = None
    note: str | None = None
    status: OperationStatus | None = None
    good: int | None = None
    reject: int | None = None
    rework: int | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One characteristic to look at: a number between limits (`variable`), or right or wrong (`attribute`).

    On each `every`-th piece (None: as people see fit), and on the `first` and the `last` one.
    """

    characteristic: str
    name: str | None = None
    kind: Literal["variable", "attribute"] = "variable"
    nominal: float | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str | None = None
    gauge: str | None = None
    every: int | None = None
    first: bool = False
    last: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The inspection plan of one operation of an item."""

    item: str
    operation: str
    checks: tuple[Check, ...] = ()


class ReasonWord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reason to choose, in both languages."""

    code: str
    ja: str
    en: str
    group: str | None = None


class Worklist(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that the terminals of one site need to know."""

    v: int
    site: str
    made_at: Time
    machines: tuple[WorkMachine, ...] = ()
    operators: tuple[Worker, ...] = ()
    operations: tuple[WorkOperation, ...] = ()
    plans: tuple[Plan, ...] = ()
    stop_reasons: tuple[ReasonWord, ...] = ()
    reject_reasons: tuple[ReasonWord, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Worklist)


def encode_worklist(worklist: Worklist) -> bytes:
    """A list of work as JSON."""
    return _encoder.encode(worklist)


def decode_worklist(raw: bytes) -> Worklist:
    """A list of work from JSON; msgspec.ValidationError or DecodeError where it is none, or of another version."""
    worklist = _decoder.decode(raw)
    if worklist.v != VERSION:
        raise msgspec.ValidationError(f"worklist version {worklist.v} is not known here; this side speaks {VERSION}")
    return worklist


def tidy_code(typed: str) -> str:
    r"""A code or number as it is kept: NFKC, no control characters, trimmed, inner blanks single.

    >>> tidy_code(" ＰＯ－１２３\u3000 ４\t")
    'PO-123 4'
    """
    text = unicodedata.normalize("NFKC", typed)
    plain = "".join(" " if letter.isspace() else letter for letter in text)
    return " ".join("".join(letter for letter in plain if unicodedata.category(letter)[0] != "C").split())


def operation_code(order: str, operation: str) -> str:
    """What the code on a traveller says: ``ORDER/OPERATION``.

    >>> operation_code("A-100", "20")
    'A-100/20'
    """
    return f"{order}/{operation}"


def split_operation_code(code: str) -> tuple[str, str] | None:
    """Order and operation of a code; the order itself may have a slash. None where it is no such code.

    >>> split_operation_code("2026/A-100/20"), split_operation_code("A-100")
    (('2026/A-100', '20'), None)
    """
    order, slash, operation = tidy_code(code).rpartition("/")
    return (order.strip(), operation.strip()) if slash and order.strip() and operation.strip() else None
