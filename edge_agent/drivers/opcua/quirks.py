"""What servers do differently, as data. A server that nobody described gets the defaults.

An entry is added when somebody has seen the difference on a real server; its note says where. The server's
own operation limits are read on every session; an entry can only lower them.
"""

from typing import Final

import msgspec

ITEMS_PER_CALL: Final = 500
NODES_PER_READ: Final = 500
PUBLISH_REQUESTS: Final = 3


class Quirk(msgspec.Struct, frozen=True):
    """`product` is looked for, in lower case, in the server's manufacturer and product name."""

    product: str
    note: str
    items_per_call: int = ITEMS_PER_CALL
    nodes_per_read: int = NODES_PER_READ
    publish_requests: int = PUBLISH_REQUESTS


DEFAULT: Final = Quirk(product="", note="no differences known")

QUIRKS: Final = (
    Quirk(
        product="s7-1200",
        note="reports 1000 items a call, slows down many times over above 200 (Siemens entry 109755846)",
        items_per_call=100,
    ),
    Quirk(
        product="node-opcua",
        note="at most 1000 changes a response and sampling not faster than 50 ms: needs 3 publish requests at once",
    ),
)


def quirk_of(manufacturer: str, product: str) -> Quirk:
    """The entry for a server, by its BuildInfo.

    >>> quirk_of("Siemens AG", "S7-1200 OPC UA Server").items_per_call
    100
    """
    name = f"{manufacturer} {product}".lower()
    return next((quirk for quirk in QUIRKS if quirk.product in name), DEFAULT)
