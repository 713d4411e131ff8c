"""Data as the rooms give it to the templates, and pages read back as pictures."""

import io
from typing import Any

import zxingcpp
from PIL import Image

from hub.documents.codes import operation_code, qr_svg

PLAN = {
    "characteristic": "D1", "name": "穴径 φ8", "nominal": 8.0, "lower": 7.95, "upper": 8.05, "unit": "mm",
    "gauge": "PG-08", "every": 5, "first": True, "last": True,
}  # fmt: skip


def operation(order: str, number: str, **more: Any) -> dict[str, Any]:
    code = operation_code(order, number)
    plain = {
        "operation": number, "process": "曲げ", "place": "main/press-1", "setup_s": 900, "cycle_s": 41.5,
        "handwork_s": None, "quantity": 120, "note": None, "code": code, "qr": qr_svg(code), "plan": [PLAN],
    }  # fmt: skip
    return plain | more


def order(number: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {
        "order": number, "customer": "株式会社髙橋製作所", "customer_order": "4500012345", "item": "PN-1001",
        "name": "ブラケットA", "revision": "C", "material": "SUS304", "thickness_mm": 3.0, "quantity": 120,
        "unit": "個", "due": "2026-12-04", "priority": 3, "operations": list(operations),
    }  # fmt: skip
    return plain | more


def paper(*orders: dict[str, Any], lang: str = "ja") -> dict[str, Any]:
    return {"lang": lang, "company": "青葉レーザー", "made": "2026-11-20 19:05", "orders": list(orders)}


def codes(pages: list[bytes]) -> list[str]:
    """Texts of all QR codes of some pages, in reading order of each page."""
    return [code.text for page in pages for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(page)))]
