"""A raw alarm value becomes level, code and text. Pure.

Formats: `text` (empty, "0", false, null = normal, anything else = fault and its text), `flag` (true = fault),
`mtconnect` (``Level|code|severity|qualifier|text`` as SHDR carries a condition, MTConnect part 2).
"""

from typing import Final, Literal, TypeAlias

from contract.checks import MAX_NAME
from contract.records import Level
from contract.signals import UNAVAILABLE
from edge_agent.normalise.values import coerce
from edge_agent.reading import Raw

Format: TypeAlias = Literal["text", "flag", "mtconnect"]
Alarm: TypeAlias = tuple[Level, str | None, str | None]
"""Level, code, text."""

NORMAL: Final[Alarm] = ("normal", None, None)
_LEVELS: Final[dict[str, Level]] = {"normal": "normal", "warning": "warning", "fault": "fault"}


def read_alarm(form: Format, value: Raw) -> tuple[Alarm | None, str | None]:
    """(alarm, None), or (None, code) where the value says nothing we know.

    >>> read_alarm("mtconnect", "Fault|401|1||SERVO ALARM")
    (('fault', '401', 'SERVO ALARM'), None)
    >>> read_alarm("text", "door open"), read_alarm("text", 0)
    ((('fault', None, 'door open'), None), (('normal', None, None), None))
    """
    if value == UNAVAILABLE:
        return None, UNAVAILABLE
    match form:
        case "text":
            return _text(value)
        case "flag":
            return _flag(value)
        case "mtconnect":
            return _mtconnect(value)


def _text(value: Raw) -> tuple[Alarm | None, str | None]:
    if value is None or value is False or value == 0:
        return NORMAL, None
    if value is True:
        return ("fault", None, None), None
    text, code = coerce("text", "", value)
    if code is not None:
        return None, code
    words = str(text).strip()
    if words.lower() in ("", "0", "false"):
        return NORMAL, None
    return ("fault", None, words[:MAX_NAME]), None


def _flag(value: Raw) -> tuple[Alarm | None, str | None]:
    up, code = coerce("flag", "", value)
    if code is not None:
        return None, code
    return (("fault", None, None) if up else NORMAL), None


def _mtconnect(value: Raw) -> tuple[Alarm | None, str | None]:
    if not isinstance(value, str):
        return None, "WrongType"
    if coerce("text", "", value)[1] is not None:
        return None, "NotText"
    level, _, rest = value.partition("|")
    known = _LEVELS.get(level.strip().lower())
    if known is None:
        return None, (UNAVAILABLE if level.strip().upper() == UNAVAILABLE else "WrongType")
    fields = rest.split("|", 3)
    fields += [""] * (4 - len(fields))
    code, _severity, _qualifier, text = fields
    return (known, code.strip()[:MAX_NAME] or None, text.strip()[:MAX_NAME] or None), None
