"""What a machine with a standard type tells, and where its type has it: nobody needs to map it. Plain data.

`machinetool`: OPC 40501-1 (UA for Machine Tools), the nodes of v1.01 (Production/ActiveProgram) and those that v1.02
and OPC 40001-1 (Machinery building blocks) added. `machinery`: OPC 40001-1 alone. Many nodes are optional in their
types: of several ways the first that has a value is read; a state machine's number is preferred to its text, which may
be in any language. Paths begin at the machine, or at its channel (the combined one where there is one).
"""

from collections.abc import Mapping
from typing import Final

from edge_agent.drivers.opcua.addresses import GivenSignal, Place, Start, Step, Way

MACHINE_TOOL: Final = "http://opcfoundation.org/UA/MachineTool/"
MACHINERY: Final = "http://opcfoundation.org/UA/Machinery/"
JOBS: Final = "http://opcfoundation.org/UA/Machinery/Jobs/"
DI: Final = "http://opcfoundation.org/UA/DI/"
_NAMESPACES: Final = {"mt": MACHINE_TOOL, "m": MACHINERY, "j": JOBS, "di": DI}

_ITEM_STATE: Final = {"0": "NotAvailable", "1": "OutOfService", "2": "NotExecuting", "3": "Executing"}
_OPERATION_MODE: Final = {"0": "None", "1": "Maintenance", "2": "Setup", "3": "Processing"}
_MACHINE_MODE: Final = {
    "0": "Manual", "1": "Automatic", "2": "Setup", "3": "AutoWithManualIntervention", "4": "Service", "5": "Other",
}  # fmt: skip
_CHANNEL_STATE: Final = {"0": "Active", "1": "Interrupted", "2": "Reset"}
_CHANNEL_MODE: Final = {
    "0": "Automatic", "1": "MdaMdi", "2": "JogManual", "3": "JogIncrement", "4": "TeachingHandle", "5": "Remote",
    "6": "Reference", "7": "Other",
}  # fmt: skip
_PROGRAM_STATE: Final = {"0": "Initializing", "1": "Running", "2": "Ended", "3": "Interrupted", "4": "Aborted"}
_JOB_STATE: Final = {
    "1": "NotAllowedToStart", "2": "AllowedToStart", "3": "Running", "4": "Interrupted", "5": "Ended", "6": "Aborted",
}  # fmt: skip


def _way(path: str, start: Start = "machine") -> Way:
    steps: list[Step] = []
    for step in path.split("/"):
        prefix, _, name = step.rpartition(":")
        steps.append((_NAMESPACES[prefix] if prefix else 0, name))
    return Way(tuple(steps), start)


def _given(
    name: str, *ways: Way, words: Mapping[str, str] | None = None, optional: bool = True
) -> tuple[str, GivenSignal]:
    place = Place(f"{name} of the machine", ways=ways, optional=optional)
    return name, GivenSignal(place=place, map=dict(words) if words else None)


def _state(path: str) -> tuple[Way, Way]:
    """A state machine's CurrentState (OPC 10000-16 §4.4.5): its number, else its text."""
    return _way(f"{path}/CurrentState/Number"), _way(f"{path}/CurrentState")


_BLOCKS: Final = ("m:MachineryBuildingBlocks", "m:Monitoring/m:Status", "mt:Monitoring/mt:MachineTool")
_ITEM_STATES: Final = tuple(way for block in _BLOCKS for way in _state(f"{block}/m:MachineryItemState"))
_OPERATION_MODES: Final = tuple(way for block in _BLOCKS for way in _state(f"{block}/m:MachineryOperationMode"))
_JOB_STATES: Final = _state("m:MachineryBuildingBlocks/j:JobManagement/j:JobOrderControl")

GIVEN: Final[dict[str, dict[str, GivenSignal]]] = {
    "machinery": dict(
        (
            _given("item_state", *_ITEM_STATES, words=_ITEM_STATE, optional=False),
            _given("operation_mode", *_OPERATION_MODES, words=_OPERATION_MODE),
            _given("job_state", *_JOB_STATES, words=_JOB_STATE),
        )
    ),
    "machinetool": dict(
        (
            _given("channel_state", _way("mt:ChannelState", "channel"), words=_CHANNEL_STATE),
            _given("channel_mode", _way("mt:ChannelMode", "channel"), words=_CHANNEL_MODE),
            _given(
                "program_state", *_state("mt:Production/mt:ActiveProgram/mt:State"), words=_PROGRAM_STATE,
                optional=False,
            ),
            _given("job_state", *_JOB_STATES, words=_JOB_STATE),
            _given("item_state", *_ITEM_STATES, words=_ITEM_STATE),
            _given("operation_mode", *_OPERATION_MODES, words=_OPERATION_MODE),
            _given(
                "machine_mode", _way("mt:Monitoring/mt:MachineTool/mt:OperationMode"), words=_MACHINE_MODE,
                optional=False,
            ),
            _given("program", _way("mt:Production/mt:ActiveProgram/mt:Name"), optional=False),
            _given("job", _way("mt:Production/mt:ActiveProgram/mt:JobIdentifier")),
            _given(
                "part_count",
                _way("mt:Production/mt:Statistics/mt:PartsProducedInLifetime"),
                _way("mt:Monitoring/mt:MachineTool/di:OperationCounters/mt:PartsProducedInLifetime"),
                _way("m:MachineryBuildingBlocks/di:OperationCounters/mt:PartsProducedInLifetime"),
            ),
            _given(
                "feed_override",
                _way("mt:FeedOverride", "channel"),
                _way("mt:Monitoring/mt:MachineTool/mt:FeedOverride"),
            ),
            _given("rapid_override", _way("mt:RapidOverride", "channel")),
            _given("single_block", _way("mt:ChannelModifiers/mt:SingleStep", "channel")),
            _given("dry_run", _way("mt:ChannelModifiers/mt:DryRun", "channel")),
        )
    ),
}  # fmt: skip
"""By state model: the signals that the model and the pages live on. A signal of the same name in the settings wins."""
