"""Reading a request's body, bounded: never more in memory than its route takes.

A body that is too large is read to its end and thrown away up to `DRAIN_BYTES`, so that the sender sees the answer
(413) instead of a broken connection; a longer one is cut.
"""

from typing import Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from hub.errors import Invalid, TooLarge

MAX_JSON_BYTES: Final = 256 * 1024
DRAIN_BYTES: Final = 64 * 2**20

S = TypeVar("S", bound=msgspec.Struct)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes; TooLarge where it is longer, by its header or as it comes."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > DRAIN_BYTES:
        raise TooLarge(f"the body has {declared} bytes; at most {limit} are taken")
    chunks: list[bytes] = []
    size = 0
    try:
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
    if size > limit:
        raise TooLarge(f"the body has more than {limit} bytes, the most that is taken")
    return b"".join(chunks)


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
