"""What people and other systems say about progress: reports, and what a machine's runs were for.

A report that contradicts what is known is refused here, with what to do; one that an agent brings is kept and shown
as disagreeing. Times in params are aware datetimes or ints of microseconds since 1970 (``_us``).
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.keys import split_machine_key
from contract.records import Progress, Record
from contract.times import from_us, to_us
from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.errors import NotFound
from hub.machines import store as machines
from hub.orders import store as orders
from hub.orders.model import Operation
from hub.parts import store as parts
from hub.progress import binding_store, store
from hub.progress.model import Action, Standing
from hub.progress.work_model import Binding
from hub.sheets.fault import Refused

REPORTERS: Final[frozenset[Role]] = frozenset({"operator", "manager", "admin"})
BINDERS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
Text = Annotated[str, msgspec.Meta(max_length=200)]
Program = Annotated[str, msgspec.Meta(max_length=4096)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Amount = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Why = Annotated[str, msgspec.Meta(max_length=500)]
_AHEAD_US: Final = 300_000_000
_START: Final = -(2**62)


class ReportProgress(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at an operation, `at` now where not said. Amounts say what came since the report before.

    `machine`: a key ``site/machine``, where the work is done at one.
    """

    order: Text
    operation: Text
    action: Action
    good: Amount | None = None
    reject: Amount | None = None
    rework: Amount | None = None
    reason: Text | None = None
    operator: Text | None = None
    machine: Text | None = None
    at: Time | None = None


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """It is in the ledger; how the operation stands is told by `progress.order`."""

    order: str
    operation: str


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of one machine: of a program's version, or those that started in ``[from_us, to_us)``, or both.

    A version alone means its runs from the first one on, also those to come until the operation is finished.
    """

    site: Text
    machine: Text
    program: Program | None = None
    version: int | None = None
    from_us: int | None = None
    to_us: int | None = None
    why: Why | None = None


class Bind(Selection, frozen=True, kw_only=True):
    """These runs were for this operation, whatever was said before."""

    order: Text
    operation: Text


class Unbind(Selection, frozen=True, kw_only=True):
    """What was said of these runs does not hold; `nothing`: and they were for no order at all."""

    nothing: bool = False


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """It is kept, under this number; runs are joined anew right after."""

    number: int


def _report(books: Books, params: ReportProgress) -> Reported:
    order, operation = store.key_of(params.order), store.key_of(params.operation)
    step = _find(books, order, operation)
    at_us = _check_time(books, params.at)
    _check_machine(books, params.machine)
    known = store.standing_of(books.writer, order, operation)
    _check_amounts(params)
    if known is not None:
        _check_course(params, step, known.standing)

    def draft(seq: int) -> Record:
        return Progress(
            seq=seq, seen=from_us(books.now_us), at=from_us(at_us), order=order, operation=operation,
            action=params.action, good=params.good, reject=params.reject, rework=params.rework,
            reason=_text(params.reason), operator=_text(params.operator), machine=params.machine,
        )  # fmt: skip

    books.report(draft)
    books.touched.add(("progress", order))
    return Reported(order=order, operation=operation)


def _text(text: str | None) -> str | None:
    return None if text is None else store.key_of(text) or None


def _find(books: Books, order: str, operation: str) -> Operation:
    if orders.find_order(books.writer, order) is None:
        raise Refused(
            f"there is no order {order}; look it up under orders",
            f"注文「{order}」はありません。注文一覧で確かめてください",
            "order",
        )
    step = orders.find_operation(books.writer, order, operation)
    if step is None:
        names = ", ".join(each.operation for each in orders.operations_of(books.writer, order)) or "—"
        raise Refused(
            f"order {order} has no operation {operation}; it has: {names}",
            f"注文「{order}」に工程「{operation}」はありません（登録済み：{names}）",
            "operation",
        )
    return step


def _check_time(books: Books, at: datetime | None) -> int:
    at_us = books.now_us if at is None else to_us(at)
    if at_us > books.now_us + _AHEAD_US:
        raise Refused("at lies ahead; say when it happened", "時刻が未来です。実際の時刻を指定してください", "at")
    return at_us


def _check_machine(books: Books, machine: str | None) -> None:
    if machine is None:
        return
    try:
        split_machine_key(machine)
    except ValueError as error:
        raise Refused(str(error), f"機械「{machine[:80]}」は「拠点/機械」の形で指定してください", "machine") from None
    if machines.find(books.writer, machine) is None:
        raise Refused(
            f"there is no machine {machine} here; see the board for their names",
            f"機械「{machine}」はありません。稼働ボードで名前を確かめてください",
            "machine",
        )


def _check_amounts(params: ReportProgress) -> None:
    for field, ja in (("good", "良品"), ("reject", "不良"), ("rework", "手直し")):
        amount = getattr(params, field)
        if amount is not None and amount < 0:
            raise Refused(
                f"{field} is {amount}; a quantity cannot be negative",
                f"{ja}が {amount} です。負の数は指定できません",
                field,
            )


def _check_course(params: ReportProgress, step: Operation, known: Standing) -> None:
    if params.action in ("finish", "pause", "resume") and known.status == "planned":
        raise Refused(
            f"operation {step.operation} of order {step.order} was never started; report its start first",
            f"注文「{step.order}」の工程「{step.operation}」はまだ着手されていません。先に着手を報告してください",
            "action",
        )
    before, more = known.reported_good or 0, params.good or 0
    if more and before + more > step.quantity:
        raise Refused(
            f"{before} reported + {more} = {before + more} good, but {step.quantity} are ordered;"
            " change the order's quantity first",
            f"報告済み {before} + {more} = {before + more} 個は注文数 {step.quantity} 個を超えます。"
            "先に注文数を変更してください",
            "good",
        )


def _bind(books: Books, params: Bind) -> Said:
    order, operation = store.key_of(params.order), store.key_of(params.operation)
    _find(books, order, operation)
    number = _say(books, params, "bind", (order, operation))
    books.touched.add(("progress", order))
    return Said(number=number)


def _unbind(books: Books, params: Unbind) -> Said:
    return Said(number=_say(books, params, "nothing" if params.nothing else "rules", None))


def _say(books: Books, params: Selection, kind: str, key: tuple[str, str] | None) -> int:
    machine = f"{params.site}/{params.machine}"
    known = machines.find(books.writer, machine)
    if known is None:
        raise NotFound(f"machine {machine}")
    from_us, until_us = _stretch(books, known.machine_id, params)
    said = msgspec.convert(
        {"number": 0, "program": params.program, "from_us": from_us, "until_us": until_us, "kind": kind, "key": key},
        Binding,
    )
    by = (books.viewer.name, books.now_us, (params.why or "").strip() or None)
    books.touched.add(("progress", ""))
    return binding_store.add(books.writer, machine, said, by)


def _stretch(books: Books, machine_id: int, params: Selection) -> tuple[int, int | None]:
    """From and until when runs are meant."""
    from_us, to_us_ = params.from_us, params.to_us
    if params.version is not None:
        if params.program is None:
            raise Refused("say of which program that is a version", "プログラムを指定してください", "program")
        found = parts.find_version(books.writer, machine_id, params.program, params.version)
        if found is None:
            raise NotFound(
                f"version {params.version} of program {params.program[:80]!r} on {params.site}/{params.machine}"
            )
        following = parts.find_version(books.writer, machine_id, params.program, params.version + 1)
        from_us = max(found.since_us, from_us) if from_us is not None else found.since_us
        ends = [end for end in (to_us_, following.since_us if following is not None else None) if end is not None]
        to_us_ = min(ends, default=None)
    elif from_us is None:
        raise Refused("say which runs: a program's version, or from when", "対象の運転を指定してください", "from_us")
    if from_us is not None and to_us_ is not None and to_us_ <= from_us:
        raise Refused("to is not after from", "終わりは始まりより後にしてください", "to_us")
    return (_START if from_us is None else from_us), to_us_


COMMANDS: Final = (
    Change(name="progress.report", summary="Report progress of an operation", params=ReportProgress, result=Reported,
           roles=REPORTERS, run=_report),
    Change(name="progress.bind", summary="Say which operation a machine's runs were for", params=Bind, result=Said,
           roles=BINDERS, run=_bind),
    Change(name="progress.unbind", summary="Take back what was said of a machine's runs", params=Unbind, result=Said,
           roles=BINDERS, run=_unbind),
)  # fmt: skip
