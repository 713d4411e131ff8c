"""Faults of what is kept and sent: an older backup, batches twice and out of order, a damaged file, a second agent."""

import shutil
import sqlite3
from collections.abc import Iterator

from tests.journey.faults.deaths import BOTH, OPCUA
from tests.journey.faults.requests import bodies
from tests.journey.faults.world import Kind, World, enrolled_through
from tests.support.hub import COMPANY


def restored_from_backup(world: World) -> None:
    """The hub forgets what it has acknowledged: the agents send it again."""
    backup = world.folder / "backup"
    assert world.hub.process.stop() == 0
    shutil.copytree(world.hub.data, backup)
    world.hub.start()
    world.pause(1, 6)
    world.hub.process.kill()
    shutil.rmtree(world.hub.data)
    shutil.move(backup, world.hub.data)
    world.ledger.reset()
    world.hub.start()


def sent_twice_and_shuffled(world: World) -> None:
    """Somebody on the way keeps what the agent sends, and sends it again in any order."""
    heard: list[tuple[int, bytes]] = []
    world.to_hub.tap = lambda connection, data: heard.append((connection, data))
    world.to_hub.cut()  # a new connection is heard from its beginning
    world.pause(2, 5)
    world.to_hub.tap = None
    told = bodies(heard)
    assert told, "the agent sent nothing"
    again = [*told, *told]
    world.dice.shuffle(again)
    for head, body in again:
        answer = world.hub.http.post(f"{world.hub.url}/api/v1/batches", content=body, headers=head)
        assert answer.status_code == 200, answer.text


def hub_full(world: World) -> None:
    """Its disk has no room left, and then has."""
    assert world.hub.process.stop() == 0
    path = world.hub.data / "companies" / COMPANY / "company.db"
    with sqlite3.connect(path) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    words = world.hub.process.words
    world.hub.process.words = [*words, "--max-pages", str(max(64, pages))]
    world.hub.start()
    world.pause(1, 4)
    assert world.hub.process.stop() == 0
    world.hub.process.words = words
    world.hub.start()


def second_agent(world: World) -> None:
    """Another agent that was set up with the same machines runs beside ours for a while, and dies."""
    name = f"copy-{len(list(world.folder.glob('copy-*.toml')))}"
    ports = world.to_hub.port, world.to_opcua.port, world.to_broker.port
    tables = world.plant.tables(ports[1], ports[2])
    other = enrolled_through(world.folder, world.hub, ports[0], name, tables)
    other.process.start()
    world.pause(3, 6)
    other.process.kill()


def buffer_damaged(world: World) -> None:
    """A page is overwritten while the agent is dead: the file is set aside, its readable rows are sent."""
    world.agent.process.kill()
    path = world.agent.config.parent / world.agent.name / "buffer.sqlite"
    with path.open("r+b") as file:
        file.seek(world.dice.choice([0, 4096 * world.dice.randint(1, 8)]))
        file.write(world.dice.randbytes(world.dice.choice([16, 4096])))
    world.agent.process.start()


def kinds() -> Iterator[Kind]:
    """Every one of them."""
    yield Kind("hub restored from a backup", restored_from_backup)
    yield Kind("batches twice and shuffled", sent_twice_and_shuffled)
    yield Kind("hub full", hub_full)
    yield Kind("second agent", second_agent, BOTH, lossy=OPCUA, repeats=BOTH)
    yield Kind("buffer damaged", buffer_damaged, BOTH, lossy=BOTH, repeats=BOTH)
