"""The MQTT side of `browse`: listens for a while, shows the topics, proposes signals, writes a block. See `command.py`.

Which machine a topic belongs to is told by its levels, as folders tell it on an OPC UA server. What a payload holds is
taken apart by the driver's own `browse.py`; which of our signals that may be is decided here as for OPC UA.
"""

import asyncio
from typing import Any, Final, cast

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from edge_agent.browsing import tree
from edge_agent.browsing.block import Block, written
from edge_agent.browsing.proposing import Candidate, Proposal, machines_in, propose
from edge_agent.browsing.saving import keep
from edge_agent.browsing.suggesting import Suggestion
from edge_agent.browsing.wish import Wish
from edge_agent.browsing.wording import slug
from edge_agent.drivers.mqtt import browse
from edge_agent.drivers.mqtt.browse import TopicSample
from edge_agent.drivers.mqtt.settings import ConnectionSettings
from edge_agent.reading import Raw

LISTEN_S: Final = 10.0
MAX_TOPICS: Final = 2_000
MOST_TOPICS: Final = 100
MOST_LEAVES: Final = 12
VALUES: Final = ("value", "val", "v", "data", "payload", "値")
"""Names of a payload's one field that say nothing; the topic says what it is."""
ALIVE: Final = (("alive",), ("heartbeat",), ("hb",), ("keepalive",), ("watchdog",))
"""Last levels of topics on which a machine says that it lives."""


def look_at_broker(wish: Wish) -> None:
    """Listens, shows, writes. Raises ConnectionLost, Misconfigured, OSError."""
    connection = cast("ConnectionSettings", wish.connection.settings)
    seconds = wish.extent.seconds or LISTEN_S
    with Console(stderr=True).status(f"listening to {wish.extent.topic} at {connection.url} for {seconds:g} s …"):
        heard = asyncio.run(
            browse.listen(connection, wish.client_name, wish.data_dir, wish.extent.topic, seconds, MAX_TOPICS)
        )
    made = suggest(heard, wish.connection.table, wish.machine)
    if wish.as_json:
        answer = {"url": connection.url, "seconds": seconds, "topics": heard, "machines": made}
        typer.echo(msgspec.json.encode(answer).decode())
    else:
        _show(heard, made, wish, connection.url, seconds)
    if wish.save is not None:
        keep(wish, made)


def suggest(heard: list[TopicSample], connection: dict[str, Any], wanted: str | None) -> list[Suggestion]:
    """A block for each machine that the topics tell of. `wanted` names it; of several, each is named by its level."""
    tables: dict[str, dict[str, Any]] = {}
    candidates: list[Candidate] = []
    for sample in heard:
        for found in browse.proposals(sample):
            candidate = _candidate(sample, found)
            tables[candidate.key] = found.table
            candidates.append(candidate)

    def address(proposal: Proposal) -> dict[str, Any]:
        return dict(tables[proposal.candidate.key])

    made: list[Suggestion] = []
    beats = {_levels(sample.topic)[:-1]: sample for sample in heard if _levels(sample.topic)[-1:] in ALIVE}
    groups = _by_heartbeat(candidates, list(beats)) or machines_in(candidates, lambda candidate: candidate.above)
    for place, of_machine in groups.items():
        mapping = propose(of_machine)
        if not mapping.signals:
            continue
        title = place[-1] if place else _shared_level(of_machine)
        own = slug(title) or f"machine-{len(made) + 1}"
        name = own if wanted is None else wanted if len(groups) == 1 else f"{wanted}-{own}"[:63]
        beat = beats.get(place) or (next(iter(beats.values())) if len(beats) == len(groups) == 1 else None)
        table = connection if beat is None else {**connection, "alive": _alive(beat)}
        note = _note(heard, of_machine, has_alive=beat is not None)
        block = Block(name, "mqtt", table, mapping.state_model, mapping=mapping, note=note)
        made.append(Suggestion(name, title, mapping.state_model, mapping, written(block, address)))
    return made


def _candidate(sample: TopicSample, found: browse.Proposal) -> Candidate:
    """A value in a message as a variable in a folder: topic levels first, then the steps into the payload."""
    levels = _levels(sample.topic)
    where = found.table.get("where")
    steps = [str(name) for name in where.values()] if where else _steps(str(found.table.get("path", "")))
    names = [*levels, *(steps[:-1] if len(steps) == 1 and steps[0].casefold() in VALUES else steps)]
    key = msgspec.json.encode(found.table).decode()
    return Candidate(key=key, name=names[-1], above=tuple(names[:-1]), value=_number(found.value))


def _levels(topic: str) -> tuple[str, ...]:
    return tuple(level for level in topic.split("/") if level)


