"""The tables of DESIGN §6.1, line by line."""

import pytest

from contract.records import CONNECTION_LOST, Value
from hub.timeline.fold import Tail, fold
from hub.timeline.state_model import known_value, state_of

RUNNING = {"execution": "ACTIVE", "mode": "AUTOMATIC", "estop": "ARMED", "availability": "AVAILABLE", "power": "ON"}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, "running"),
        ({"power": "OFF", "estop": "TRIGGERED"}, "off"),
        ({"availability": "UNAVAILABLE", "estop": "TRIGGERED"}, "unknown"),
        ({"availability": None}, "unknown"),
        ({"execution": None}, "unknown"),
        ({"estop": "TRIGGERED", "mode": "MANUAL"}, "alarm"),
        ({"functional_mode": "MAINTENANCE", "mode": "MANUAL"}, "maintenance"),
        ({"functional_mode": "SETUP"}, "setup"),
        ({"functional_mode": "PRODUCTION"}, "running"),
        ({"mode": "MANUAL"}, "manual"),
        ({"mode": "MANUAL_DATA_INPUT"}, "manual"),
        ({"mode": None}, "running"),
        ({"mode": "SEMI_AUTOMATIC"}, "running"),
        *[
            ({"execution": word}, "held")
            for word in (
                "INTERRUPTED",
                "FEED_HOLD",
                "OPTIONAL_STOP",
                "PROGRAM_STOPPED",
                "PROGRAM_OPTIONAL_STOP",
                "WAIT",
            )
        ],
        *[({"execution": word}, "idle") for word in ("READY", "STOPPED", "PROGRAM_COMPLETED")],
    ],
)
def test_mtconnect(said: dict[str, Value], state: str) -> None:
    assert state_of("mtconnect", RUNNING | said) == state


def test_a_signal_that_a_machine_does_not_have_says_nothing() -> None:
    assert state_of("mtconnect", {"execution": "ACTIVE"}) == "running"
    assert state_of("mtconnect", {}) == "unknown"


@pytest.mark.parametrize(
    ("lamps", "state"),
    [
        ({"tower_green": "ON", "tower_red": "OFF"}, "running"),
        ({"tower_green": "BLINK"}, "running"),
        ({"tower_green": "ON", "tower_red": "BLINK"}, "alarm"),
        ({"tower_green": "OFF", "tower_yellow": "ON"}, "idle"),
        ({"tower_green": None, "tower_red": "OFF"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_tower(lamps: dict[str, Value], state: str) -> None:
    assert state_of("tower", lamps) == state


@pytest.mark.parametrize(
    ("item", "mode", "state"),
    [
        ("Executing", "Processing", "running"),
        ("Executing", None, "running"),
        ("NotExecuting", "Processing", "idle"),
        ("Executing", "Setup", "setup"),
        ("NotExecuting", "Maintenance", "maintenance"),
        ("OutOfService", "Processing", "off"),
        ("NotAvailable", "Processing", "unknown"),
        (None, "Processing", "unknown"),
    ],
)
def test_machinery(item: str | None, mode: str | None, state: str) -> None:
    assert state_of("machinery", {"item_state": item, "operation_mode": mode}) == state


MILLING = {
    "channel_state": "Active", "channel_mode": "Automatic", "machine_mode": "Automatic", "program_state": "Running",
    "job_state": "Running", "item_state": "Executing", "operation_mode": "Processing",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, "running"),
        ({"power": "OFF"}, "off"),
        ({"item_state": "NotAvailable"}, "unknown"),
        ({"estop": "TRIGGERED", "machine_mode": "Manual"}, "alarm"),
        ({"machine_mode": "Service", "operation_mode": "Setup"}, "maintenance"),
        ({"operation_mode": "Maintenance", "machine_mode": "Setup"}, "maintenance"),
        ({"machine_mode": "Setup", "channel_mode": "JogManual"}, "setup"),
        ({"operation_mode": "Setup"}, "setup"),
        ({"item_state": "OutOfService"}, "off"),
        ({"machine_mode": "Manual"}, "manual"),
        *[
            ({"channel_mode": mode}, "manual")
            for mode in ("MdaMdi", "JogManual", "JogIncrement", "TeachingHandle", "Reference")
        ],
        *[({"channel_mode": mode}, "running") for mode in ("Remote", "Other")],
        *[({"machine_mode": mode}, "running") for mode in ("AutoWithManualIntervention", "Other")],
        ({"machine_mode": None, "channel_mode": None, "operation_mode": None}, "running"),
        ({"channel_state": "Interrupted"}, "held"),
        ({"channel_state": "Reset"}, "idle"),
    ],
)
def test_machinetool(said: dict[str, Value], state: str) -> None:
    assert state_of("machinetool", MILLING | said) == state


@pytest.mark.parametrize(
    ("said", "state"),
    [
        *[({"program_state": word}, "idle") for word in ("Initializing", "Ended", "Aborted")],
        ({"program_state": "Running", "job_state": "Ended"}, "running"),
        ({"program_state": "Interrupted"}, "held"),
        ({"channel_state": None, "program_state": "Interrupted"}, "held"),
        ({"job_state": "Running"}, "running"),
        ({"job_state": "Interrupted", "item_state": "NotExecuting"}, "held"),
        *[({"job_state": word}, "idle") for word in ("AllowedToStart", "NotAllowedToStart", "Ended", "Aborted")],
        ({"item_state": "Executing"}, "running"),
        ({"item_state": "NotExecuting", "machine_mode": "Automatic"}, "idle"),
        ({"machine_mode": "Automatic"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_machine_tool_tells_by_what_it_has(said: dict[str, Value], state: str) -> None:
    assert state_of("machinetool", said) == state


def test_a_machine_that_says_our_word() -> None:
    assert state_of("state", {"state": "setup"}) == "setup"
    assert state_of("state", {"state": "dancing"}) == "unknown"


def test_a_word_that_the_dictionary_lacks_is_not_known() -> None:
    assert known_value("execution", "DANCING") is None
    assert known_value("program", "DANCING") == "DANCING"


def test_a_state_model_that_is_not_known_here_says_unknown() -> None:
    assert state_of("of-tomorrow", RUNNING) == "unknown"


def test_what_the_agent_lost_sight_of_is_not_guessed() -> None:
    """After a lost connection `execution` may be heard long before `mode` is said again."""
    changes = [
        (10, "mode", "MANUAL", None),
        (10, "execution", "READY", None),
        (20, "mode", None, CONNECTION_LOST),
        (20, "execution", None, CONNECTION_LOST),
        (30, "execution", "ACTIVE", None),
        (40, "mode", "MANUAL", None),
        (50, "mode", None, "BadNoData"),  # the machine's own word: counts as automatic
        (60, "estop", None, CONNECTION_LOST),
        (70, "estop", None, "BadNoData"),
    ]
    folded = fold(Tail(), changes, ((0, "mtconnect"),))
    states = [(i.start_us, i.state) for i in folded.intervals] + [(folded.tail.since_us, folded.tail.state)]
    assert states[:3] == [(10, "manual"), (20, "unknown"), (40, "manual")]
    assert states[3:] == [(50, "running"), (60, "unknown"), (70, "running")]
