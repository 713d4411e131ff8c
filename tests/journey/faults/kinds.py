"""Every kind of fault by its name."""

from tests.journey.faults import deaths, links, strange
from tests.journey.faults.world import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*links.kinds(), *deaths.kinds(), *strange.kinds())}
DAILY: tuple[str, ...] = tuple(name for name in KINDS if not name.endswith(links.SLOW))