def _by_heartbeat(
    candidates: list[Candidate], places: list[tuple[str, ...]]
) -> dict[tuple[str, ...], list[Candidate]] | None:
    """Machines whose heartbeats were heard: what stands beside a heartbeat is that machine's."""
    if len(places) < 2:
        return None
    return {place: [one for one in candidates if one.above[: len(place)] == place] for place in places}


def _alive(beat: TopicSample) -> dict[str, Any]:
    """The heartbeat's setting: five times its usual pace, at least 10 s."""
    return {"topic": beat.topic, "limit_s": min(max(10, round(5 / beat.rate_hz)), 3600) if beat.rate_hz else 60}


def _steps(path: str) -> list[str]:
    """The names in a payload's path.

    >>> _steps("$.axes[0]['load %']")
    ['axes', '0', 'load %']
    """
    plain = path.removeprefix("$").replace("['", ".").replace("']", "").replace('["', ".").replace('"]', "")
    return [step for step in plain.replace("[", ".").replace("]", "").split(".") if step]


def _number(value: Raw) -> Raw:
    """Many machines send numbers as texts; they are charted all the same."""
    if isinstance(value, str):
        try:
            return float(value) if "." in value else value
        except ValueError:
            return value
    return value


def _shared_level(candidates: list[Candidate]) -> str:
    """The last topic level that all values share."""
    shared = candidates[0].above
    for candidate in candidates[1:]:
        shared = tuple(a for a, b in zip(shared, candidate.above, strict=False) if a == b)
    return shared[-1] if shared else "machine-1"


def _note(heard: list[TopicSample], candidates: list[Candidate], *, has_alive: bool) -> str | None:
    """What a person should know before relying on it."""
    held = {sample.topic for sample in heard if sample.retained}
    topics = {msgspec.json.decode(candidate.key)["topic"] for candidate in candidates}
    notes = []
    if not has_alive:
        notes.append("no heartbeat was heard: a living broker is all that is known of the machine; see alive")
    if not topics & held:
        notes.append("nothing is retained: after a restart values are unknown until said again")
    return "; ".join(notes) or None


def _show(heard: list[TopicSample], made: list[Suggestion], wish: Wish, url: str, seconds: float) -> None:
    console = Console()
    signals = {
        proposal.candidate.key: proposal.signal
        for suggestion in made
        if suggestion.mapping is not None
        for proposal in (*suggestion.mapping.signals, *suggestion.mapping.conditions)
    }
    wanted = (wish.text or "").casefold()
    shown = [sample for sample in heard if wanted in sample.topic.casefold()]
    table = Table.grid(padding=(0, 2, 0, 0))
    for style in (None, None, "green"):
        table.add_column(no_wrap=True, overflow="ellipsis", style=style)
    for sample in shown[:MOST_TOPICS]:
        _topic(table, sample, signals)
    console.print(table)
    if len(shown) > MOST_TOPICS:
        console.print(f"… {len(shown) - MOST_TOPICS} more topics; see fewer with --topic", style="dim")
    console.print(f"{escape(url)}: {len(heard)} topics spoke within {seconds:g} s", highlight=False)
    console.print("what changes seldom may need longer: --for 300", style="dim", highlight=False)
    if not heard:
        console.print("listen longer with --for, or to more with --topic '#'; may this user read the topics?")
        return
    console.print()
    for suggestion in made:
        tree.proposals(console, suggestion)
    if not made:
        console.print("nothing here looks like a signal of ours; name topics yourself, see docs/connect.md")
    elif wish.save is None:
        console.print("write this down: add --save agent.toml --machine ID", style="dim", highlight=False)


def _topic(table: Table, sample: TopicSample, signals: dict[str, str]) -> None:
    """One topic: how often, what kind, and the values of its last message."""
    rate = f"{sample.rate_hz:.3g}/s" if sample.rate_hz else f"{sample.count} in all"
    told = ", ".join(filter(None, [sample.payload_kind, rate, "retained" if sample.retained else ""]))
    table.add_row(Text(sample.topic, style="bold"), Text(told, style="dim"))
    named = {msgspec.json.encode(found.table).decode(): found for found in browse.proposals(sample)}
    for key, found in list(named.items())[:MOST_LEAVES]:
        where = found.table.get("where")
        name = " ".join(map(str, where.values())) if where else str(found.table.get("path", "payload"))
        value = Text(tree.plain(found.value)[: tree.MOST_VALUE], style="cyan")
        table.add_row(f"  {name}", value, f"→ {signals[key]}" if key in signals else "")
    if len(named) > MOST_LEAVES:
        table.add_row(Text(f"  … {len(named) - MOST_LEAVES} more values", style="dim"))
