"""The made-up day in a real hub: what was reported is known exactly, what was misreported is listed as such."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.directory.company import add_company
from simulators.work.feed import Keys, Sender, feed, hand_over
from simulators.work.gauging import RUN
from simulators.work.group import SITE
from simulators.work.judging import judged
from simulators.work.outside import Api
from simulators.work.story import Story, tell
from tests.support.hubs import RunningHub, running_hub

SEED = 3


@dataclass
class Fed:
    """A hub that was given the whole day."""

    hub: RunningHub
    story: Story
    keys: dict[str, Keys]
    start: datetime

    def api(self, slug: str) -> Api:
        return Api(self.hub.url, self.keys[slug].token)


@pytest.fixture
async def fed(tmp_path: Path) -> AsyncIterator[Fed]:
    async with running_hub(tmp_path) as hub:
        hub.office.directory.change(lambda writer: add_company(writer, "takumi", "Takumi", hub.clock()))
        hub.office.stores.create("takumi")
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=9, minutes=15)
        made = Fed(hub, tell(SEED, start), {}, start)
        for day in made.story.days:
            slug = day.plan.company.slug
            agent = f"{slug}-{SITE}-1"
            made.keys[slug] = Keys(await hub.token(slug), agent, await hub.credential(slug, agent, SITE))
            await asyncio.to_thread(feed, hub.url, made.keys[slug], day, start)
            await hub.hub.projector.caught_up(slug)
        await asyncio.to_thread(hand_over, made.api("aoba"), made.api("midori"), made.story)
        yield made


async def test_the_hub_knows_what_was_reported_and_lists_what_was_misreported(fed: Fed):
    told = (await asyncio.to_thread(judged, fed.story.truth(), fed.api)).told()
    assert told["differences"] == []
    assert told["misreported"]["told"] == told["misreported"]["listed"] >= 9
    assert told["compared"]["operations"] == 200
    assert told["compared"]["stop totals"] == 6
    assert told["compared"]["charts"] == 7
    assert 0 <= told["drift"]["flagged_at_point"] - told["drift"]["from_point"] <= RUN
    assert told["equal"]


async def test_without_consent_the_recall_ends_at_the_company(fed: Fed):
    given = fed.story.truth()["given_lot"]["to"]
    withdrawn = {"lot": given, "company": "aoba", "given": False}
    await asyncio.to_thread(fed.api("midori").post, "/handovers/consent", withdrawn)
    told = (await asyncio.to_thread(judged, fed.story.truth(), fed.api)).told()
    assert told["differences"] == ["aoba lots of midori: truth [('midori', 1, 1)], hub [('midori', -1, -1)]"]


async def test_machines_that_are_switched_off_are_known_as_long_as_their_agent_says_so(fed: Fed):
    day, key = fed.story.days[0], fed.keys["aoba"]
    rows = (await asyncio.to_thread(lambda: fed.api("aoba").get("/machines")))["machines"]
    assert {row["state"] for row in rows} == {"unknown"}
    sender = Sender(Api(fed.hub.url, key.credential), key.agent, day, fed.start)
    await asyncio.to_thread(sender.beat, fed.hub.clock.now())
    rows = (await asyncio.to_thread(lambda: fed.api("aoba").get("/machines")))["machines"]
    assert {row["state"] for row in rows} == {"off"}


async def test_the_same_day_again_doubles_nothing_and_each_difference_is_noticed(fed: Fed):
    slug, day = "takumi", fed.story.days[2]
    key = fed.keys[slug]
    before = await asyncio.to_thread(lambda: fed.api(slug).get("/agents")["agents"][0]["acked"])
    sent = [record for record in day.records if record["kind"] == "machine"]
    sent += [record for record in day.records if record["kind"] != "machine"]
    sender = Sender(Api(fed.hub.url, key.credential), key.agent, day, fed.start)
    await asyncio.to_thread(sender.send, sent)
    await fed.hub.hub.projector.caught_up(slug)
    after = await asyncio.to_thread(lambda: fed.api(slug).get("/agents")["agents"][0]["acked"])
    assert before == after
    for change in CHANGES:
        truth = copy.deepcopy(fed.story.truth())
        truth["companies"] = [one for one in truth["companies"] if one["company"] == slug]
        assert (await asyncio.to_thread(judged, truth, fed.api)).differences == []
        change(truth["companies"][0])
        assert (await asyncio.to_thread(judged, truth, fed.api)).differences != []


def _bump(table: str, field: str, by: float = 1) -> Callable[[dict[str, Any]], None]:
    def change(company: dict[str, Any]) -> None:
        row = next(each for each in company[table] if each.get("misreported") is None and each.get(field) is not None)
        row[field] += by

    return change


def _another_reason(company: dict[str, Any]) -> None:
    reasons = company["machines"][0]["reasons"]
    reasons["setup"] -= 1.0


def _another_value(company: dict[str, Any]) -> None:
    company["characteristics"][0]["values"][3] += 0.001


CHANGES = (
    _bump("operations", "good"),
    _bump("operations", "reject"),
    _bump("operations", "machine"),
    _bump("machines", "pieces"),
    _bump("machines", "two_starts"),
    _bump("links", "quantity", 0.01),
    _another_reason,
    _another_value,
)
