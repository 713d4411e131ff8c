"""Params that questions of several features share.

Times are microseconds since 1970 (``_us``); ranges are half-open ``[from, to)``.
"""

import base64
import binascii
from typing import Annotated

import msgspec

from hub.errors import Invalid

Limit = Annotated[int, msgspec.Meta(ge=1, le=5000)]


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """A question that needs no params."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a long answer: up to `limit` after `cursor` (None: from the start)."""

    cursor: str | None = None
    limit: Limit = 1000


class MachineRange(Page, frozen=True, kw_only=True):
    """One machine of the company, from `from_us` until `to_us`."""

    site: str
    machine: str
    from_us: int
    to_us: int


class RunRange(MachineRange, frozen=True, kw_only=True):
    """Runs of one machine; `program` and `complete` narrow them (None: all)."""

    program: str | None = None
    complete: bool | None = None


class SignalRange(MachineRange, frozen=True, kw_only=True):
    """One telemetry signal of a machine, reduced to about `points` (None: every value, paged)."""

    signal: str
    points: Annotated[int, msgspec.Meta(ge=2, le=20_000)] | None = None


def encode_cursor(*parts: int | str) -> str:
    """An opaque cursor from the place where the next page starts.

    >>> decode_cursor(encode_cursor(1480968000123456, "a"))
    [1480968000123456, 'a']
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> list[int | str]:
    """The parts of a cursor; Invalid where it is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=list[int | str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor") from None
