"""Texts of the page of reject reasons; what it shares with the stops' settings is there. Pairs ``(ja, en)``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "rejects.title": ("不良の理由", "Reject reasons"),
    "rejects.lead": (
        "現場の端末で不良を報告するときに選ぶ理由です。端末には約 10 秒で届きます。",
        "What people choose from at the terminal when a piece is rejected. Terminals have it within about 10 seconds.",
    ),
}
