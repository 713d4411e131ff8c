"""What was typed into a form → a deed, or the message at each wrong field. Pure; nothing is half taken.

Digits may be full-width and pieces may carry their counter ("３個"); a decimal point is a point.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.worklist import MAX_CODE, Check, WorkOperation, tidy_code
from edge_agent.terminal.deeds import Action, Deed, Measured
from edge_agent.terminal.floor import Work, is_inside, is_more_than_ordered

MOST_PIECES: Final = 1_000_000
MOST_MINUTES: Final = 1440
MAX_NOTE: Final = 200
_PIECES: Final = re.compile(r"(\d{1,9})\s*(?:個|枚|本|台|pcs|pc)?")
_NUMBER: Final = re.compile(r"[-+]?(\d{1,12}(\.\d{0,9})?|\.\d{1,9})")
Message = tuple[str, dict[str, object]]
"""A key of `words` and what fills it."""


@dataclass(slots=True)
class Form:
    """One form being read: its fields, and the faults found so far (field → message)."""

    fields: Mapping[str, str]
    faults: dict[str, Message] = field(default_factory=dict)

    def fault(self, name: str, key: str, **places: object) -> None:
        """Notes what is wrong at a field; the first fault of a field stands."""
        self.faults.setdefault(name, (key, places))

    def text(self, name: str, most: int = MAX_CODE) -> str | None:
        """A tidy text; None where it is empty."""
        text = tidy_code(self.fields.get(name, ""))
        if len(text) > most:
            self.fault(name, "m_long", n=most)
        return text or None

    def pieces(self, name: str) -> int | None:
        """A count, 0 or more."""
        text = tidy_code(self.fields.get(name, ""))
        if not text:
            return None
        found = _PIECES.fullmatch(text)
        if found is None or int(found[1]) > MOST_PIECES:
            self.fault(name, "m_whole")
            return None
        return int(found[1])

    def number(self, name: str) -> float | None:
        """A measured number."""
        text = tidy_code(self.fields.get(name, "")).replace("−", "-")
        if not text:
            return None
        if _NUMBER.fullmatch(text) is None:
            self.fault(name, "m_number")
            return None
        return float(text)


def read_progress(form: Form, action: Action, operator: str | None, *, reject_reasons: bool) -> Deed:
    """Start, pause, resume, first OK, a report or the finish of an operation."""
    deed = Deed(
        action=action,
        order=form.text("order"), operation=form.text("operation"), machine=form.text("machine", 127),
        operator=operator, reason=form.text("reason"),
        good=form.pieces("good"), reject=form.pieces("reject"), rework=form.pieces("rework"),
    )  # fmt: skip
    if action == "report" and not (deed.good or deed.reject or deed.rework):
        form.fault("good", "m_some_quantity")
    if action == "pause" and deed.reason is None:
        form.fault("reason", "m_reason")
    if deed.reject and deed.reason is None and reject_reasons:
        form.fault("reason", "m_why_reject")
    return deed


def read_measures(form: Form, operator: str | None, checks: Sequence[Check]) -> Deed:
    """The results of an inspection plan that were filled in; the others are left out."""
    found: list[Measured] = []
    for place, check in enumerate(checks):
        instrument = form.text(f"instrument_{place}")
        value, passed = None, None
        if check.kind == "attribute":
            passed = {"1": True, "0": False}.get(form.fields.get(f"passed_{place}", ""))
        else:
            value = form.number(f"value_{place}")
        if value is not None or passed is not None:
            found.append(
                Measured(
                    characteristic=check.characteristic, value=value, passed=passed, unit=check.unit,
                    instrument=instrument, inside=is_inside(check, value, passed=passed),
                )
            )  # fmt: skip
    if not found and not form.faults:
        form.fault("value_0", "m_some_measure")
    return Deed(
        action="measure", order=form.text("order"), operation=form.text("operation"), operator=operator,
        machine=form.text("machine", 127), lot=form.text("lot"), serial=form.text("serial"), measured=tuple(found),
    )  # fmt: skip


def read_lot(form: Form, operator: str | None, listed: WorkOperation | None, lots: Sequence[str]) -> Deed:
    """A lot that went in, or one that came out of those that did."""
    goes_in = form.fields.get("action") == "lot_in"
    lot, quantity = form.text("lot"), form.number("quantity")
    parents = () if goes_in else tuple(one for place, one in enumerate(lots) if form.fields.get(f"parent_{place}"))
    if lot is None:
        form.fault("lot", "m_lot")
    if quantity is not None and quantity <= 0:
        form.fault("quantity", "m_positive")
    if lot in parents:
        form.fault("lot", "m_parent_self")
    return Deed(
        action="lot_in" if goes_in else "lot_out", order=form.text("order"), operation=form.text("operation"),
        operator=operator, machine=form.text("machine", 127), lot=lot, quantity=quantity, unit=form.text("unit"),
        item=None if goes_in or listed is None else listed.item, parents=parents,
    )  # fmt: skip


def read_stop(form: Form, operator: str | None, machines: Sequence[str]) -> Callable[[int], Deed]:
    """Why a machine stands, and since when; told the time, it is a deed."""
    machine, reason, text = form.text("machine", 127), form.text("reason"), form.text("text", MAX_NOTE)
    minutes = form.pieces("minutes_typed")
    if minutes is None:
        minutes = form.pieces("minutes") or 0
    if machine is None:
        form.fault("machine", "m_machine")
    elif machine not in machines:
        form.fault("machine", "m_unknown_machine", machine=machine)
    if reason is None and text is None:
        form.fault("reason", "m_reason")
    if minutes > MOST_MINUTES:
        form.fault("minutes_typed", "m_minutes")
    return lambda at_us: Deed(
        action="stop", machine=machine, operator=operator, reason=reason or "other", text=text,
        from_us=at_us - minutes * 60_000_000,
    )  # fmt: skip


def check_total(form: Form, deed: Deed, work: Work, ordered: int | None) -> None:
    """More good pieces than ordered are taken only where a person says so again."""
    if is_more_than_ordered(work, deed, ordered) and form.fields.get("sure") != "1":
        form.fault("good", "m_more", ordered=ordered, total=work.good + (deed.good or 0))
