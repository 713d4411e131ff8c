"""Who may use the terminal: the code, guesses, cookies, foreign pages."""

import stat
from pathlib import Path

import httpx2
import pytest

from edge_agent.terminal import access
from tests.edge_agent.terminal.conftest import URL, Shop


def ones(count: int) -> bytes:
    return bytes(range(1, count + 1))


def test_the_code_is_kept_as_a_hash_that_only_its_owner_reads(tmp_path: Path):
    code = access.make_code(tmp_path, ones, sign_out=False)
    file = tmp_path / access.FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    letters = code.replace("-", "")
    assert len(letters) == access.CODE_LETTERS
    assert letters not in file.read_text("utf-8")
    kept = access.read(tmp_path)
    assert kept is not None
    assert access.is_code(kept, f" {code.lower()} ")
    assert not access.is_code(kept, letters[:-1])
    assert not access.is_code(kept, "")


def test_a_new_code_ends_the_old_one_and_keeps_devices_in_unless_told(tmp_path: Path):
    first = access.make_code(tmp_path, ones, sign_out=False)
    kept = access.read(tmp_path)
    assert kept is not None
    cookie = access.make_cookie(kept, 0, ones)
    second = access.make_code(tmp_path, lambda count: bytes(range(9, 9 + count)), sign_out=False)
    kept = access.read(tmp_path)
    assert kept is not None
    assert not access.is_code(kept, first)
    assert access.is_code(kept, second)
    assert access.is_cookie(kept, cookie)
    access.make_code(tmp_path, lambda count: bytes(range(7, 7 + count)), sign_out=True)
    kept = access.read(tmp_path)
    assert kept is not None
    assert not access.is_cookie(kept, cookie)


@pytest.mark.parametrize("cookie", ["", ".", "1.2.3", "1.aa." + "0" * 64, "é", "x" * 5000])
def test_no_cookie_can_be_made_up(tmp_path: Path, cookie: str):
    access.make_code(tmp_path, ones, sign_out=False)
    kept = access.read(tmp_path)
    assert kept is not None
    assert not access.is_cookie(kept, cookie)


async def test_without_the_code_nothing_is_shown_or_taken(shop: Shop):
    stranger = httpx2.AsyncClient(transport=shop.http._transport, base_url=URL, headers={"Origin": URL})
    for path in ("/", "/work?order=A-1&operation=10", "/machines", "/people", "/records", "/state", "/scan?code=07"):
        answer = await stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/enter?next="), path
    for path in ("/tap", "/people", "/leave"):
        assert (await stranger.post(path, data={"code": "07"})).status_code == 401, path
    page = (await stranger.get("/enter")).text
    assert "A-1" not in page
    assert "Sato" not in page
    assert await shop.records() == []


async def test_guesses_are_few(shop: Shop):
    stranger = httpx2.AsyncClient(transport=shop.http._transport, base_url=URL, headers={"Origin": URL})
    statuses = [(await stranger.post("/enter", data={"code": f"0000{n}-00000"})).status_code for n in range(7)]
    # one attempt of this address went into letting the shop's own device in, and was given back
    assert statuses == [403] * 5 + [429] * 2
    shop.monotonic[0] += 31
    assert (await stranger.post("/enter", data={"code": "00000-00000"})).status_code == 403
    assert (await stranger.post("/enter", data={"code": "00000-00000"})).status_code == 429


async def test_another_site_cannot_tap_with_our_cookie(shop: Shop):
    form = {"action": "start", "order": "A-1", "operation": "10", "tap": shop.new_id()}
    for headers in ({"Origin": "http://elsewhere.example"}, {"Origin": "null"}):
        assert (await shop.http.post("/tap", data=form, headers=headers)).status_code == 403
    assert await shop.records() == []


async def test_after_signing_in_one_goes_on_only_within_the_terminal(shop: Shop):
    for wanted in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        answer = await shop.http.post("/people", data={"code": "07", "next": wanted})
        assert answer.headers["location"] == "/", wanted


async def test_headers_keep_pages_from_leaking(shop: Shop):
    answer = await shop.get("/")
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src-attr")[0]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"a" * 70_000, b"&".join(b"x%d=1" % n for n in range(1500)), b"tap=zz&action=start"]
)
async def test_a_body_that_is_no_form_of_ours_is_no_fault_of_the_terminal(shop: Shop, body: bytes):
    answer = await shop.http.post("/tap", content=body)
    assert answer.status_code in (400, 413)
    assert await shop.records() == []
