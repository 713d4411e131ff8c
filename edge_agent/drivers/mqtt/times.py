"""A source's time as a machine writes it → µs since 1970 UTC. Pure.

Read are, as text: RFC 3339 and ISO 8601 (`2026-11-20T09:00:37.383+09:00`, with a space or T, basic or extended),
`2026/11/20 9:00:37.383` and `2026年11月20日 9時0分37秒`; as text or number: seconds, ms, µs or ns since 1970, and
the digits YYYYMMDDhhmmss or YYYYMMDDhhmmssfff. Two-digit years are not read: nobody can tell 05/06/07. A time
without an offset needs the time zone that the machine's clock keeps; in the hour that comes twice in autumn the
first one is meant.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

Unit = Literal["auto", "s", "ms", "us", "ns"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST_US: Final = -62_135_510_400_000_000
_LATEST_US: Final = 253_402_214_400_000_000
_SCALE: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)")
_SEPARATED: Final = re.compile(
    r"(\d{4})[-/.年](\d\d?)[-/.月](\d\d?)(?:日\s*|[T_ ]\s*)(\d\d?)[:時](\d\d?)[:分](\d\d?)秒?(?:[.,:](\d{1,9}))?"
    r"\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,20}(\.\d{1,9})?", re.ASCII)
_LONGEST: Final = 64
_LENGTH_OF_A_DAY: Final = len("2026-11-20")


def zone_of(name: str) -> tzinfo:
    """The zone called so (`Asia/Tokyo`, `UTC`) or a fixed offset (`+09:00`); ValueError where there is none.

    >>> zone_of("+09:00")
    datetime.timezone(datetime.timedelta(seconds=32400))
    """
    found = _OFFSET.fullmatch(name)
    if found is not None:
        size = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if size < timedelta(days=1):
            return timezone(-size if found[1] == "-" else size)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder, a strange name, or none such
        raise ValueError('write a time zone such as "Asia/Tokyo" or "+09:00"') from error


def time_of(value: Any, unit: str = "auto", zone: tzinfo | None = None) -> int | str:
    """µs since 1970, or in plain words why it is none.

    >>> time_of("2026-11-20T09:00:37.383+09:00"), time_of(1795132837383), time_of("2026/11/20 9:00:37", zone=UTC)
    (1795132837383000, 1795132837383000, 1795165237000000)
    >>> time_of("20261120090037")
    "'20261120090037' has no offset from UTC; set time_zone to the zone of the machine's clock"
    """
    if isinstance(value, str) and value[4:5] == "-":
        try:
            moment = datetime.fromisoformat(value)  # the form that nearly all have, without looking further
            if moment.tzinfo is not None and 1 < moment.year < 9999:
                return (moment - _EPOCH) // _MICROSECOND
        except ValueError:
            pass
    try:
        found = _of_any(value, unit, zone)
    except (ValueError, OverflowError):
        return f"{str(value)[:40]!r} is no time that can be read"
    if isinstance(found, int) and not _EARLIEST_US <= found <= _LATEST_US:
        return f"{str(value)[:40]!r} is no time that can be read"
    return found


def _of_any(value: Any, unit: str, zone: tzinfo | None) -> int | str:
    if isinstance(value, str):
        return _of_text(value, unit, zone)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "the time is neither text nor a number"
    return _of_number(value, unit, zone)


def _of_text(text: str, unit: str, zone: tzinfo | None) -> int | str:
    text = text.strip(" \0\t\r\n")
    if len(text) > _LONGEST:
        raise ValueError
    if _NUMBER.fullmatch(text):
        return _of_number(float(text) if "." in text else int(text), unit, zone)
    found = _SEPARATED.fullmatch(text)
    if found is not None:
        *parts, fraction, offset = found.groups()
        return _told(_moment(parts, fraction), text, zone if offset is None else _zone_of_offset(offset))
    if len(text) <= _LENGTH_OF_A_DAY:
        raise ValueError
    return _told(datetime.fromisoformat(text), text, zone)


def _zone_of_offset(offset: str) -> tzinfo:
    return UTC if offset == "Z" else zone_of(offset)


def _of_number(value: float, unit: str, zone: tzinfo | None) -> int | str:
    if unit == "auto" and isinstance(value, int):
        found = _DIGITS.fullmatch(str(value)) if 10**13 <= value < 10**17 else None
        if found is not None:
            *parts, fraction = found.groups()
            return _told(_moment(parts, fraction), str(value), zone)
    if unit == "ns" or (unit == "auto" and abs(value) >= 1e17):
        return int(value // 1_000)
    us = value * (_SCALE.get(unit) or _scale_by_size(abs(value)))
    return us if isinstance(us, int) else round(us)


def _moment(parts: list[str], fraction: str | None) -> datetime:
    year, month, day, hour, minute, second = (int(part) for part in parts)
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - its zone is told next


def _told(moment: datetime, text: str, zone: tzinfo | None) -> int | str:
    if moment.tzinfo is None:
        if zone is None:
            return f"{text[:40]!r} has no offset from UTC; set time_zone to the zone of the machine's clock"
        moment = moment.replace(tzinfo=zone)
    return (moment - _EPOCH) // _MICROSECOND


def _scale_by_size(size: float) -> int:
    if size < 1e11:  # seconds until the year 5138
        return 1_000_000
    return 1_000 if size < 1e14 else 1
