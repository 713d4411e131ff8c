"""Paths into a JSON payload: as people write them, and what is found there. Pure.

The dotted form of JSONPath (RFC 9535) that names one value: `$`, `.name`, `['any name']`, `[0]`. Lists of things
told apart by a field are read with `each` and `where` (`addresses.py`), not with wildcards or filters here.
"""

import re
from typing import Any, Final

import msgspec

Path_ = tuple[str | int, ...]

_STEP: Final = re.compile(r"""\.([^.\[\]'"\s]+)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]""")
_PLAIN: Final = re.compile(r"""[^.\[\]'"\s]+""")
_JSON = msgspec.json.Decoder()
PARSE_FAULTS: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What parsing any bytes as JSON may raise; ValueError also where a number has thousands of digits."""


class Missing(msgspec.Struct, frozen=True):
    """Nothing is there: the path up to the step that failed."""

    path: Path_


def split_path(text: str) -> Path_:
    """The steps of a path into a JSON payload; ValueError where it is none.

    >>> split_path("$.axes[0]['load %']"), split_path("$")
    (('axes', 0, 'load %'), ())
    """
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            break
        name, index, quoted, double = found.groups()
        steps.append(int(index) if index is not None else next(s for s in (name, quoted, double) if s is not None))
        position = found.end()
    if not text.startswith("$") or position != len(text):
        raise ValueError("write a path such as $.axes[0].load or $['load %']")
    return tuple(steps)


def shown(path: Path_) -> str:
    """A path as people write it.

    >>> shown(("axes", 0, "load %"))
    "$.axes[0]['load %']"
    """
    return "$" + "".join(_shown_step(step) for step in path)


def _shown_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN.fullmatch(step):
        return f".{step}"
    return f'["{step}"]' if "'" in step else f"['{step}']"


def find(document: Any, path: Path_) -> Any:
    """What is at `path`, or Missing. A text that is itself JSON (wrapped twice on its way) is looked into."""
    for depth, step in enumerate(path):
        if document.__class__ is str:
            document = _unwrapped(document)
        kind = document.__class__  # quicker than isinstance; keys of JSON are texts: a number is in none
        if (kind is dict and step in document) or (kind is list and isinstance(step, int) and step < len(document)):
            document = document[step]
        else:
            return Missing(path[: depth + 1])
    return document


def _unwrapped(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return _JSON.decode(text)
    except PARSE_FAULTS:
        return text
