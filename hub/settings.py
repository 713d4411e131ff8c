"""What a hub is told when it starts; every field carries its help text, the commands are made from it."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

LogFormat = Literal["text", "json"]


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How `tsunagu-hub serve` runs."""

    data_dir: Annotated[Path, msgspec.Meta(description="Directory that holds everything the hub keeps")]
    host: Annotated[str, msgspec.Meta(description="Address to listen on; 0.0.0.0 for every network card")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(description="Port to listen on; 0 takes a free one", ge=0, le=65535)] = 8000
    log: Annotated[LogFormat, msgspec.Meta(description="Log as text for people or as JSON lines")] = "text"
    max_pages: Annotated[
        int | None, msgspec.Meta(description="Bound of each company's store in pages of 4 KiB; none: the disk's room")
    ] = None
    tls_cert: Annotated[
        Path | None, msgspec.Meta(description="Certificate with its chain, PEM; none: the hub's own, where it has one")
    ] = None
    tls_key: Annotated[Path | None, msgspec.Meta(description="The certificate's key, PEM, without a password")] = None
    use_tls: Annotated[
        bool, msgspec.Meta(description="Whether the hub's own certificate is used where it is there")
    ] = True
    insecure: Annotated[bool, msgspec.Meta(description="Allow plain HTTP beyond this machine")] = False
    proxies: Annotated[
        tuple[str, ...], msgspec.Meta(description="Addresses of reverse proxies whose X-Forwarded-* is believed")
    ] = ()
