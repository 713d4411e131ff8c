"""The signal dictionary: names with a meaning, after MTConnect 2.7 where it has them (DESIGN §3).

A signal that is here is discrete and travels as `observation`. Any other numeric name is telemetry and
travels in `samples`. What a value *means* for a machine's state is decided on the hub, never here.
"""

from typing import Final, Literal

Kind = Literal["word", "text", "flag", "counter", "number"]
"""word: one of a closed set · text: a name, integral numbers lose their decimals · flag: bool ·
counter: a whole number · number: any number that changes rarely (an override)."""

EXECUTION: Final = (
    "READY", "ACTIVE", "INTERRUPTED", "FEED_HOLD", "STOPPED", "OPTIONAL_STOP", "PROGRAM_STOPPED",
    "PROGRAM_COMPLETED", "PROGRAM_OPTIONAL_STOP", "WAIT",
)  # fmt: skip
MODE: Final = ("AUTOMATIC", "MANUAL", "MANUAL_DATA_INPUT", "SEMI_AUTOMATIC", "EDIT")
FUNCTIONAL_MODE: Final = ("PRODUCTION", "SETUP", "TEARDOWN", "MAINTENANCE", "PROCESS_DEVELOPMENT")
TOWER: Final = ("OFF", "ON", "BLINK")
MACHINE_STATE: Final = (
    "running", "held", "manual", "setup", "maintenance", "idle", "alarm", "off", "unknown",
)  # fmt: skip

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "execution": EXECUTION,
    "mode": MODE,
    "estop": ("ARMED", "TRIGGERED"),
    "power": ("ON", "OFF"),
    "availability": ("AVAILABLE", "UNAVAILABLE"),
    "functional_mode": FUNCTIONAL_MODE,
    "item_state": ("NotAvailable", "OutOfService", "NotExecuting", "Executing"),  # OPC 40001-1 §12
    "operation_mode": ("None", "Maintenance", "Setup", "Processing"),  # OPC 40001-1 §13
    "channel_state": ("Active", "Interrupted", "Reset"),  # OPC 40501-1 §12.1
    "channel_mode": (
        "Automatic", "MdaMdi", "JogManual", "JogIncrement", "TeachingHandle", "Remote", "Reference", "Other",
    ),  # OPC 40501-1 §12.2
    "machine_mode": (
        "Manual", "Automatic", "Setup", "AutoWithManualIntervention", "Service", "Other",
    ),  # OPC 40501-1 §12.5
    "program_state": ("Initializing", "Running", "Ended", "Interrupted", "Aborted"),  # OPC 40501-1 §8.4.8
    "job_state": (
        "NotAllowedToStart", "AllowedToStart", "Running", "Interrupted", "Ended", "Aborted",
    ),  # OPC 10031-4, ISA95JobOrderReceiverObjectType
    "state": MACHINE_STATE,
    "tower_red": TOWER,
    "tower_yellow": TOWER,
    "tower_green": TOWER,
    "tower_blue": TOWER,
}  # fmt: skip
"""Signals whose values are a closed set. Another word is kept as reported; folds treat it as not known."""

DICTIONARY: Final[dict[str, Kind]] = {
    **dict.fromkeys(WORDS, "word"),
    **dict.fromkeys(
        ("program", "program_comment", "step", "job", "order", "operation", "lot", "serial", "operator", "tool"),
        "text",
    ),
    **dict.fromkeys(("part_count", "reject_count"), "counter"),
    **dict.fromkeys(("feed_override", "rapid_override"), "number"),
    **dict.fromkeys(("single_block", "dry_run"), "flag"),
}

UNAVAILABLE: Final = "UNAVAILABLE"
"""MTConnect's word for "we do not know"; equal to a bad quality and to a lost connection."""


def is_telemetry(signal: str, *, numeric: bool) -> bool:
    """Whether a signal travels in `samples`: numeric and not in the dictionary.

    >>> is_telemetry("spindle_load", numeric=True), is_telemetry("part_count", numeric=True)
    (True, False)
    """
    return numeric and signal not in DICTIONARY
