"""Faults of processes: killed, stopped, frozen, restarted with more or less of what they knew."""

import signal
from collections.abc import Iterator

from tests.journey.faults.world import Kind, World
from tests.support.processes import Process

OPCUA, MQTT = frozenset({"opcua"}), frozenset({"mqtt"})
BOTH = OPCUA | MQTT
NODE_S = 150.0
"""A node that is not there is looked for less and less often, once a minute in the end."""


def agent_killed(world: World) -> None:
    world.agent.process.kill()
    world.pause(0.1, 3)
    world.agent.process.start()


def agent_stopped(world: World) -> None:
    assert world.agent.process.stop() == 0, world.agent.process.tail()
    world.pause(0.1, 3)
    world.agent.process.start()


def hub_killed(world: World) -> None:
    world.hub.process.kill()
    world.pause(0.1, 4)
    world.hub.start()


def hub_stopped(world: World) -> None:
    assert world.hub.process.stop() == 0, world.hub.process.tail()
    world.pause(0.1, 3)
    world.hub.start()


def both_killed(world: World) -> None:
    world.agent.process.kill()
    world.hub.process.kill()
    world.agent.process.start()
    world.pause(0.1, 2)
    world.hub.start()


def agent_killed_twice_without_hub(world: World) -> None:
    """Buffering must begin before the hub is there and without it."""
    world.hub.process.kill()
    for _ in range(2):
        world.pause(0.1, 1.5)
        world.agent.process.kill()
        world.agent.process.start()
    world.pause(2, 4)
    world.hub.start()


def agent_killed_again_and_again(world: World) -> None:
    """Killed while it is still starting."""
    for _ in range(3):
        world.agent.process.kill()
        world.agent.process.start()
        world.pause(0.1, 2.5)


def _freeze(world: World, process: Process) -> None:
    assert process.process is not None
    process.process.send_signal(signal.SIGSTOP)
    world.pause(0.5, 3)
    process.process.send_signal(signal.SIGCONT)


def agent_frozen(world: World) -> None:
    _freeze(world, world.agent.process)


def hub_frozen(world: World) -> None:
    _freeze(world, world.hub.process)


def broker_restarted(world: World) -> None:
    """It writes its sessions and what it retains to disk."""
    world.broker.stop()
    world.pause(0.1, 3)
    world.broker.start()


def broker_lost(world: World) -> None:
    """It comes back and knows nothing."""
    world.broker.stop(kill=True)
    (world.broker.folder / "mosquitto.db").unlink(missing_ok=True)
    world.pause(0.1, 3)
    world.broker.start()


def broker_of_yesterday(world: World) -> None:
    """It comes back with what it wrote to disk a while ago: old sessions, old retained messages, old queues."""
    world.broker.stop()
    world.broker.start()
    world.pause(2, 5)
    world.broker.stop(kill=True)
    world.pause(0.1, 3)
    world.broker.start()


def server_restarted(world: World) -> None:
    world.plant.order("stop server")
    world.pause(0.1, 3)
    world.plant.order("start server", shift=0)


def server_away(world: World) -> None:
    world.plant.order("stop server")
    world.pause(10, 11)
    world.plant.order("start server", shift=0)


def server_restarted_elsewhere(world: World) -> None:
    """Its namespace has another index now."""
    world.plant.order("stop server")
    world.plant.order("start server", shift=world.dice.randint(1, 4))


def node_deleted(world: World) -> None:
    """This server says nothing of it: longer than the agent's roll call takes to notice."""
    world.plant.order("delete", address="laser-1/serial")
    world.pause(0.5, 4)
    world.plant.order("add", address="laser-1/serial")


def kinds() -> Iterator[Kind]:
    """Every one of them."""
    yield Kind("agent killed", agent_killed, BOTH, surely=OPCUA, lossy=OPCUA)
    yield Kind("agent stopped", agent_stopped, BOTH, surely=frozenset(), lossy=OPCUA)
    yield Kind("agent killed three times", agent_killed_again_and_again, BOTH, lossy=OPCUA)
    yield Kind("agent killed twice without hub", agent_killed_twice_without_hub, BOTH, lossy=OPCUA)
    yield Kind("agent and hub killed", both_killed, BOTH, lossy=OPCUA)
    yield Kind("agent frozen", agent_frozen)
    yield Kind("hub killed", hub_killed)
    yield Kind("hub stopped", hub_stopped)
    yield Kind("hub frozen", hub_frozen)
    yield Kind("broker restarted", broker_restarted, MQTT, repeats=MQTT)
    yield Kind("broker lost", broker_lost, MQTT, lossy=MQTT, repeats=MQTT)
    yield Kind("broker of yesterday", broker_of_yesterday, MQTT, lossy=MQTT, repeats=MQTT)
    yield Kind("server restarted", server_restarted, OPCUA, surely=OPCUA, lossy=OPCUA)
    yield Kind("server away for 10 s", server_away, OPCUA, surely=OPCUA, lossy=OPCUA)
    yield Kind("server restarted elsewhere", server_restarted_elsewhere, OPCUA, lossy=OPCUA)
    yield Kind("node deleted and added", node_deleted, lossy=OPCUA, patience_s=NODE_S)
