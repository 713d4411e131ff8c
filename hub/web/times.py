"""Moments and durations as people read them; the only place where a time zone is applied (DESIGN §13).

Inside, times are aware UTC datetimes or microseconds since 1970 (``_us``). `browser/clock.js` writes the same
words for times that tick; its units come from here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from contract.times import from_us, to_us
from hub.web.i18n import Words

DEFAULT_ZONE: Final = "Asia/Tokyo"
HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments in one time zone and one language."""

    zone: ZoneInfo
    words: Words

    def local(self, moment: datetime) -> datetime:
        """The moment on the wall clock of the zone."""
        return moment.astimezone(self.zone)

    def hm(self, moment: datetime | None) -> str:
        """``09:05``; a dash where there is none."""
        return self.local(moment).strftime("%H:%M") if moment else self.words("none")

    def hms(self, moment: datetime | None) -> str:
        """``09:05:07``; a dash where there is none."""
        return self.local(moment).strftime("%H:%M:%S") if moment else self.words("none")

    def day(self, day: date) -> str:
        """``11月20日(金)`` or ``Fri 20 Nov``."""
        if self.words.lang == "ja":
            return f"{day.month}月{day.day}日({self.words('weekdays')[day.weekday()]})"
        return f"{self.words('weekdays').split()[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"

    def month(self, year: int, month: int) -> str:
        """``2026年11月`` or ``Nov 2026``."""
        return f"{year}年{month}月" if self.words.lang == "ja" else f"{_MONTHS[month - 1]} {year}"

    def full(self, moment: datetime | None) -> str:
        """Day and time of day to the second; a dash where there is none."""
        if moment is None:
            return self.words("none")
        return f"{self.day(self.local(moment).date())} {self.hms(moment)}"

    def moment(self, moment: datetime | None, now: datetime) -> str:
        """The time of day, with its day where that is not today."""
        if moment is None:
            return self.words("none")
        day = self.local(moment).date()
        return self.hm(moment) if day == self.local(now).date() else f"{self.day(day)} {self.hm(moment)}"

    def today(self, now: datetime) -> date:
        """The calendar day that `now` falls on here."""
        return self.local(now).date()

    def day_us(self, day: date) -> tuple[int, int]:
        """First microsecond of a local day and of the next (23 or 25 h apart where clocks are changed)."""
        bounds = (datetime.combine(d, time(), self.zone) for d in (day, day + timedelta(days=1)))
        first, after = (to_us(bound.astimezone(UTC)) for bound in bounds)
        return first, after

    def span(self, seconds: float | None) -> str:
        """A duration in its two largest units: ``1時間5分``, ``1 h 5 min``; a dash where there is none."""
        if seconds is None:
            return self.words("none")
        return self._joined(_parts(seconds))

    def exact(self, seconds: float | None) -> str:
        """A duration as ``h:mm:ss``; a dash where there is none."""
        if seconds is None:
            return self.words("none")
        whole = round(seconds)
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"

    def _joined(self, parts: list[tuple[int, str]]) -> str:
        gap = "" if self.words.lang == "ja" else " "
        return gap.join(f"{n}{self.words(f'unit.{unit}')}" for n, unit in parts)


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _parts(seconds: float) -> list[tuple[int, str]]:
    """The two largest units of a duration; seconds only below one minute.

    >>> _parts(42.4), _parts(185), _parts(3600), _parts(7500), _parts(90000)
    ([(42, 's')], [(3, 'm')], [(1, 'h')], [(2, 'h'), (5, 'm')], [(1, 'd'), (1, 'h')])
    """
    whole = max(0, int(seconds))
    if whole < 60:
        return [(whole, "s")]
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    large = [(days, "d"), (hours, "h"), (minutes, "m")]
    while large[0][0] == 0:
        large.pop(0)
    return [part for part in large[:2] if part[0]]


def iso(moment: datetime | None) -> str:
    """RFC 3339 with milliseconds for scripts; empty where there is none."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else ""


def ceil_us(us: int, step_us: int) -> int:
    """The next multiple of `step_us` at or after `us`."""
    return -(-us // step_us) * step_us


def at(us: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970."""
    return from_us(us)
