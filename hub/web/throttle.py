"""A token bucket for each key: so many attempts at once, then one every so often. In memory, bounded."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from hub.errors import Throttled

MAX_KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_us: int


class Throttle:
    """`burst` attempts at once, one more every `refill_s` seconds. Not for several threads at once."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now_us: int) -> None:
        """Spends an attempt; Throttled says how long to wait where none is left."""
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now_us))
        self._buckets.move_to_end(key)
        while len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        elapsed_s = max(0, now_us - bucket.at_us) / 1e6
        bucket.tokens = min(self._burst, bucket.tokens + elapsed_s / self._refill_s)
        bucket.at_us = now_us
        if bucket.tokens < 1:
            wait_s = (1 - bucket.tokens) * self._refill_s
            raise Throttled(f"too many attempts; try again in {wait_s:.0f} s", wait_s)
        bucket.tokens -= 1

    def give_back(self, key: str) -> None:
        """One attempt was no attempt to guess: it does not count."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._burst, bucket.tokens + 1)

    def forget(self, key: str) -> None:
        """The key starts anew: somebody proved to be who they say."""
        self._buckets.pop(key, None)


def network_of(request: HTTPConnection) -> str:
    """Whom attempts are counted for: an IPv4 address, or the /64 that one IPv6 client can choose its address in."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
