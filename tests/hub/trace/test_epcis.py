"""The EPCIS document against GS1's own JSON schema, where that lies beside the checkout, and by its content."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hub.trace.epcis_model import Told, document

SCHEMA = Path(
    os.environ.get("TSUNAGU_EPCIS_SCHEMA", Path(__file__).parents[4] / "shared/data/gs1-epcis/EPCIS-JSON-Schema.json")
)
"""EPCIS-JSON-Schema.json of github.com/gs1/EPCIS: its licence does not let us ship it."""
AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
HUB = "https://hub.example"


def told(number: int, action: str, lot: str, quantity: float | None, unit: str | None, **more: Any) -> Told:
    plain: dict[str, Any] = {"parents": (), "taken": (), "units": (), "order": None, "operation": None, "machine": None}
    values = plain | more
    at = AT + timedelta(minutes=number)
    return Told(id=f"1-{number}", at=at, action=action, lot=lot, quantity=quantity, unit=unit, **values)


WORK = {"order": "A-100", "operation": "10", "machine": "main/laser-1"}
HISTORY = [
    told(1, "receive", "コイル 1", 500.0, "kg"),
    told(2, "split", "COIL/1A", 200.0, "kg", parents=("コイル 1",), taken=(200.0,), units=("kg",)),
    told(3, "consume", "COIL/1A", 150.0, "kg", **WORK),
    told(4, "produce", "P-1", 300.0, "pcs", **WORK),
    told(5, "produce", "P-2", 90.0, "個", parents=("COIL/1A",), taken=(None,), units=("kg",)),
    told(6, "merge", "BOX", 390.0, "pcs", parents=("P-1", "P-2"), taken=(300.0, 90.0), units=("pcs", None)),
    told(7, "produce", "X", 3.0, "reel"),
    told(8, "consume", "X", 3.0, "reel"),
    told(9, "consume", "BOX", 3.0, "pcs", parents=("X",), taken=(3.0,), units=("reel",)),
    told(10, "ship", "BOX", None, None, order="A-100"),
]


@pytest.mark.skipif(not SCHEMA.is_file(), reason=f"GS1's schema is not at {SCHEMA}: set TSUNAGU_EPCIS_SCHEMA to it")
def test_the_document_is_valid_by_the_schema_of_gs1() -> None:
    validator = jsonschema_rs.Draft7Validator(json.loads(SCHEMA.read_text("utf-8")), validate_formats=True)
    made = document(HISTORY, AT, HUB, "aoba")
    assert [error.message for error in validator.iter_errors(made)] == []
    made["epcisBody"]["eventList"][0]["bizStep"] = "no such step"
    assert not validator.is_valid(made), "the schema does not look"


def test_what_the_document_says() -> None:
    made = document(HISTORY, AT, HUB, "aoba")
    events = made["epcisBody"]["eventList"]
    kinds = [(event["type"], event.get("bizStep")) for event in events]
    assert kinds[0] == ("ObjectEvent", "receiving")
    assert kinds[-1] == ("ObjectEvent", "shipping")
    assert events[0]["quantityList"] == [
        {"epcClass": f"{HUB}/lots/%E3%82%B3%E3%82%A4%E3%83%AB%201?company=aoba", "quantity": 500.0, "uom": "KGM"}
    ]
    assert events[2]["transformationID"] == events[3]["transformationID"], "one operation's input and output"
    assert "quantity" not in events[7]["inputQuantityList"][0], "a reel is no piece: the quantity is left out"
    assert events[5]["inputQuantityList"][0]["quantity"] == 300.0
    assert events[3]["readPoint"] == {"id": f"{HUB}/machines/main/laser-1?company=aoba"}
    assert len({event["eventID"] for event in events}) == len(events)
    assert events[0]["eventTime"] == "2026-04-01T09:01:00.000Z"
