"""Guessing passwords: from one address, from many, at many accounts; and the owner still gets in."""

from types import SimpleNamespace

import pytest

from hub.directory import secrets
from hub.directory.secrets import verify_password
from hub.errors import NotAuthenticated, Throttled
from hub.web.auth import Authenticator
from hub.web.throttle import Throttle, network_of
from tests.support.hubs import PASSWORD, Clock, TestOffice


class FromAddress:
    """As much of a request as signing in looks at."""

    def __init__(self, address: str) -> None:
        self.client = SimpleNamespace(host=address)
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.url = SimpleNamespace(scheme="http")


@pytest.fixture
async def door(office: TestOffice, monkeypatch: pytest.MonkeyPatch):
    """The hub's authenticator; a guess costs no hashing here, so that a test can make thousands."""
    await office.admin("aoba")
    monkeypatch.setattr("hub.web.auth.verify_password", lambda _hash, password: password == PASSWORD)
    return Authenticator(office.office.directory, office.clock)


async def guess(door, address: str, email: str = "admin@aoba.example", password: str = "wrong") -> str:
    try:
        await door.sign_in(FromAddress(address), email, password)
    except NotAuthenticated:
        return "wrong"
    except Throttled:
        return "wait"
    return "in"


async def test_many_addresses_guess_one_account_and_its_owner_still_gets_in(door, office: TestOffice) -> None:
    assert await guess(door, "192.0.2.1", password=PASSWORD) == "in"
    answers = [await guess(door, f"198.51.100.{number % 250}") for number in range(400)]
    assert answers.count("wrong") == 50
    assert await guess(door, "203.0.113.9", password=PASSWORD) == "wait"
    assert await guess(door, "192.0.2.1", password=PASSWORD) == "in"
    office.clock.ahead_us += 61_000_000
    assert await guess(door, "203.0.113.9", password=PASSWORD) == "in"


async def test_one_address_guesses_many_accounts(door) -> None:
    answers = [await guess(door, "198.51.100.1", f"user{number}@aoba.example") for number in range(60)]
    assert answers.count("wrong") == 30
    assert await guess(door, "198.51.100.2", "user1@aoba.example") == "wrong"


async def test_an_ipv6_network_is_one_guesser(door) -> None:
    answers = [await guess(door, f"2001:db8::{number:x}") for number in range(1, 20)]
    assert answers.count("wrong") == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("not an address", "not an address"),
    ],
)  # fmt: skip
def test_whom_attempts_are_counted_for(address: str, network: str) -> None:
    assert network_of(FromAddress(address)) == network  # type: ignore[arg-type]  # as much of one as is looked at


def test_the_bucket_is_bounded_in_memory() -> None:
    throttle, clock = Throttle(burst=1, refill_s=1), Clock()
    for number in range(20_000):
        throttle.take(str(number), clock())
    assert len(throttle._buckets) <= 10_000


async def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(office: TestOffice, monkeypatch) -> None:
    await office.admin("aoba")
    done: list[bool] = []

    def verify(hashed: str | None, password: str) -> bool:
        done.append(hashed is None)
        return verify_password(hashed, password)

    monkeypatch.setattr("hub.web.auth.verify_password", verify)
    opened = Authenticator(office.office.directory, office.clock)
    for email in ("admin@aoba.example", "nobody@aoba.example", ""):
        assert await guess(opened, "192.0.2.1", email) == "wrong"
    assert done == [False, True, True]


def test_where_there_is_no_user_a_hash_is_verified_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    hasher = secrets._hasher()
    monkeypatch.setattr(
        secrets, "_hasher", lambda: SimpleNamespace(verify=lambda *words: verified.append(words[0]), hash=hasher.hash)
    )
    verify_password(None, "wrong")
    verify_password(hasher.hash(PASSWORD), "wrong")
    assert [hashed.split("$")[1:4] for hashed in verified] == [verified[0].split("$")[1:4]] * 2
