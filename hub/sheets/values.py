"""What a cell's content means: texts, numbers with units, days, durations, yes and no. Pure.

Content comes as people type it: full-width digits ("３枚"), units ("1.2mm"), prices ("¥1,200"), days as text, as dates
or as Excel's serial numbers. Whatever could mean two things is refused with what to write instead. Each reader takes
the content and the factor that the column's heading asks for ("加工時間(分)": 60); None where the cell is empty.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from hub.sheets.fault import Refused

Value: TypeAlias = str | float | int | bool | date | datetime | time | timedelta | None
ReadCell: TypeAlias = Callable[[Value, float], object]

MOST_KEY: Final = 64
MOST_TEXT: Final = 200
_SHOWN: Final = 40
_UNITS_SHOWN: Final = 6
_EXACT: Final = 10**15
"""From here on a spreadsheet has already dropped digits of a number."""
_NUMBER: Final = re.compile(
    r"[¥\\$]?\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)(e[+-]?\d+)?\s*(\D*)", re.IGNORECASE
)
_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+\d{1,2}:\d\d(?::\d\d)?)?")
_ERA: Final = re.compile(r"(?:R|令和)\s*(\d{1,2}|元)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.IGNORECASE)
_COMPACT: Final = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_CLOCK: Final = re.compile(r"(\d{1,3}):(\d\d):(\d\d)")
_REIWA: Final = 2018
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
_SERIAL_ZERO: Final = date(1899, 12, 30)
_YES: Final = frozenset({"1", "true", "yes", "y", "on", "はい", "有効", "有", "○", "〇", "◯", "在籍"})
_NO: Final = frozenset({"0", "false", "no", "n", "off", "いいえ", "無効", "無", "×", "x", "✕", "退職"})

COUNTS: Final = dict.fromkeys(
    ("個", "枚", "本", "台", "件", "式", "ヶ", "ケ", "コ", "回", "曲げ", "pcs", "pc", "pieces", "ea", "sheets"), 1.0
)
MILLIMETRES: Final = {"mm": 1.0, "ミリ": 1.0, "cm": 10.0, "m": 1000.0}
KILOGRAMS: Final = {"kg": 1.0, "キロ": 1.0, "g": 0.001, "t": 1000.0}
SQUARE_MILLIMETRES: Final = {"mm2": 1.0, "cm2": 100.0, "m2": 1e6}
SECONDS: Final = {
    "s": 1.0, "sec": 1.0, "秒": 1.0, "min": 60.0, "分": 60.0, "h": 3600.0, "hr": 3600.0, "時間": 3600.0,
}  # fmt: skip


def plain(text: str) -> str:
    """A text without its accidents: full-width letters and digits made plain, invisible characters and edges gone.

    >>> plain(" ＰＮ－１００１\u200b ")
    'PN-1001'
    """
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if unicodedata.category(char) != "Cf").strip()


def shown(value: object) -> str:
    """Content as a message quotes it."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _typed(value: Value) -> str:
    """Content of a cell that should be text, as text."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float() if abs(value) >= _EXACT:
            raise Refused(
                f"{value:.0f} has more digits than a spreadsheet keeps; format the column as text and type it again",
                f"{value:.0f} は桁数が多く、表計算ソフトで末尾が失われています。列を文字列にして入力し直してください",
            )
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            raise Refused(
                f"{shown(value)} was turned into a date or time; format the column as text and type it again",
                f"{shown(value)} は日付や時刻に変換されています。列を文字列にして入力し直してください",
            )


def key(value: Value, _factor: float = 1.0) -> str | None:
    """A number or code that names something: at most 64 printable characters."""
    text = plain(_typed(value))
    return _checked(text, MOST_KEY) if text else None


def text(value: Value, _factor: float = 1.0) -> str | None:
    """A name or note of one line: at most 200 printable characters, line breaks as spaces."""
    line = " ".join(unicodedata.normalize("NFC", _typed(value)).split())
    return _checked(line, MOST_TEXT) if line else None


def _checked(line: str, most: int) -> str:
    if len(line) > most:
        raise Refused(
            f"{shown(line)!r} has {len(line)} characters; at most {most} are kept",
            f"「{shown(line)}」は {len(line)} 文字あります。{most} 文字までにしてください",
        )
    if not line.isprintable():
        raise Refused(
            f"{shown(line)!r} holds characters that cannot be printed; type it again",
            f"「{shown(line)}」に印字できない文字があります。入力し直してください",
        )
    return line


def number(
    units: Mapping[str, float], *, least: float = 0.0, above: bool = False, most: float = 1e9
) -> Callable[[Value, float], float | None]:
    """A reader of numbers in the unit whose factor is 1; `above`: more than `least`, which itself is too little."""

    def read(value: Value, factor: float = 1.0) -> float | None:
        found = _amount(value, units, factor)
        if found is not None:
            _bounded(found, least, most, above=above)
        return found

    return read


def whole(units: Mapping[str, float], *, least: int = 0, most: int = 10**9) -> Callable[[Value, float], int | None]:
    """A reader of whole numbers."""

    def read(value: Value, factor: float = 1.0) -> int | None:
        found = _amount(value, units, factor)
        if found is None:
            return None
        if not found.is_integer():
            raise Refused(f"{found:.12g} is not a whole number", f"{found:.12g} は整数ではありません")
        _bounded(found, least, most)
        return int(found)

    return read


def _bounded(found: float, least: float, most: float, *, above: bool = False) -> None:
    if found < least or (above and found == least):
        word, ja = ("more than", "より大きい値") if above else ("at least", "以上")
        raise Refused(
            f"{found:.12g} is too little; {word} {least:.12g} is needed",
            f"{found:.12g} は小さすぎます。{least:.12g} {ja}にしてください",
        )
    if found > most:
        raise Refused(
            f"{found:.12g} is too much; at most {most:.12g} is taken",
            f"{found:.12g} は大きすぎます。{most:.12g} 以下にしてください",
        )


def _amount(value: Value, units: Mapping[str, float], factor: float) -> float | None:
    match value:
        case None:
            return None
        case str():
            return _amount_of(plain(value).replace("−", "-"), value, units, factor)
        case int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return _scaled(float(value), factor)
        case time() if units is SECONDS:
            return value.hour * 3600.0 + value.minute * 60 + value.second
        case timedelta() if units is SECONDS:
            return value.total_seconds()
        case _:
            raise _no_number(value)


def _amount_of(line: str, value: str, units: Mapping[str, float], factor: float) -> float | None:
    if not line:
        return None
    if units is SECONDS and (clock := _CLOCK.fullmatch(line)):
        hours, minutes, seconds = (int(part) for part in clock.groups())
        return hours * 3600.0 + minutes * 60 + seconds
    found = _NUMBER.fullmatch(line)
    if found is None:
        raise _no_number(value)
    digits, power, unit = found.groups()
    amount = float(digits.replace(",", "") + (power or ""))
    if not math.isfinite(amount):
        raise _no_number(value)
    unit = unit.strip().lower()
    if unit and unit not in units:
        known = ", ".join(list(units)[:_UNITS_SHOWN]) or "—"
        raise Refused(
            f"{shown(value)!r}: the unit {shown(unit)!r} is not known here (known: {known}); write the number alone",
            f"「{shown(value)}」：単位「{shown(unit)}」はここでは使えません（使える単位：{known}）。数だけを書いてください",
        )
    return _scaled(amount, units[unit] if unit else factor)


def _scaled(amount: float, factor: float) -> float:
    """In the unit that is kept, to the 15 digits that every spreadsheet keeps, so that no way out and in changes it."""
    return float(f"{amount * factor:.15g}")


def _no_number(value: object) -> Refused:
    return Refused(f"{shown(value)!r} is no number", f"「{shown(value)}」は数ではありません")


def day(value: Value, _factor: float = 1.0) -> str | None:
    """A calendar day as YYYY-MM-DD: a date, Excel's serial number, or a text that says its year."""
    match value:
        case None:
            return None
        case datetime():
            found = value.date()
        case date():
            found = value
        case str():
            line = plain(value)
            if not line:
                return None
            parsed = _day_of(line)
            if parsed is None:
                raise _no_day(value)
            found = parsed
        case int() | float() if not isinstance(value, bool):
            parsed = _serial(float(value))
            if parsed is None:
                raise _no_day(f"{value:g}")
            found = parsed
        case _:
            raise _no_day(value)
    if not FIRST_DAY <= found <= LAST_DAY:
        raise Refused(
            f"{found} is not between {FIRST_DAY} and {LAST_DAY}",
            f"{found} は {FIRST_DAY}〜{LAST_DAY} の範囲にありません",
        )
    return found.isoformat()


