"""Things to measure, and measurements of them: in limits, out of them, and not to be understood."""

from collections.abc import Sequence
from datetime import timedelta

from contract.records import Inspection
from tests.support.hubs import RunningHub, TestOffice, batch

QUIET = (10.02, 9.98, 10.01, 9.99, 10.0, 10.02, 9.97, 10.01, 10.0, 9.99)


async def a_characteristic(office: TestOffice, company: str, key: str, item: str, **more: object) -> None:
    """Item, and one diameter at its operation 10: 10 ± 0.1 mm unless told otherwise."""
    await office.do(company, "orders.save_item", item=item, name=f"name of {item}")
    made = {"nominal": 10.0, "lower": 9.9, "upper": 10.1, "unit": "mm", "name": f"diameter of {item}"} | more
    await office.do(company, "quality.save_characteristic", characteristic=key, item=item, operation="10", **made)


async def measured(
    office: TestOffice, company: str, key: str, values: Sequence[float], *, ago_s: int = 3600, **more: object
) -> None:
    """Values, ten seconds apart."""
    at = office.clock.now() - timedelta(seconds=ago_s)
    said = [
        {"characteristic": key, "value": value, "at": at + timedelta(seconds=10 * index), **more}
        for index, value in enumerate(values)
    ]
    await office.do(company, "quality.inspect", inspections=said)


async def some_quality(hub: RunningHub, company: str, machine: str) -> None:
    """A characteristic with a point far outside, a gauge, and a measurement that nobody understands."""
    site, name = machine.split("/")
    key = f"diameter-{name}"
    await hub.do(company, "quality.save_gauge", gauge=f"gauge-{name}", calibrated_on="2026-01-01", due_on="2026-02-01")
    await a_characteristic(hub, company, key, f"progress of {machine}", gauge=f"gauge-{name}")
    more = {
        "machine": machine,
        "order": f"order of {machine}",
        "lot": f"lot of {machine}",
        "instrument": f"gauge-{name}",
    }
    await measured(hub, company, key, [*QUIET, 10.5], **more)
    credential = await hub.credential(company, f"measuring-{name}", site)
    now = hub.clock.now()
    strange = Inspection(seq=1, at=now, seen=now, machine=machine, characteristic=f"unknown-{name}", value=1.0)
    answer = await hub.deliver(credential, batch([strange], agent=f"measuring-{name}", machine=None))
    assert answer.json()["acked"] == 1, answer.text
