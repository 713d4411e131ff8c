"""What can be asked and done: questions, commands, and the words their rows are marked with.

A feature exposes tuples ``QUESTIONS`` and ``COMMANDS``; `hub.bootstrap` assembles the catalogue, nothing
registers at import. Params and rows are frozen `msgspec.Struct`s. Every field of a row says by `Discloses` to
which class of DESIGN §7 it belongs; the gate takes out what the viewer may not see, so a question never has to.

Times in params are ints of microseconds since 1970 (``_us``); in rows they are aware UTC datetimes.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args, get_type_hints

import msgspec

from contract.checks import fault_of
from hub.access.viewer import Viewer
from hub.directory.company import CompanyView, Desk
from hub.directory.roles import Role
from hub.errors import Invalid, NotFound
from hub.ledger.own import Draft, append
from hub.stores.company import Reader, Writer

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R", bound=msgspec.Struct)

DisclosureClass: TypeAlias = Literal[
    "identity", "availability", "state", "breakdowns", "actual_times", "progress", "quality", "trace",
    "telemetry", "know_how", "customer", "cost", "people",
]  # fmt: skip
CLASSES: Final[tuple[DisclosureClass, ...]] = get_args(DisclosureClass)


@dataclass(frozen=True, slots=True)
class Discloses:
    """Marks a row's field: ``state: Annotated[str, Discloses("state")]``."""

    disclosure: DisclosureClass


@dataclass(frozen=True, slots=True)
class Room:
    """All that a question may know: one company's store and registry, and the time."""

    slug: str
    reader: Reader
    registry: CompanyView
    now_us: int


@dataclass(frozen=True, slots=True)
class Bench:
    """All that a command may touch: the one company's part of the directory, who asks, and the time."""

    desk: Desk
    viewer: Viewer
    now_us: int

    @property
    def slug(self) -> str:
        """The company's slug."""
        return self.desk.slug


@dataclass(frozen=True, slots=True)
class Books:
    """All that a change of a company's books may touch: its one store, its registry, who asks, and the time.

    `touched` gathers what pages are to hear of: (room, key).
    """

    writer: Writer
    registry: CompanyView
    viewer: Viewer
    now_us: int
    touched: set[tuple[str, str]] = dataclasses.field(default_factory=set)

    @property
    def slug(self) -> str:
        """The company's slug."""
        return self.registry.slug

    def report(self, *drafts: Draft) -> None:
        """Writes records into the ledger; they are folded right after the change. Invalid where one cannot be."""
        for record in append(self.writer, drafts, self.now_us):
            machine = getattr(record, "machine", None)
            fault = fault_of(record, "" if machine is None else machine.partition("/")[0])
            if fault is not None:
                raise Invalid(fault)


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """What a question found; `next_cursor` asks for the following rows."""

    rows: list[R]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[P, R]):
    """Something that can be asked. `run` only reads, is synchronous, and runs on a thread of its own.

    `roles` narrows who of the own company may ask (None: every role). `consents(room, params, asker)` says whether
    the owner's own books let another company ask just this; None: nobody else ever may.
    """

    name: str
    summary: str
    params: type[P]
    row: type[R]
    run: Callable[[Room, P], Found[R]]
    roles: frozenset[Role] | None = None
    consents: Callable[[Room, P, str], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[P, R]):
    """A change that a person makes. `run` is given an open transaction of the directory, on a thread of its own."""

    name: str
    summary: str
    params: type[P]
    result: type[R]
    roles: frozenset[Role]
    run: Callable[[Bench, P], R]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[P, R]):
    """A change of a company's books (orders, reasons, lots …): as a Command, but in a transaction of its store."""

    name: str
    summary: str
    params: type[P]
    result: type[R]
    roles: frozenset[Role]
    run: Callable[[Books, P], R]


class Catalogue:
    """Every question and command there is, by name."""

    def __init__(
        self,
        questions: Iterable[Question[Any, Any]] = (),
        commands: Iterable[Command[Any, Any] | Change[Any, Any]] = (),
    ) -> None:
        self.questions: Mapping[str, Question[Any, Any]] = _by_name(questions)
        self.commands: Mapping[str, Command[Any, Any] | Change[Any, Any]] = _by_name(commands)

    def question(self, name: str) -> Question[Any, Any]:
        """The question of that name; NotFound where there is none."""
        try:
            return self.questions[name]
        except KeyError:
            raise NotFound(f"question {name!r}") from None

    def command(self, name: str) -> Command[Any, Any] | Change[Any, Any]:
        """The command of that name; NotFound where there is none."""
        try:
            return self.commands[name]
        except KeyError:
            raise NotFound(f"command {name!r}") from None


Named = TypeVar("Named", Question[Any, Any], Command[Any, Any] | Change[Any, Any])


def _by_name(entries: Iterable[Named]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for entry in entries:
        if entry.name in named:
            raise ValueError(f"{entry.name} is in the catalogue twice")
        named[entry.name] = entry
    return named


@cache
def disclosures(row: type[msgspec.Struct]) -> Mapping[str, DisclosureClass | None]:
    """The class of each field of a row type, None where a field says none (a test fails on those)."""
    hints = get_type_hints(row, include_extras=True)
    found: dict[str, DisclosureClass | None] = {}
    for field in row.__struct_fields__:
        marks = [mark for mark in getattr(hints[field], "__metadata__", ()) if isinstance(mark, Discloses)]
        found[field] = marks[0].disclosure if marks else None
    return found
