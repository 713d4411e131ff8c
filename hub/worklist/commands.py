"""What a company sets for its terminals: the reasons for rejecting a piece."""

from typing import Annotated, Final

import msgspec

from contract.worklist import ReasonWord
from hub.access.catalogue import Books, Change
from hub.calendars.text_model import name_from
from hub.companies.commands import Done
from hub.directory.roles import Role
from hub.sheets.fault import Refused
from hub.worklist import store

KEEPERS_OF_BOOKS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
MAX_REASONS: Final = 60
Text = Annotated[str, msgspec.Meta(max_length=1000)]


class RejectText(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to choose from, in both languages."""

    code: Text
    ja: Text
    en: Text


class SetRejectReasons(msgspec.Struct, frozen=True, kw_only=True):
    """The reasons to choose from, in this order, in place of those before. What was reported before stays."""

    reasons: tuple[RejectText, ...]


def _set_reject_reasons(books: Books, params: SetRejectReasons) -> Done:
    if not 1 <= len(params.reasons) <= MAX_REASONS:
        raise Refused(
            f"{len(params.reasons)} reasons; 1 to {MAX_REASONS} are taken",
            f"理由は 1 件から {MAX_REASONS} 件までです",
            "reasons",
        )
    found: dict[str, ReasonWord] = {}
    for place, one in enumerate(params.reasons):
        at = f"reasons.{place}"
        code = name_from(one.code, f"{at}.code")
        if code in found:
            raise Refused(f"{at}: the code {code!r} is there twice", f"コード「{code}」が重複しています", f"{at}.code")
        found[code] = ReasonWord(code=code, ja=name_from(one.ja, f"{at}.ja"), en=name_from(one.en, f"{at}.en"))
    store.set_reject_reasons(books.writer, tuple(found.values()))
    books.touched.add(("worklist", ""))
    return Done()


COMMANDS: Final = (
    Change(name="worklist.set_reject_reasons", summary="Set the reasons for rejecting a piece",
           params=SetRejectReasons, result=Done, roles=KEEPERS_OF_BOOKS, run=_set_reject_reasons),
)  # fmt: skip
