"""The one door: every question and every command of every page, route and script passes here (DESIGN §7).

The gate judges who asks, opens exactly one company's store, takes out fields by their class, and writes the audit.
Nothing else hands out a company's store to a question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from hub.access.audit import Audit, params_digest
from hub.access.catalogue import Bench, Books, Catalogue, Change, Command, Question, Room, disclosures
from hub.access.policy import Verdict, check_roles, judge, judge_partner
from hub.access.viewer import Viewer
from hub.directory.company import CompanyView, open_desk, view_company
from hub.directory.database import Directory
from hub.directory.records import read_audit
from hub.errors import HubError, Invalid, NotAllowed, NotFound
from hub.stores.company import Stores, Writer

R = TypeVar("R", bound=msgspec.Struct)
S = TypeVar("S", bound=msgspec.Struct)


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the rows that this viewer may not see: it is null in every row, for this reason."""

    field: str
    disclosure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[R]):
    """The rows a viewer may see; fields named in `withheld` are None in all of them."""

    rows: list[R]
    withheld: tuple[Withheld, ...]
    next_cursor: str | None
    policy_version: str


Asked: TypeAlias = Question[Any, Any] | Command[Any, Any] | Change[Any, Any]
Told: TypeAlias = Callable[[str, frozenset[tuple[str, str]]], Awaitable[None]]
"""(company, what was touched): hears of a change of the books after its commit; the change is answered after it."""


async def _nobody(_company: str, _touched: frozenset[tuple[str, str]]) -> None:
    """Nobody is told."""


class Gate:
    """Questions and commands for viewers. Built once, by `hub.office`; `told` is set where the hub is served."""

    def __init__(
        self, catalogue: Catalogue, directory: Directory, stores: Stores, audit: Audit, clock_us: Callable[[], int]
    ) -> None:
        self.catalogue = catalogue
        self._directory = directory
        self._stores = stores
        self._audit = audit
        self._clock_us = clock_us
        self.told: Told = _nobody

    async def ask(
        self, viewer: Viewer, name: str, params: msgspec.Struct | Mapping[str, Any], company: str | None = None
    ) -> Answer[Any]:
        """The answer to a question about `company` (None: the viewer's own).

        NotFound where question or company are not, or may not be known; Invalid where the params are wrong.
        """
        question = self.catalogue.question(name)
        owner = viewer.company if company is None else company
        checked = _checked(question.params, params)
        verdict = await self._judged(viewer, owner, question, checked)
        registry = self._directory.read(lambda reader: view_company(reader, owner, self._audit_of(owner)))
        store, now_us = self._stores.open(owner), self._clock_us()
        found = await store.read(lambda reader: question.run(Room(owner, reader, registry, now_us), checked))
        withheld = withheld_fields(question.row, verdict)
        classes = ",".join(sorted({each.disclosure for each in withheld}))
        self._audit.asked(viewer, owner, name, params_digest(checked), len(found.rows), classes)
        if self._audit.is_full():
            await asyncio.to_thread(self._audit.flush)
        return Answer(strip(found.rows, withheld), withheld, found.next_cursor, verdict.version)

    async def do(self, viewer: Viewer, name: str, params: msgspec.Struct | Mapping[str, Any]) -> Any:
        """The result of a command on the viewer's own company; it is on disk, with its audit row, on return."""
        command = self.catalogue.command(name)
        checked = _checked(command.params, params)
        await self._judged(viewer, viewer.company, command, checked)
        if isinstance(command, Change):
            return await self._change(viewer, command, checked)
        return await asyncio.to_thread(
            self._directory.change, lambda writer: self._run(writer, viewer, command, checked)
        )

    async def _change(self, viewer: Viewer, change: Change[Any, Any], params: msgspec.Struct) -> Any:
        """Two files cannot change in one transaction, so the audit goes ahead: no change can be without its row."""
        owner = viewer.company
        number = await asyncio.to_thread(self._audit.begun, viewer, owner, change.name, params_digest(params))
        registry = self._directory.read(lambda reader: view_company(reader, owner))
        touched: set[tuple[str, str]] = set()
        try:
            result = await self._stores.open(owner).write(
                lambda writer: change.run(Books(writer, registry, viewer, self._clock_us(), touched), params)
            )
        except HubError as error:
            await asyncio.to_thread(self._audit.ended, number, f"refused: {type(error).__name__}")
            raise
        await asyncio.to_thread(self._audit.ended, number, "done")
        await self.told(owner, frozenset(touched))
        return result

    def _run(self, writer: Writer, viewer: Viewer, command: Command[Any, Any], params: msgspec.Struct) -> Any:
        bench = Bench(open_desk(writer, viewer.company), viewer, self._clock_us())
        result = command.run(bench, params)
        self._audit.did(writer, viewer, viewer.company, command.name, params_digest(params))
        return result

    async def view(self, viewer: Viewer) -> CompanyView:
        """The viewer's own company as the directory knows it: its name, sites and agents."""
        return self._directory.read(lambda reader: view_company(reader, viewer.company))

    async def _judged(
        self,
        viewer: Viewer,
        owner: str,
        asked: Asked,
        params: msgspec.Struct,
    ) -> Verdict:
        try:
            verdict = await self._verdict(viewer, owner, asked, params)
            check_roles(viewer, asked)
        except (NotFound, NotAllowed) as refusal:
            verb = "ask" if isinstance(asked, Question) else "do"
            said = (verb, asked.name, params_digest(params), type(refusal).__name__)
            await asyncio.to_thread(self._audit.refused, viewer, owner[:63], *said)
            raise
        return verdict

    async def _verdict(self, viewer: Viewer, owner: str, asked: Asked, params: msgspec.Struct) -> Verdict:
        """What the viewer sees; of another company only what its own store consents to, asked in that store alone."""
        consents = asked.consents if isinstance(asked, Question) else None
        if viewer.company == owner or consents is None:
            return judge(viewer, owner)
        registry = self._directory.read(lambda reader: view_company(reader, owner))
        now_us = self._clock_us()
        consented = await self._stores.open(owner).read(
            lambda reader: consents(Room(owner, reader, registry, now_us), params, viewer.company)
        )
        return judge_partner(viewer, owner, consented=consented)

    def _audit_of(self, owner: str) -> Callable[[int | None, int], list[Any]]:
        return lambda before, limit: self._directory.read(lambda reader: read_audit(reader, owner, before, limit))


def _checked(kind: type[S], params: msgspec.Struct | Mapping[str, Any]) -> S:
    """Params of the right type and within their bounds; Invalid names the field."""
    raw = msgspec.structs.asdict(params) if isinstance(params, msgspec.Struct) else dict(params)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise Invalid(message, path.rstrip("`") or None) from None


def withheld_fields(row: type[msgspec.Struct], verdict: Verdict) -> tuple[Withheld, ...]:
    """The fields of a row type that the verdict hides, with the reason. A field without a class is hidden."""
    reasons: dict[str | None, str] = dict(verdict.reasons)
    return tuple(
        Withheld(field=field, disclosure=kind or "none", reason=reasons.get(kind, "not granted"))
        for field, kind in disclosures(row).items()
        if kind not in verdict.seen
    )


def strip(rows: list[R], withheld: tuple[Withheld, ...]) -> list[R]:
    """The rows with every withheld field None; the same list where nothing is withheld."""
    if not withheld:
        return rows
    nothing = dict.fromkeys((each.field for each in withheld), None)
    return [msgspec.structs.replace(row, **nothing) for row in rows]
