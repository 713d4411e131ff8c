"""What people decide about a program version; kept with who, when and why, and read by the fold of parts.

Times in params are ints of microseconds since 1970 (``_us``).
"""

from typing import Annotated, Final

import msgspec

from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.parts import decision_store, store
from hub.parts.decision_model import Kind
from hub.parts.model import Ran
from hub.parts.store import Version

DECIDERS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
Text = Annotated[str, msgspec.Meta(max_length=4096)]


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about one version of a program.

    `reference` needs `signature`, one that was seen; `begins` needs `run_us`, the start of a run of this version.
    """

    site: Text
    machine: Text
    program: Text
    version: int
    kind: Kind
    signature: tuple[str, ...] | None = None
    run_us: int | None = None
    why: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """It is kept, under this number; parts are judged by it right after."""

    number: int


def _decide(books: Books, params: Decide) -> Decided:
    key = f"{params.site}/{params.machine}"
    known = machines.find(books.writer, key)
    if known is None:
        raise NotFound(f"machine {key}")
    found = store.find_version(books.writer, known.machine_id, params.program, params.version)
    if found is None:
        raise NotFound(f"version {params.version} of program {params.program!r} on machine {key}")
    runs = store.runs_of(books.writer, known.machine_id, found)
    at_us = _begins(params, found, runs) if params.kind == "begins" else found.since_us
    signature = _reference(params, runs) if params.kind == "reference" else None
    said = (books.viewer.name, books.now_us, (params.why or "").strip() or None)
    number = decision_store.add(books.writer, key, params.program, at_us, params.kind, signature, said)
    books.touched.add(("parts", key))
    return Decided(number=number)


def _reference(params: Decide, runs: list[Ran]) -> tuple[str, ...]:
    if not params.signature:
        raise Invalid("choose which signature a full run has", "signature", ja="1 個分の運転の手順を選んでください")
    if params.signature not in {run.signature for run in runs}:
        steps = " → ".join(params.signature)
        raise Invalid(
            f"no run of this version went {steps[:200]}; choose a signature that was seen",
            "signature",
            ja="その手順の運転はありません。記録にある手順から選んでください",
        )
    return params.signature


def _begins(params: Decide, found: Version, runs: list[Ran]) -> int:
    if params.run_us is None:
        raise Invalid(
            "choose the run with which the new version begins", "run_us", ja="新しい版が始まる運転を選んでください"
        )
    if params.run_us not in {run.started_us for run in runs}:
        raise Invalid(
            "no run of this version starts at that time; choose one of its runs",
            "run_us",
            ja="その時刻に始まる運転はありません。一覧から選んでください",
        )
    if params.run_us == found.since_us:
        raise Invalid(
            "this version begins with that run already; choose a later run",
            "run_us",
            ja="この版はその運転から始まっています。後の運転を選んでください",
        )
    return params.run_us


COMMANDS: Final = (
    Change(name="parts.decide", summary="Confirm, correct or reject a program version", params=Decide, result=Decided,
           roles=DECIDERS, run=_decide),
)  # fmt: skip
