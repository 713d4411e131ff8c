"""What state a machine is in, from what its signals say: one table for each state model (DESIGN §6.1).

running   by program            idle         could run, does not
held      program interrupted   alarm        an emergency stop or a fault lamp
manual    manual or MDI mode    off          no power
setup, maintenance              only where the machine or a person says so
unknown   we do not know: no value, bad quality, no connection

Facts, no judgement. `values` holds the newest value of each signal ever reported: a missing key was never
reported, None is reported and not known. Both sides of that difference matter: a machine without an `availability`
signal is not unavailable.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, TypeAlias

from contract.records import Value
from contract.signals import MACHINE_STATE, WORDS

State: TypeAlias = Literal["running", "held", "manual", "setup", "maintenance", "idle", "alarm", "off", "unknown"]
Values: TypeAlias = Mapping[str, Value]

MAY_RUN: Final[frozenset[State]] = frozenset({"running", "held"})
"""The states in which a program is under way."""

_OF_EXECUTION: Final[dict[str, State]] = {  # MTConnect 2.7, Execution
    "ACTIVE": "running",
    **dict.fromkeys(
        ("INTERRUPTED", "FEED_HOLD", "OPTIONAL_STOP", "PROGRAM_STOPPED", "PROGRAM_OPTIONAL_STOP", "WAIT"), "held"
    ),
    **dict.fromkeys(("READY", "STOPPED", "PROGRAM_COMPLETED"), "idle"),
}
_OF_FUNCTION: Final[dict[str, State]] = {"MAINTENANCE": "maintenance", "SETUP": "setup"}


def _mtconnect(values: Values) -> State:
    """MTConnect 2.7 words; the first match of DESIGN §6.1's table wins."""
    if values.get("power") == "OFF":
        return "off"
    execution = _OF_EXECUTION.get(str(values.get("execution")))
    if execution is None or values.get("availability", "AVAILABLE") in (None, "UNAVAILABLE"):
        return "unknown"
    if values.get("estop") == "TRIGGERED":
        return "alarm"
    function = _OF_FUNCTION.get(str(values.get("functional_mode")))
    if function is not None:
        return function
    if values.get("mode") in ("MANUAL", "MANUAL_DATA_INPUT"):
        return "manual"
    return execution


_OF_MACHINERY: Final[dict[tuple[str, str], State]] = {
    ("Executing", "Processing"): "running",
    ("Executing", "None"): "running",
    ("NotExecuting", "Processing"): "idle",
    ("NotExecuting", "None"): "idle",
}


def _machinery(values: Values) -> State:
    """OPC 40001-1 §12 MachineryItemState by §13 MachineryOperationMode; a mode not told counts as None."""
    if values.get("power") == "OFF":
        return "off"
    item, mode = values.get("item_state"), values.get("operation_mode") or "None"
    if item is None or item == "NotAvailable":
        return "unknown"
    if values.get("estop") == "TRIGGERED":
        return "alarm"
    if mode == "Maintenance":
        return "maintenance"
    if mode == "Setup":
        return "setup"
    if item == "OutOfService":
        return "off"
    return _OF_MACHINERY.get((str(item), str(mode)), "unknown")


_OF_CHANNEL: Final[dict[str, State]] = {"Active": "running", "Interrupted": "held", "Reset": "idle"}
_OF_PROGRAM: Final[dict[str, State]] = {
    "Running": "running",
    "Interrupted": "held",
    **dict.fromkeys(("Initializing", "Ended", "Aborted", "AllowedToStart", "NotAllowedToStart"), "idle"),
}
_OF_ITEM: Final[dict[str, State]] = {"Executing": "running", "NotExecuting": "idle", "OutOfService": "off"}
_MACHINE_TOOL: Final[
    tuple[tuple[str, Mapping[str, State]], ...]
] = (  # what says whether a program runs: the first that is known wins
    ("channel_state", _OF_CHANNEL),  # OPC 40501-1 §12.1
    ("program_state", _OF_PROGRAM),  # OPC 40501-1 §8.4.8: the active program's; deprecated in v1.02
    ("job_state", _OF_PROGRAM),  # OPC 40001-3: the job order control's, in its place since v1.02
    ("item_state", _OF_ITEM),  # OPC 40001-1 §12
)
_OF_MODE: Final[
    tuple[tuple[str, Mapping[str, State]], ...]
] = (  # what it runs in: the first that matches wins; a mode that is not told counts as automatic
    ("machine_mode", {"Service": "maintenance"}),  # OPC 40501-1 §12.5
    ("operation_mode", {"Maintenance": "maintenance"}),  # OPC 40001-1 §13
    ("machine_mode", {"Setup": "setup"}),
    ("operation_mode", {"Setup": "setup"}),
    ("item_state", {"OutOfService": "off"}),
    ("machine_mode", {"Manual": "manual"}),
    (  # OPC 40501-1 §12.2
        "channel_mode",
        dict.fromkeys(("MdaMdi", "JogManual", "JogIncrement", "TeachingHandle", "Reference"), "manual"),
    ),
)


