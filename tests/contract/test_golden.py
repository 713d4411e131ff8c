"""Golden files: what every released version of the contract sent is still read, field for field.

A file is named `WHAT.vN.json` and is written by hand, never by the codec under test. Files are only ever added.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from contract import codec
from contract.records import Record
from contract.worklist import decode_worklist

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.v*.json"))
RECORDS = [file for file in FILES if not file.name.startswith(("batch", "receipt", "worklist"))]


def plain(thing: object) -> Any:
    return msgspec.to_builtins(thing, builtin_types=(datetime,))


def same(read: Any, written: Any, where: str) -> None:
    """Everything written was read; times are compared as moments, numbers as numbers."""
    if isinstance(written, dict):
        for name, value in written.items():
            absent = value in (None, [], "good", "machine", "variable", False, 0)
            assert name in read or absent, f"{where}.{name} was not read"
            if name in read:
                same(read[name], value, f"{where}.{name}")
    elif isinstance(written, list):
        assert len(read) == len(written), where
        for number, (one, other) in enumerate(zip(read, written, strict=True)):
            same(one, other, f"{where}[{number}]")
    elif isinstance(read, datetime):
        assert read == datetime.fromisoformat(written), where
    else:
        assert read == written, where
        assert isinstance(read, bool) is isinstance(written, bool), where


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.name)
def test_a_record_is_read_as_it_was_written(file: Path):
    written = json.loads(file.read_text("utf-8"))
    same(plain(codec.decode_record(file.read_bytes())), written, file.name)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("batch*.json")), ids=lambda file: file.name)
def test_a_batch_is_read_as_it_was_written(file: Path):
    batch, unreadable = codec.decode_batch(file.read_bytes())
    assert unreadable == []
    same(plain(batch), json.loads(file.read_text("utf-8")), file.name)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("worklist*.json")), ids=lambda file: file.name)
def test_a_list_of_work_is_read_as_it_was_written(file: Path):
    same(plain(decode_worklist(file.read_bytes())), json.loads(file.read_text("utf-8")), file.name)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("receipt*.json")), ids=lambda file: file.name)
def test_a_receipt_is_read_as_it_was_written(file: Path):
    same(plain(codec.decode_receipt(file.read_bytes())), json.loads(file.read_text("utf-8")), file.name)


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.name)
def test_a_field_of_tomorrow_is_ignored(file: Path):
    written = json.loads(file.read_text("utf-8"))
    newer = json.dumps(written | {"of_tomorrow": {"a": [1, 2]}}).encode()
    assert codec.decode_record(newer) == codec.decode_record(file.read_bytes())


def test_every_kind_of_record_has_a_golden_file():
    written = {json.loads(file.read_text("utf-8"))["kind"] for file in RECORDS}
    assert written == {kind.__struct_config__.tag for kind in get_args(Record)}