def _day_of(line: str) -> date | None:
    for pattern in (_DAY, _COMPACT):
        if found := pattern.fullmatch(line):
            return _calendar(*(int(part) for part in found.groups()[:3]))
    if found := _ERA.fullmatch(line):
        year, month, of_month = found.groups()
        return _calendar(_REIWA + (1 if year == "元" else int(year)), int(month), int(of_month))
    if re.fullmatch(r"\d{5}(\.0)?", line):
        return _serial(float(line))
    return None


def _calendar(year: int, month: int, of_month: int) -> date | None:
    try:
        return date(year, month, of_month)
    except ValueError:
        return None


def _serial(days: float) -> date | None:
    """Excel counts days so that 46113 is 2026-04-01."""
    first, last = (FIRST_DAY - _SERIAL_ZERO).days, (LAST_DAY - _SERIAL_ZERO).days
    return _SERIAL_ZERO + timedelta(days=int(days)) if first <= days < last + 1 else None


def _no_day(value: object) -> Refused:
    return Refused(
        f"{shown(value)!r} is no day; write it like 2026-04-01",
        f"「{shown(value)}」は日付として読めません。2026-04-01 のように年から書いてください",
    )


def flag(value: Value, _factor: float = 1.0) -> bool | None:
    """Yes or no."""
    if isinstance(value, bool) or value is None:
        return value
    line = plain(_typed(value)).lower()
    if not line:
        return None
    if line in _YES:
        return True
    if line in _NO:
        return False
    raise Refused(
        f"{shown(value)!r} is neither yes nor no", f"「{shown(value)}」は はい／いいえ のどちらでもありません"
    )
