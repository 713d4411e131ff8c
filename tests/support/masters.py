"""A little master data for tests: a laser that the hub has heard of, an item with its routing, a sheet, an operator."""

from tests.support.hubs import RunningHub, a_day, batch


async def a_laser(hub: RunningHub, company: str = "aoba") -> None:
    """The machine main/laser-1, delivered and folded."""
    credential = await hub.credential(company)
    answer = await hub.deliver(credential, batch(a_day("main/laser-1", hub.clock.now()), upto=6))
    assert answer.status_code == 200, answer.text
    await hub.folded(company, await hub.token(company, "manager", name="folding"), "main/laser-1")


async def master_data(hub: RunningHub, company: str = "aoba") -> None:
    """PN-1001 of two operations, the sheet SH-1, the operator 07."""
    await hub.do(
        company, "orders.save_item", item="PN-1001", name="ブラケット", revision="B", material="SPCC",
        thickness_mm=1.6, mass_kg=0.42, customer="Example Kogyo", unit="個",
    )  # fmt: skip
    await hub.do(company, "orders.save_item", item="SH-1", name="SPCC 1.6 × 1219 × 2438")
    steps = [
        {"operation": "10", "process": "レーザー", "machine": "main/laser-1", "setup_s": 600, "cycle_s": 42.5},
        {
            "operation": "20",
            "process": "曲げ",
            "machine_class": "プレスブレーキ",
            "setup_s": 900,
            "cycle_s": 30,
            "bends": 4,
        },
    ]
    await hub.do(company, "orders.save_routing", item="PN-1001", steps=steps)
    await hub.do(company, "orders.save_operator", code="07", name="Operator seven", site="main")


async def some_masters(hub: RunningHub, company: str, machine: str) -> None:
    """The nest `nest of MACHINE` for the order `order of MACHINE` (of `some_progress`), an operator from a file."""
    line = {"order": f"order of {machine}", "operation": "10", "quantity": 2}
    await hub.do(company, "orders.save_nest", machine=machine, program=f"nest of {machine}", lines=[line])
    await hub.do(company, "orders.import", kind="operators", data=operators_file(machine), columns={"A": "code"})


def operators_file(machine: str) -> bytes:
    """A spreadsheet with one operator; what stands above the codes is the machine's own word for them."""
    return f"code of {machine},name\noperator of {machine},\n".encode()
