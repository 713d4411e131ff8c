"""Japanese public holidays, computed from the law for the years 2000 to 2099 (国民の祝日に関する法律). Pure.

A holiday is named by a key (``showa``, ``substitute`` …); pages put it into words. Outside those years there are none:
the law of other centuries is not guessed. Equinoxes follow the formula that the almanac of the National Astronomical
Observatory keeps to in these years; the government announces each one in the February before.

What changed since 2000:

2003  海の日 and 敬老の日 move to the third Monday of July and September (from 20 July and 15 September)
2007  昭和の日 on 29 April, みどりの日 moves to 4 May; a substitute is the next day that is no holiday itself
2016  山の日 on 11 August
2019  the throne: no 天皇誕生日, one-off holidays on 1 May and 22 October
2020  天皇誕生日 on 23 February; 体育の日 becomes スポーツの日; 2020 and 2021 moved days for the Olympic Games
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099
_DAY: Final = timedelta(days=1)
_MONDAY: Final = 0
_SUNDAY: Final = 6
_SUBSTITUTE_MOVES_ON: Final = 2007

_MOVED: Final[dict[int, dict[str, tuple[int, int]]]] = {  # special measures for the Olympic Games
    2020: {"sea": (7, 23), "sports": (7, 24), "mountain": (8, 10)},
    2021: {"sea": (7, 22), "sports": (7, 23), "mountain": (8, 8)},
}


def holiday(day: date) -> str | None:
    """The key of the holiday that `day` is, None on other days.

    >>> holiday(date(2026, 5, 4)), holiday(date(2026, 5, 6)), holiday(date(2026, 9, 22)), holiday(date(2026, 5, 7))
    ('greenery', 'substitute', 'between', None)
    """
    return holidays(day.year).get(day)


@lru_cache(maxsize=128)
def holidays(year: int) -> dict[date, str]:
    """Every holiday of a year, by day; none outside 2000 to 2099."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    named = {date(year, month, day): key for key, (month, day) in (_fixed(year) | _moving(year)).items()}
    substitutes = _substitutes(named, year)
    between = _between(named, substitutes)
    return dict(sorted((named | substitutes | between).items()))


def _fixed(year: int) -> dict[str, tuple[int, int]]:
    """Holidays on a fixed day of the month."""
    days: dict[str, tuple[int, int]] = {
        "new_year": (1, 1),
        "foundation": (2, 11),
        "constitution": (5, 3),
        "children": (5, 5),
        "culture": (11, 3),
        "labour": (11, 23),
    }
    if year >= 2020:
        days["emperor"] = (2, 23)
    elif year <= 2018:
        days["emperor"] = (12, 23)
    if year >= 2007:
        days |= {"showa": (4, 29), "greenery": (5, 4)}
    else:
        days["greenery"] = (4, 29)
    if year >= 2016:
        days["mountain"] = (8, 11)
    if year == 2019:
        days |= {"accession": (5, 1), "enthronement": (10, 22)}
    return days | {key: day for key, day in _MOVED.get(year, {}).items() if key == "mountain"}


def _moving(year: int) -> dict[str, tuple[int, int]]:
    """Holidays on a Monday, and the equinoxes."""
    days: dict[str, tuple[int, int]] = {
        "coming_of_age": (1, _nth_monday(year, 1, 2)),
        "vernal": (3, _equinox(year, 20.8431)),
        "sea": (7, _nth_monday(year, 7, 3) if year >= 2003 else 20),
        "aged": (9, _nth_monday(year, 9, 3) if year >= 2003 else 15),
        "autumnal": (9, _equinox(year, 23.2488)),
        "sports" if year >= 2020 else "health_sports": (10, _nth_monday(year, 10, 2)),
    }
    return days | {key: day for key, day in _MOVED.get(year, {}).items() if key != "mountain"}


def _substitutes(named: dict[date, str], year: int) -> dict[date, str]:
    """Article 3 (2): for a holiday on a Sunday, the next day; since 2007 the next one that is no holiday itself."""
    found: dict[date, str] = {}
    for day in named:
        if day.weekday() != _SUNDAY:
            continue
        instead = day + _DAY
        while year >= _SUBSTITUTE_MOVES_ON and instead in named:
            instead += _DAY
        if instead not in named:
            found[instead] = "substitute"
    return found


def _between(named: dict[date, str], substitutes: dict[date, str]) -> dict[date, str]:
    """Article 3 (3): a day between two holidays is one too, where it is no Sunday and no substitute."""
    return {
        day + _DAY: "between"
        for day in named
        if day + 2 * _DAY in named
        and day + _DAY not in named
        and day + _DAY not in substitutes
        and (day + _DAY).weekday() != _SUNDAY
    }


def _nth_monday(year: int, month: int, number: int) -> int:
    first = date(year, month, 1).weekday()
    return 1 + (_MONDAY - first) % 7 + 7 * (number - 1)


def _equinox(year: int, base: float) -> int:
    """Day of the month of an equinox, 1980 to 2099."""
    since = year - 1980
    return int(base + 0.242194 * since - since // 4)