def _machinetool(values: Values) -> State:
    """OPC 40501-1, v1.01 and v1.02: whatever of it a machine has."""
    if values.get("power") == "OFF":
        return "off"
    told = (states.get(str(values.get(signal))) for signal, states in _MACHINE_TOOL)
    execution = next((state for state in told if state is not None), None)
    if execution is None or values.get("item_state") == "NotAvailable":
        return "unknown"
    if values.get("estop") == "TRIGGERED":
        return "alarm"
    modes = (states.get(str(values.get(signal))) for signal, states in _OF_MODE)
    return next((state for state in modes if state is not None), execution)


def _tower(values: Values) -> State:
    """Signal lamps: red is a fault, green runs, else it stands. A blink counts as lit; no meaning is assumed."""
    lamps = [values[name] for name in ("tower_red", "tower_yellow", "tower_green", "tower_blue") if name in values]
    if not lamps or None in lamps:
        return "unknown"
    if values.get("tower_red", "OFF") != "OFF":
        return "alarm"
    if values.get("tower_green", "OFF") != "OFF":
        return "running"
    return "idle"


def _state(values: Values) -> State:
    """A machine that says our word itself."""
    word = values.get("state")
    return word if word in MACHINE_STATE else "unknown"  # type: ignore[return-value]  # the tuple is State's words


_MODELS: Final[dict[str, Callable[[Values], State]]] = {
    "mtconnect": _mtconnect,
    "machinery": _machinery,
    "machinetool": _machinetool,
    "tower": _tower,
    "state": _state,
}
STATE_MODELS: Final = tuple(_MODELS)

_READS: Final[dict[str, frozenset[str]]] = {
    "mtconnect": frozenset({"power", "availability", "execution", "estop", "functional_mode", "mode"}),
    "machinery": frozenset({"power", "item_state", "operation_mode", "estop"}),
    "machinetool": frozenset({"power", "estop"}.union(dict(_MACHINE_TOOL), dict(_OF_MODE))),
    "tower": frozenset({"tower_red", "tower_yellow", "tower_green", "tower_blue"}),
    "state": frozenset({"state"}),
}
WITNESSES: Final = frozenset({"part_count", "program_comment", "feed_override", "dry_run", "single_block"})
"""Signals that tell of a run what its parts are judged by."""
SIGNALS: Final = frozenset({"program", "step"}).union(WITNESSES, *_READS.values())
"""Every signal the timeline is folded from."""


def known_value(signal: str, value: Value) -> Value:
    """The value as folds use it: a word that the dictionary does not have is not known.

    >>> known_value("execution", "ACTIVE"), known_value("execution", "DANCING"), known_value("program", "795")
    ('ACTIVE', None, '795')
    """
    words = WORDS.get(signal)
    return value if words is None or value in words else None


def state_of(model: str, values: Values, unseen: Collection[str] = ()) -> State:
    """The state by a state model; `unknown` where the model is not known here, or the agent could not see all of it.

    `unseen`: signals whose value the agent lost sight of and has not seen since. A machine that says of its mode that
    it is unavailable counts as automatic; one whose mode was manual when the connection was lost may still be.
    """
    table = _MODELS.get(model)
    return table(values) if table is not None and _READS[model].isdisjoint(unseen) else "unknown"
