"""An order that is late and begun, and a report that does not add up: for tests over the whole catalogue."""

from tests.support.hubs import RunningHub


async def some_progress(hub: RunningHub, company: str, machine: str) -> None:
    """The order `order of MACHINE`, late and begun, reported done with less than was ordered; nothing is bound."""
    site, name = machine.split("/")
    item, order = f"progress of {machine}", f"order of {machine}"
    await hub.do(company, "orders.save_item", item=item)
    steps = [{"operation": "10", "process": "turning"}, {"operation": "20", "process": "deburring"}]
    await hub.do(company, "orders.save_routing", item=item, steps=steps)
    await hub.do(company, "orders.save_order", order=order, item=item, quantity=3, due="2026-01-05")
    await hub.do(company, "progress.report", order=order, operation="10", action="start")
    await hub.do(company, "progress.report", order=order, operation="10", action="finish", good=2)
    await hub.do(
        company, "progress.unbind", site=site, machine=name, program=f"program of {machine}", version=1,
    )  # fmt: skip
