"""Bodies that come slowly, in pieces, or not to their end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from hub.errors import Invalid, TooLarge, Unavailable
from hub.web.bodies import read_body


def request(*messages: Message | None, **headers: str) -> Request:
    """A request whose body comes as these messages; None: nothing more ever comes."""

    async def come() -> AsyncIterator[Message]:
        for message in messages:
            if message is None:
                await asyncio.Event().wait()
            else:
                yield message

    arriving = come()
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive=arriving.__anext__)


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_pieces_are_joined() -> None:
    assert await read_body(request(part(b"a"), part(b""), part(b"b", more=False)), 2) == b"ab"


async def test_one_byte_too_many() -> None:
    with pytest.raises(TooLarge):
        await read_body(request(part(b"ab"), part(b"c", more=False)), 2)


@pytest.mark.parametrize("declared", [str(2**40), "9" * 400])
async def test_a_length_beyond_reason_is_refused_unread(declared: str) -> None:
    with pytest.raises(TooLarge):
        await read_body(request(None, content_length=declared), 2)


async def test_a_length_that_is_no_number_changes_nothing() -> None:
    assert await read_body(request(part(b"a", more=False), content_length="many"), 2) == b"a"


async def test_a_connection_that_ends_early() -> None:
    with pytest.raises(Invalid):
        await read_body(request(part(b"a"), {"type": "http.disconnect"}), 2)


async def test_a_body_that_never_comes() -> None:
    with pytest.raises(Unavailable):
        await read_body(request(part(b"a"), None), 2, patience_s=0.01)
