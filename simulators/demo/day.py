"""The working day of the companies' second sites: given to the demo's hub, kept alive while watched, and judged.

The day is over when the demo begins: nine hours of orders, stops, measurements and lots with their own times (see
`simulators.work`). Its machines are switched off; their agents go on saying so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulators.demo.children import DemoError
from simulators.work.feed import Keys, Sender, enrol, feed, hand_over
from simulators.work.floor import END
from simulators.work.judging import Judgement, judged
from simulators.work.outside import Api, RefusedError
from simulators.work.story import Story, tell

SEED = 20261120
REST = timedelta(minutes=15)
"""How long ago the day ended: the last lots were shipped after it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """How the day gets into one company: a manager's token, the second agent and its one-time code."""

    token: str
    agent: str
    code: str


class WorkDay:
    """A day of the whole group at one hub."""

    def __init__(self, url: str, now: datetime) -> None:
        self._url = url
        self._start = now.replace(microsecond=0) - timedelta(milliseconds=END) - REST
        self._story: Story = tell(SEED, self._start)
        self._senders: list[Sender] = []
        self._tokens: dict[str, str] = {}

    def give(self, passes: Mapping[str, Pass]) -> None:
        """Tell the hub everything, company after company.

        Raises:
            DemoError: the hub refuses something.
        """
        try:
            for day in self._story.days:
                slug = day.plan.company.slug
                entry = passes[slug]
                keys = Keys(entry.token, entry.agent, enrol(self._url, entry.agent, entry.code))
                self._tokens[slug] = entry.token
                self._senders.append(feed(self._url, keys, day, self._start))
            giver, taker, *_ = (Api(self._url, self._tokens[day.plan.company.slug]) for day in self._story.days)
            hand_over(giver, taker, self._story)
        except RefusedError as problem:
            raise DemoError(str(problem)) from problem

    def beat(self, now: datetime | None = None) -> None:
        """The agents say that they are there and that nothing has happened since.

        Raises:
            DemoError: the hub refuses it.
        """
        try:
            for sender in self._senders:
                sender.beat(now or datetime.now(UTC))
        except RefusedError as problem:
            raise DemoError(str(problem)) from problem

    def judge(self) -> Judgement:
        """The hub's answers beside what happened.

        Raises:
            DemoError: the hub does not answer.
        """
        try:
            return judged(self._story.truth(), lambda slug: Api(self._url, self._tokens[slug]))
        except RefusedError as problem:
            raise DemoError(str(problem)) from problem
