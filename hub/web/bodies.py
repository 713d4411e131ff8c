"""Reading a request's body, bounded: never more in memory than its route takes.

A body that is too large is read to its end and thrown away up to `DRAIN_BYTES`, so that the sender sees the answer
(413) instead of a broken connection; a longer one is cut.
"""

import asyncio
from typing import Final, TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from hub.errors import Invalid, TooLarge, Unavailable

MAX_JSON_BYTES: Final = 256 * 1024
DRAIN_BYTES: Final = 64 * 2**20
PATIENCE_S: Final = 120.0

S = TypeVar("S", bound=msgspec.Struct)


async def read_body(request: Request, limit: int, patience_s: float = PATIENCE_S) -> bytes:
    """The body, at most `limit` bytes; TooLarge where it is longer, by its header or as it comes.

    Unavailable where it does not arrive in time: half-open connections must not pile up.
    """
    if declared_bytes(request.headers) > DRAIN_BYTES:
        raise TooLarge(f"the body has far more than {limit} bytes, the most that is taken")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > DRAIN_BYTES:
                    break
                if size <= limit:
                    chunks.append(chunk)
                else:
                    chunks.clear()
    except ClientDisconnect:
        raise Invalid("the connection ended before the body did") from None
    except TimeoutError:
        raise Unavailable(f"the body did not arrive within {patience_s:g} s; send less at a time") from None
    if size > limit:
        raise TooLarge(f"the body has more than {limit} bytes, the most that is taken")
    return b"".join(chunks)


def declared_bytes(headers: Headers) -> int:
    """The length that a request's header claims; 0 where it claims none that can be read."""
    declared = headers.get("content-length", "")
    return int(declared[:20]) if declared.isascii() and declared.isdigit() else 0


async def read_struct(request: Request, kind: type[S]) -> S:
    """The JSON body as a struct; Invalid names the field that is wrong."""
    body = await read_body(request, MAX_JSON_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise Invalid(message, path.rstrip("`") or None) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(f"the body is not JSON: {error}") from None
