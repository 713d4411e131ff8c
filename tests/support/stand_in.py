"""A stand-in for the hub's end of the contract, for faults that a real hub cannot be made to do. HTTP on loopback."""

import asyncio
from dataclasses import dataclass, field
from typing import Self

import msgspec

from contract.batch import Batch, Receipt, Rejected
from contract.codec import EnvelopeError, decode_batch, encode_receipt, unpack
from contract.times import from_us
from tests.support.agents import NOON_US


@dataclass
class StandIn:
    """Takes batches into `records`; `script` holds answers to give first: a status, or "hang", "cut"."""

    script: list[int | str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    poison: set[str] = field(default_factory=set)
    rejects: set[str] = field(default_factory=set)
    records: dict[tuple[str, int], object] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    largest: int | None = None
    lost: int = 0
    credential: str = "secret"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while (head := await _head(reader)) is not None:
                body = await reader.readexactly(int(head.get("content-length", "0")))
                status, answer = await self._answer(head, body, writer)
                extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(answer)}\r\n{extra}\r\n".encode() + answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, head, body, writer):
        if self.script:
            step = self.script.pop(0)
            if step == "hang":
                await asyncio.sleep(3600)
            if step == "cut":
                writer.transport.abort()
                raise ConnectionResetError
            if step == "commit and cut":  # the receipt is lost on the way
                self._accept(body)
                writer.transport.abort()
                raise ConnectionResetError
            return step, msgspec.json.encode({"detail": f"as the script says: {step}"})
        if head.get("authorization") != f"Bearer {self.credential}":
            return 401, msgspec.json.encode({"detail": "this credential is not known here"})
        assert head["content-encoding"] == "zstd"
        return self._accept(body)

    def _accept(self, body):
        raw = unpack(body, "zstd")
        if self.largest is not None and len(raw) > self.largest:
            return 413, b'{"detail": "too large"}'
        if any(word.encode() in raw for word in self.poison):
            return 400, b'{"detail": "cannot be read"}'
        try:
            batch, unreadable = decode_batch(raw)
        except EnvelopeError as error:
            return 400, msgspec.json.encode({"detail": str(error)})
        assert not unreadable
        self.batches.append(batch)
        rejected = []
        for record in batch.records:
            if getattr(record, "value", None) in self.rejects:
                rejected.append(Rejected(seq=record.seq, reason="not wanted"))
            assert self.records.setdefault((batch.epoch, record.seq), record) == record
        known = self.acked.get(batch.epoch, 0)
        if batch.after <= known:
            self.acked[batch.epoch] = max(known, batch.upto)
        receipt = Receipt(acked=self.acked.get(batch.epoch, 0), rejected=tuple(rejected), hub_time=from_us(NOON_US))
        return 200, encode_receipt(receipt)


async def _head(reader):
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = raw.decode().split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
