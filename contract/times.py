"""Three times and how they meet: `at` (source), `seen` (agent), `received` (hub). UTC, microseconds.

Inside, a time is an aware datetime on the wire's structs and an int of microseconds since 1970 (``_us``)
where it is computed with.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_US = timedelta(microseconds=1)

EARLIEST_BELIEVED_US = 946_684_800_000_000  # 2000-01-01: a clock that says less was never set (DESIGN §3)
AHEAD_LIMIT_US = 300_000_000  # 5 min: a source time further ahead of `seen` is a wrong clock


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exact.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (moment - EPOCH) // _ONE_US


def from_us(us: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970; OverflowError beyond year 9999."""
    return EPOCH + timedelta(microseconds=us)


def is_wrong_clock(at_us: int, seen_us: int) -> bool:
    """Whether a source time cannot be believed: over 5 min after `seen`, or before 2000.

    >>> is_wrong_clock(0, 10**15), is_wrong_clock(10**15, 10**15)
    (True, False)
    """
    return at_us < EARLIEST_BELIEVED_US or at_us - seen_us > AHEAD_LIMIT_US


def effective_us(at_us: int, seen_us: int, offset_us: int = 0, *, own: bool = False) -> int:
    """The time a fold uses: `at`, or `seen` where the source's clock is wrong. Nothing is rewritten.

    `offset_us`: by how much the agent's clock was behind when it stamped `seen` (the sum of its `clock` records for
    that number). `own`: `at` is by the agent's clock as well (`records.is_own_time`) and moves along; a source's
    `at` never moves, and is held against the corrected `seen`.

    >>> minute = 60_000_000
    >>> noon = 1_795_176_000_000_000
    >>> effective_us(noon, noon - 10 * minute) == noon - 10 * minute  # the source looks ten minutes ahead
    True
    >>> effective_us(noon, noon - 10 * minute, 10 * minute) == noon  # it was the agent that was behind
    True
    >>> effective_us(noon - 10 * minute, noon - 10 * minute, 10 * minute, own=True) == noon
    True
    """
    seen_us += offset_us
    if own:
        at_us += offset_us
    return seen_us if is_wrong_clock(at_us, seen_us) else at_us


def rfc3339(us: int) -> str:
    """Microseconds since 1970 as RFC 3339 with six decimals and ``Z``.

    >>> rfc3339(1480968000123456)
    '2016-12-05T20:00:00.123456Z'
    """
    return from_us(us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
