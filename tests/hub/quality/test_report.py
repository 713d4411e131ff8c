"""The inspection report: a PDF of what was measured of an order, in both languages, with every doubt said."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub.access.viewer import console
from hub.documents.render import render_png
from hub.quality.report_api import report_data
from hub.web.i18n import LANGS, Words
from hub.web.times import Clock, ZoneInfo
from tests.support.hubs import RunningHub, running_hub
from tests.support.quality import QUIET, a_characteristic, measured

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        await a_characteristic(running, "aoba", "D1", "PN-1", name="外径 Φ10")
        await a_characteristic(running, "aoba", "D2", "PN-1", name="never measured")
        await running.do("aoba", "orders.save_order", order="A-1", item="PN-1", quantity=11, customer="取引先 A")
        await running.do("aoba", "orders.save_order", order="A-2", item="PN-1", quantity=1)
        await measured(running, "aoba", "D1", [*QUIET, 10.5], order="A-1", lot="L-1", instrument="MIC-1")
        (bad,) = (await running.office.gate.ask(console("aoba"), "quality.nonconformances", {})).rows
        await running.do("aoba", "quality.dispose", id=bad.id, disposition="accept")
        yield running


def clock(lang: str) -> Clock:
    return Clock(ZoneInfo("Asia/Tokyo"), Words(lang))  # type: ignore[arg-type]


async def test_it_sums_up_what_was_measured(hub: RunningHub) -> None:
    data = await report_data(hub.office.gate, console("aoba"), "A-1", clock("en"))
    first, second = data["characteristics"]
    assert (first["n"], first["least"], first["greatest"], first["verdict"]) == (11, "9.97", "10.5", "out")
    assert first["mean"] == "10.0445"
    assert (second["n"], second["mean"], second["verdict"]) == (0, None, None)
    assert (data["result"], data["order"]["customer"]) == ("out", "取引先 A")
    assert (first["values"][-1]["disposition"], first["values"][-1]["gauge_state"]) == ("Accept as is", "unknown")
    assert (await report_data(hub.office.gate, console("aoba"), "A-2", clock("en")))["result"] == "none"


@pytest.mark.parametrize("lang", LANGS)
async def test_it_is_one_page_of_paper(hub: RunningHub, lang: str) -> None:
    data = await report_data(hub.office.gate, console("aoba"), "A-1", clock(lang))
    shown = data | {"lang": lang, "company": "Aoba", "made": "2026-04-01 09:00"}
    pictures = await asyncio.to_thread(render_png, "inspection_report", shown)
    assert len(pictures) == 1
    assert pictures[0].startswith(b"\x89PNG")


async def test_it_is_given_to_who_may_see_the_order(hub: RunningHub) -> None:
    token = await hub.token("aoba", "operator")
    found = await hub.get("/orders/A-1/inspection-report.pdf", token, lang="ja")
    assert (found.status_code, found.content[:5]) == (200, b"%PDF-")
    assert found.headers["content-type"] == "application/pdf"
    assert (await hub.get("/orders/A-9/inspection-report.pdf", token)).status_code == 404
    other = await hub.token("midori", "admin")
    assert (await hub.get("/orders/A-1/inspection-report.pdf", other)).status_code == 404
