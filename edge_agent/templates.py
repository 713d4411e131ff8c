"""Several machines written once: `like` takes over another machine's tables, `{machine}` and `fill` what differs.

Works on the file's tables before they are checked, so it is the same for every driver and needs to know none.
Pure. Nothing here is a fault but a `like` that names no machine above; the models judge what comes out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_WORD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_OF_ONE: Final = ("id", "name", "like")
"""What is never taken over: who the machine is."""
_ABOUT: Final = ("id", "like", "fill")
"""Where no words are filled in: they say what the words are."""


class NoSuchMachine(ValueError):
    """`like` names no machine that stands above."""


def expand(data: Mapping[str, Any], above: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One machine's tables with what it takes over from the one it is `like`; words not filled in yet.

    `above`: the machines before it, expanded. A table (`mqtt`, `signals`, `fill`) is taken over key by key, a
    signal as a whole.

    >>> expand({"id": "b", "like": "a", "signals": {"y": 2}}, [{"id": "a", "driver": "mqtt", "signals": {"x": 1}}])
    {'driver': 'mqtt', 'signals': {'x': 1, 'y': 2}, 'id': 'b', 'like': 'a'}
    """
    like = data.get("like")
    if not isinstance(like, str):
        return dict(data)
    model = next((machine for machine in above if machine.get("id") == like), None)
    if model is None:
        raise NoSuchMachine(f"no machine {like[:63]!r} stands above; write it there, or correct the name")
    whole = {key: value for key, value in model.items() if key not in _OF_ONE}
    for key, value in data.items():
        taken = whole.get(key)
        whole[key] = {**taken, **value} if isinstance(taken, dict) and isinstance(value, dict) else value
    return whole


def filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """One machine's tables with `{machine}` (its id) and the words of its `fill` put in; unknown words stay.

    >>> filled({"id": "p1", "fill": {"nr": "7"}, "signals": {"x": {"topic": "{machine}/{nr}/{other}"}}})["signals"]
    {'x': {'topic': 'p1/7/{other}'}}
    """
    given = data.get("fill")
    words = {"machine": data.get("id"), **(given if isinstance(given, dict) else {})}
    known = {word: value for word, value in words.items() if isinstance(value, str)}
    return {key: value if key in _ABOUT else _filled(value, known) for key, value in data.items()}


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _WORD.sub(lambda found: words.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: _filled(part, words) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, words) for part in value]
    return value
