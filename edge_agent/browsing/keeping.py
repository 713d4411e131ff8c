"""Keeps what a walk found in the user's cache folder: an interrupted walk goes on, a second look is instant.

One file for each server, starting node and user: a line that says of what, then a line for each step, appended
as it is found. A line cut short by a crash is dropped and asked again. Losing the file costs a walk, nothing more.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from edge_agent.browsing.model import Found, Node, Step

VERSION: Final = 1


class Head(msgspec.Struct, frozen=True):
    """Whose nodes these are. Another server at the same address makes the file worthless."""

    v: int
    endpoint: str
    server: str
    namespaces: list[str]
    root: Node
    began_us: int


def cache_folder(environment: Mapping[str, str], home: Path) -> Path:
    """Where a user's walks are kept (XDG base directory specification)."""
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "tsunagu"


def file_for(folder: Path, endpoint: str, root: str, user: str) -> Path:
    """The file of one server as one user sees it."""
    digest = hashlib.sha256(msgspec.json.encode([endpoint, root, user])).hexdigest()
    return folder / f"walk-{digest[:24]}.jsonl"


class Keeper:
    """What was found, in memory and on disk. `found` grows by `add`."""

    def __init__(self, head: Head, found: Found, file: IO[bytes], *, resumed: bool) -> None:
        self.head = head
        self.found = found
        self.resumed = resumed
        self._file = file

    def add(self, step: Step) -> None:
        """Takes a step and writes it down. OSError where the disk does not take it."""
        self.found.add(step)
        self._file.write(msgspec.json.encode(step) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Ends the writing."""
        self._file.close()


def read(path: Path) -> tuple[Head, Found, int] | None:
    """What is kept, and how many bytes of the file are whole; None where there is nothing that can be read."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    head: Head | None = None
    found: Found | None = None
    whole = 0
    for line in raw.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            if found is None:
                head = msgspec.json.decode(line, type=Head)
                if head.v != VERSION:
                    return None
                found = Found(head.root)
            else:
                found.add(msgspec.json.decode(line, type=Step))
        except msgspec.DecodeError:
            break
        whole += len(line)
    return None if head is None or found is None else (head, found, whole)


def open_(path: Path, head: Head, *, anew: bool) -> Keeper:
    """Goes on with what is kept of the same server, or begins anew. OSError where the folder cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None if anew else read(path)
    if kept is not None and (kept[0].server, kept[0].namespaces) == (head.server, head.namespaces):
        os.truncate(path, kept[2])
        return Keeper(kept[0], kept[1], path.open("ab"), resumed=True)
    file = path.open("wb")
    file.write(msgspec.json.encode(head) + b"\n")
    file.flush()
    return Keeper(head, Found(head.root), file, resumed=False)
