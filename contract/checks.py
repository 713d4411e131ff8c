"""What a well-formed record must also keep: names, lengths, ranges. Pure."""

from typing import Final

from contract.keys import is_signal_name, split_machine_key
from contract.records import Condition, Machine, Observation, Record, Samples

MAX_TEXT: Final = 4096
MAX_NAME: Final = 256
MAX_NUMBER: Final = 2**53
MAX_BLOCK: Final = 4096
MAX_BLOCK_SPAN_US: Final = 86_400_000_000  # one day; a block is closed after 5 s or 512 values (DESIGN §4)
MAX_SIGNALS: Final = 20_000


def fault_of(record: Record, site: str) -> str | None:
    """Why the hub cannot take this record from an agent of `site`; None where it can."""
    key = record.machine if hasattr(record, "machine") else None
    if key is not None:
        try:
            own_site = split_machine_key(key)[0]
        except ValueError as error:
            return str(error)
        if own_site != site:
            return f"machine {key} is not of this agent's site {site}"
    match record:
        case Observation():
            return _observation_fault(record)
        case Samples():
            return _samples_fault(record)
        case Condition():
            return _name_fault(record.id) or _text_fault(record.text, record.code)
        case Machine():
            return _machine_fault(record)
        case _:
            return _strings_fault(record)


def _observation_fault(record: Observation) -> str | None:
    value = record.value
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"value has {len(value)} characters, at most {MAX_TEXT} are kept"
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return "value is beyond 2^53 and would lose digits"
    if record.quality == "bad" and value is not None:
        return "quality is bad, so value must be null"
    return _name_fault(record.signal) or _text_fault(record.code)


def _samples_fault(record: Samples) -> str | None:
    count = len(record.values)
    if count != len(record.dt_us):
        return f"samples have {count} values but {len(record.dt_us)} times"
    if not 1 <= count <= MAX_BLOCK:
        return f"a block of {count} values; 1 to {MAX_BLOCK} are taken"
    if max(abs(min(record.dt_us)), abs(max(record.dt_us))) > MAX_BLOCK_SPAN_US:
        return "a block spans more than a day"
    if record.quality == "bad" and any(value is not None for value in record.values):
        return "quality is bad, so values must be null"
    return _name_fault(record.signal) or _text_fault(record.unit, record.code)


def _machine_fault(record: Machine) -> str | None:
    if len(record.signals) > MAX_SIGNALS:
        return f"{len(record.signals)} signals; at most {MAX_SIGNALS} a machine"
    for signal in record.signals:
        fault = _name_fault(signal.name) or _text_fault(signal.unit)
        if fault:
            return fault
    return _text_fault(record.name, record.maker, record.model, record.driver, record.state_model)


def _strings_fault(record: Record) -> str | None:
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            return f"{name} has {len(value)} characters, at most {MAX_TEXT} are kept"
    return None


def _name_fault(name: str) -> str | None:
    if is_signal_name(name):
        return None
    return f"{name[:80]!r} is no signal name: a-z, 0-9 and '_', a letter first, at most 63 characters"


def _text_fault(*texts: str | None) -> str | None:
    for text in texts:
        if text is not None and len(text) > MAX_NAME:
            return f"{text[:40]!r}… has {len(text)} characters, at most {MAX_NAME} are kept here"
    return None
