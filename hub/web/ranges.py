"""Query parameters that several routes share: times, ranges, pages. Strict, but kind to a ``+`` that became a space.

Times are RFC 3339 with an offset; inside they are microseconds since 1970. Without `from` and `to` a range is the
last 24 hours.
"""

import re
import time
from datetime import datetime
from typing import Annotated, Final

from fastapi import Path, Query

from contract.keys import is_slug
from contract.times import rfc3339, to_us
from hub.access.params import MachineRange
from hub.errors import Invalid, NotFound

DAY_US: Final = 86_400_000_000
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_TIME_DOC: Final = "RFC 3339 with an offset, for example 2026-11-20T09:00:00Z"


def parse_time(text: str, field: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time; Invalid where it is none or says no offset.

    >>> parse_time("1970-01-01T00:00:01Z", "from"), parse_time("1970-01-01T09:00:01 09:00", "from")
    (1000000, 1000000)
    """
    whole = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
    if _TIME.fullmatch(whole) is None:
        raise Invalid(f"{text[:60]!r} is no time; write {_TIME_DOC}", field)
    try:
        moment = datetime.fromisoformat(whole.upper())
    except ValueError as error:
        raise Invalid(f"{text[:60]!r} is no time: {error}", field) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid(f"{text[:60]!r}: years from {FIRST_YEAR} to {LAST_YEAR} can be asked about", field)
    return to_us(moment)


def check_range(from_: str | None, to: str | None) -> tuple[int, int]:
    """A range from its two texts; Invalid where it runs backwards."""
    to_us_ = time.time_ns() // 1000 if to is None else parse_time(to, "to")
    from_us = to_us_ - DAY_US if from_ is None else parse_time(from_, "from")
    if from_us > to_us_:
        raise Invalid(f"from ({rfc3339(from_us)}) is after to ({rfc3339(to_us_)})", "from")
    return from_us, to_us_


From = Annotated[str | None, Query(alias="from", description=f"{_TIME_DOC}; left out: 24 h before `to`")]
To = Annotated[str | None, Query(alias="to", description=f"{_TIME_DOC}; left out: now")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the answer before", max_length=500)]
Limit = Annotated[int, Query(ge=1, le=5000, description="at most so many rows")]
Company = Annotated[str | None, Query(description="another company's slug; left out: one's own", max_length=200)]
Slug = Annotated[str, Path(max_length=500)]


def check_machine(site: str, machine: str) -> None:
    """NotFound where a path's names cannot be those of a machine."""
    if not (is_slug(site) and is_slug(machine)):
        raise NotFound(f"machine {site[:63]}/{machine[:63]}")


def machine_range(
    site: Slug, machine: Slug, from_: From = None, to: To = None, cursor: Cursor = None, limit: Limit = 1000
) -> MachineRange:
    """FastAPI dependency: one machine and a range of time."""
    check_machine(site, machine)
    from_us, to_us_ = check_range(from_, to)
    return MachineRange(site=site, machine=machine, from_us=from_us, to_us=to_us_, cursor=cursor, limit=limit)
