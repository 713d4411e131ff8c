"""A raw value becomes a word of the contract's dictionary, or a code that says why it cannot. Pure.

`coerce` answers (value, code): exactly one of them is None, but for the value None itself, which is no reading
at all ("NoValue"). Codes: WrongType, NaN, Infinity, TooLong, TooLarge, NotText, NoValue, UNAVAILABLE.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from contract.checks import MAX_NUMBER, MAX_TEXT
from contract.signals import DICTIONARY, UNAVAILABLE, WORDS
from edge_agent.reading import Raw

Form: TypeAlias = Literal["word", "text", "flag", "counter", "number", "samples", "condition"]
"""How an address is reported. The five of the dictionary are observations."""

Coerced: TypeAlias = tuple[str | bool | int | float | None, str | None]

_FLAGS: Final[dict[str, bool]] = {"TRUE": True, "FALSE": False, "ON": True, "OFF": False, "1": True, "0": False}


def form_of(signal: str, unit: str | None) -> Form | None:
    """How a signal is reported as far as its name and unit tell; None: its first good value decides.

    >>> form_of("execution", None), form_of("load", "%"), form_of("load", None)
    ('word', 'samples', None)
    """
    known = DICTIONARY.get(signal)
    if known is not None:
        return known
    return "samples" if unit is not None else None


def form_by_value(value: Raw) -> Form:
    """How an unknown signal without a unit is reported, by its first good value."""
    if isinstance(value, bool):
        return "flag"
    return "samples" if isinstance(value, int | float) else "text"


def mapped(value: Raw, words: Mapping[str, str | bool | int | float]) -> Raw:
    """The word a setting gives for a raw value, or the value itself.

    >>> mapped(1.0, {"1": "AUTOMATIC"}), mapped(True, {"true": "ON"}), mapped(7, {"1": "AUTOMATIC"})
    ('AUTOMATIC', 'ON', 7)
    """
    if value is None:
        return None
    if isinstance(value, bool):
        key = "true" if value else "false"
    elif isinstance(value, float) and value.is_integer():
        key = str(int(value))
    else:
        key = str(value)
    return words.get(key, value)


def coerce(form: Form, signal: str, value: Raw) -> Coerced:
    """The value as `form` wants it, or a code.

    >>> coerce("text", "program", 795.0), coerce("word", "execution", "Active"), coerce("counter", "part_count", 1.5)
    (('795', None), ('ACTIVE', None), (None, 'WrongType'))
    """
    if value is None:
        return None, "NoValue"
    if value == UNAVAILABLE:
        return None, UNAVAILABLE
    return _COERCE[form](signal, value)


_WANTED: Final[dict[Form, str]] = {
    "word": "a word that this signal has",
    "text": "a text",
    "flag": "yes or no",
    "counter": "a whole number",
    "number": "a number",
    "samples": "a number",
    "condition": "an alarm",
}
_TROUBLE: Final = {
    "NaN": "what it says is no number (NaN)",
    "Infinity": "what it says is no number (infinity)",
    "TooLong": f"its text is longer than {MAX_TEXT} characters",
    "TooLarge": "its number is too large to be kept exactly",
    "NotText": "its text has characters that are none",
}


def trouble(form: Form, code: str | None) -> str | None:
    """What a code of ours means in plain words; None for what a machine says itself.

    >>> trouble("samples", "WrongType")
    'what it says is not a number; choose another address, or give its settings a map'
    """
    if code == "WrongType":
        return f"what it says is not {_WANTED[form]}; choose another address, or give its settings a map"
    return None if code is None else _TROUBLE.get(code)


def _word(signal: str, value: Raw) -> Coerced:
    words = WORDS.get(signal, ())
    if isinstance(value, str):
        if value not in words and value.upper() in words:
            return value.upper(), None
        return _text(signal, value)
    switch = "ON" in words and "OFF" in words
    if switch and value in (0, 1):
        return ("ON" if value else "OFF"), None
    return _text(signal, value)


def _text(_signal: str, value: Raw) -> Coerced:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return None, "TooLong"
        return (value, None) if value.isascii() or _is_unicode(value) else (None, "NotText")
    if isinstance(value, bool):
        return None, "WrongType"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None, _not_finite(value)
        return (str(int(value)) if value.is_integer() else repr(value)), None
    if isinstance(value, int):
        return (None, "TooLarge") if abs(value) > MAX_NUMBER else (str(value), None)
    return None, "WrongType"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(_signal: str, value: Raw) -> Coerced:
    if isinstance(value, bool):
        return value, None
    if isinstance(value, str):
        found = _FLAGS.get(value.strip().upper())
        return (None, "WrongType") if found is None else (found, None)
    return (bool(value), None) if value in (0, 1) else (None, "WrongType")


def number(value: Raw) -> tuple[float | None, str | None]:
    """A finite number from a number or a text that is one, or a code."""
    if isinstance(value, bool) or value is None:
        return None, "WrongType"
    if isinstance(value, str):
        if len(value) > 64 or "_" in value:
            return None, "WrongType"
        try:
            value = float(value)
        except ValueError:
            return None, "WrongType"
    try:
        found = float(value)
    except OverflowError:
        return None, "TooLarge"
    return (found, None) if math.isfinite(found) else (None, _not_finite(found))


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity"


def _counter(_signal: str, value: Raw) -> Coerced:
    if isinstance(value, int) and not isinstance(value, bool):
        return (None, "TooLarge") if abs(value) > MAX_NUMBER else (value, None)
    found, code = number(value)
    if found is None:
        return None, code
    if not found.is_integer():
        return None, "WrongType"
    return (None, "TooLarge") if abs(found) > MAX_NUMBER else (int(found), None)


def _number(_signal: str, value: Raw) -> Coerced:
    if isinstance(value, int) and not isinstance(value, bool):
        return (None, "TooLarge") if abs(value) > MAX_NUMBER else (value, None)
    return number(value)


def _samples(_signal: str, value: Raw) -> Coerced:
    return number(value)


_COERCE: Final[dict[str, Callable[[str, Raw], Coerced]]] = {
    "word": _word,
    "text": _text,
    "flag": _flag,
    "counter": _counter,
    "number": _number,
    "samples": _samples,
}
