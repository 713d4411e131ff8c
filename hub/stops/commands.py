"""What people say of stops (reports, kept in the ledger) and what a company sets (reasons, threshold).

Times are microseconds since 1970 (``_us``). A reason changes no stop and no timeline: it is laid over them.
"""

import unicodedata
from typing import Annotated, Final

import msgspec

from contract.keys import machine_key
from contract.records import Reason, Record
from contract.times import from_us
from hub.access.catalogue import Books, Change
from hub.calendars.text_model import name_from
from hub.companies.commands import Done
from hub.directory.roles import Role
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.stops import store
from hub.stops.model import WITHDRAWN, Group, ReasonCode

KEEPERS_OF_BOOKS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
REPORTERS: Final[frozenset[Role]] = frozenset({"operator", "manager", "admin"})
MAX_REASONS: Final = 60
MAX_THRESHOLD_S: Final = 86_400
MAX_SPAN_US: Final = 400 * 86_400_000_000
MAX_TEXT: Final = 500
AHEAD_US: Final = 60_000_000
"""How far in the future an end may lie: other systems' clocks are not ours."""
Us = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Slug = Annotated[str, msgspec.Meta(max_length=200)]


class GiveReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a machine stood in ``[from_us, to_us)`` (`to_us` None: it still stands, and for this reason)."""

    site: Slug
    machine: Slug
    from_us: Us
    to_us: Us | None = None
    code: Text
    text: Text | None = None
    operator: Text | None = None


class WithdrawReason(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of this time is taken back: it is unexplained again."""

    site: Slug
    machine: Slug
    from_us: Us
    to_us: Us


class SplitStop(msgspec.Struct, frozen=True, kw_only=True):
    """A stop had two reasons: `before` until `at_us`, `after` from then on (None: unexplained)."""

    site: Slug
    machine: Slug
    from_us: Us
    at_us: Us
    to_us: Us
    before: Text | None = None
    after: Text | None = None
    operator: Text | None = None


class ReasonText(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to choose from."""

    code: Text
    ja: Text
    en: Text
    group: Group = "other"


class SetReasons(msgspec.Struct, frozen=True, kw_only=True):
    """The reasons to choose from, in this order, in place of those before. What was said before stays said."""

    reasons: tuple[ReasonText, ...]


class SetThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """How long a machine must stand for it to be a stop; shorter stretches are counted, not listed."""

    threshold_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_THRESHOLD_S)]


def _give_reason(books: Books, params: GiveReason) -> Done:
    code = _code(books, params.code, "code")
    ongoing = params.to_us is None
    to_us = books.now_us if params.to_us is None else params.to_us
    _check(books, params, to_us)
    text = _text(params.text)
    books.report(lambda seq: _report(books, params, (params.from_us, to_us), code, seq, ongoing=ongoing, text=text))
    return Done()


def _withdraw(books: Books, params: WithdrawReason) -> Done:
    _check(books, params, params.to_us)
    books.report(lambda seq: _report(books, params, (params.from_us, params.to_us), WITHDRAWN, seq))
    return Done()


def _split(books: Books, params: SplitStop) -> Done:
    _check(books, params, params.to_us)
    if not params.from_us < params.at_us < params.to_us:
        raise Invalid("the time to split at must lie within the stop, after its start and before its end", "at")
    before = WITHDRAWN if params.before is None else _code(books, params.before, "before")
    after = WITHDRAWN if params.after is None else _code(books, params.after, "after")
    books.report(
        lambda seq: _report(books, params, (params.from_us, params.at_us), before, seq),
        lambda seq: _report(books, params, (params.at_us, params.to_us), after, seq),
    )
    return Done()


def _report(
    books: Books, params: GiveReason | WithdrawReason | SplitStop, span: tuple[int, int], code: str, seq: int, *,
    ongoing: bool = False, text: str | None = None,
) -> Record:  # fmt: skip
    now = from_us(books.now_us)
    said = None if isinstance(params, WithdrawReason) else params.operator
    operator = name_from(said, "operator") if said and said.strip() else None
    return Reason(
        seq=seq, seen=now, at=now, machine=machine_key(params.site, params.machine), from_=from_us(span[0]),
        to=from_us(span[1]), code=code, text=text, ongoing=ongoing,
        operator=operator or (books.viewer.name if books.viewer.kind == "user" else None),
    )  # fmt: skip


def _check(books: Books, params: GiveReason | WithdrawReason | SplitStop, to_us: int) -> None:
    """NotFound where there is no such machine; Invalid where the time cannot be."""
    key = f"{params.site}/{params.machine}"
    if machines.find(books.writer, key) is None:
        raise NotFound(f"machine {key}")
    if params.from_us >= to_us:
        raise Invalid("the reason ends before it begins; from must be earlier than to", "from")
    if to_us > books.now_us + AHEAD_US:
        raise Invalid("the reason ends in the future; leave out to where the machine still stands", "to")
    if to_us - params.from_us > MAX_SPAN_US:
        raise Invalid("the reason covers more than 400 days; give it in pieces", "from")


def _code(books: Books, text: str, field: str) -> str:
    code = unicodedata.normalize("NFKC", text).strip()
    if code not in {one.code for one in store.reason_codes(books.writer)}:
        raise Invalid(f"{field} {text[:40]!r} is no reason of this company; see its list of reasons", field)
    return code


def _text(text: str | None) -> str | None:
    said = unicodedata.normalize("NFKC", text).strip() if text is not None else ""
    if len(said) > MAX_TEXT or not said.replace("\n", "").replace("\r", "").isprintable():
        raise Invalid(f"text must have at most {MAX_TEXT} printable characters", "text")
    return said or None


def _set_reasons(books: Books, params: SetReasons) -> Done:
    if not 1 <= len(params.reasons) <= MAX_REASONS:
        raise Invalid(f"{len(params.reasons)} reasons; 1 to {MAX_REASONS} are taken", "reasons")
    codes: list[ReasonCode] = []
    for place, one in enumerate(params.reasons):
        code = name_from(one.code, f"reasons.{place}.code")
        if any(other.code == code for other in codes):
            raise Invalid(f"reasons.{place}: the code {code!r} is there twice", f"reasons.{place}.code")
        ja, en = name_from(one.ja, f"reasons.{place}.ja"), name_from(one.en, f"reasons.{place}.en")
        codes.append(ReasonCode(code, ja, en, one.group))
    store.set_reason_codes(books.writer, codes)
    books.touched.add(("stops", ""))
    return Done()


def _set_threshold(books: Books, params: SetThreshold) -> Done:
    store.set_threshold_s(books.writer, params.threshold_s)
    books.touched.add(("stops", ""))
    return Done()


COMMANDS: Final = (
    Change(name="stops.give_reason", summary="Say why a machine stood", params=GiveReason, result=Done,
           roles=REPORTERS, run=_give_reason),
    Change(name="stops.withdraw_reason", summary="Take back what was said of a stop", params=WithdrawReason,
           result=Done, roles=REPORTERS, run=_withdraw),
    Change(name="stops.split", summary="Split a stop in two, each with its reason", params=SplitStop, result=Done,
           roles=REPORTERS, run=_split),
    Change(name="stops.set_reasons", summary="Set the reasons to choose from", params=SetReasons, result=Done,
           roles=KEEPERS_OF_BOOKS, run=_set_reasons),
    Change(name="stops.set_threshold", summary="Set how long a machine must stand for it to be a stop",
           params=SetThreshold, result=Done, roles=KEEPERS_OF_BOOKS, run=_set_threshold),
)  # fmt: skip
