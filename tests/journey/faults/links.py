"""Faults of one wire, by the proxy in it. Waits are seconds, drawn from the world's own dice."""

from collections.abc import Callable, Iterator

from tests.journey.faults.world import Kind, World
from tests.support.proxy import GOOD, Proxy, Way

Act = Callable[[World, Proxy], None]


def reset(_world: World, proxy: Proxy) -> None:
    """A router that was switched off and on."""
    proxy.cut()


def closed(_world: World, proxy: Proxy) -> None:
    """The other side ends the connection politely."""
    proxy.cut(reset=False)


def refused(world: World, proxy: Proxy) -> None:
    """Nobody listens for a while."""
    proxy.close_port()
    proxy.cut()
    world.pause(0.5, 4)
    proxy.open_port()


def turned_away(world: World, proxy: Proxy) -> None:
    """Whoever connects is reset, as by a firewall."""
    proxy.be(Way(resets=True))
    proxy.cut()
    world.pause(0.5, 4)
    proxy.be(GOOD)


def stalled(world: World, proxy: Proxy) -> None:
    """A plug pulled and put in again: what was on the way comes late."""
    proxy.be(Way(stalls=True))
    world.pause(0.5, 4)
    proxy.be(GOOD)


def hung(world: World, proxy: Proxy) -> None:
    """The other side takes everything, answers nothing, and is then cut."""
    proxy.be(Way(swallows=True))
    world.pause(0.5, 4)
    proxy.cut()
    proxy.be(GOOD)


def hung_long(world: World, proxy: Proxy) -> None:
    """The same for half a minute."""
    proxy.be(Way(swallows=True))
    world.pause(28, 32)
    proxy.cut()
    proxy.be(GOOD)


def half_open(world: World, proxy: Proxy) -> None:
    """A firewall forgets the connection: it stays dead though the way is good again, and nobody says so."""
    proxy.be(Way(swallows=True))
    world.pause(0.5, 2)
    proxy.be(GOOD)


def delayed(world: World, proxy: Proxy) -> None:
    """Every packet comes late."""
    proxy.be(Way(delay_s=world.dice.uniform(0.1, 0.8)))
    world.pause(1, 4)
    proxy.be(GOOD)


def trickling(world: World, proxy: Proxy) -> None:
    """A few bytes a second."""
    proxy.be(Way(bytes_per_s=world.dice.randint(40, 4000)))
    world.pause(1, 5)
    proxy.be(GOOD)


ACTS: dict[str, Act] = {
    "reset": reset,
    "closed": closed,
    "refused": refused,
    "turned away": turned_away,
    "stalled": stalled,
    "hung": hung,
    "half-open": half_open,
    "delayed": delayed,
    "trickling": trickling,
    "hung for 30 s": hung_long,
}
SLOW = ("hung for 30 s",)
"""Too long for every day."""
_CUTS = ("reset", "closed", "turned away")
_DARK = ("refused", "turned away", "hung", "hung for 30 s", "half-open")


def kinds() -> Iterator[Kind]:
    """Every fault on each wire. An OPC UA server keeps nothing for a client that is away, a broker everything."""
    for wire in ("hub", "opcua", "mqtt"):
        blind = frozenset({wire} - {"hub"})
        for name, act in ACTS.items():
            yield Kind(
                f"{wire} {name}",
                lambda world, act=act, wire=wire: act(world, world.proxy_on(wire)),
                blind=blind,
                surely=blind & {"opcua"} if name in _DARK else frozenset(),
                lossy=blind & {"opcua"},
                retried=wire if name in _CUTS else None,
            )
