"""What master data points to must be there: items, machines, sites, orders, operations. Refused says which is not."""

from hub.directory.company import CompanyView
from hub.machines import store as machines
from hub.orders import store
from hub.orders.model import Item, NestLine, Operator, RoutingStep
from hub.sheets.fault import Refused
from hub.stores.company import Reader

_NAMED = 5


class References:
    """Asks one company's store; what was found once is not looked for again. For the length of one change."""

    def __init__(self, reader: Reader, registry: CompanyView) -> None:
        self._reader = reader
        self._sites = [site.site for site in registry.sites]
        self._machines: dict[str, bool] = {}

    def check_machine(self, machine: str | None, field: str) -> None:
        """The machine must have been heard of."""
        if machine is None:
            return
        if machine not in self._machines:
            self._machines[machine] = machines.find(self._reader, machine) is not None
        if not self._machines[machine]:
            raise Refused(
                f"there is no machine {machine} here; see the board for their names, or leave it out",
                f"機械「{machine}」はありません。稼働ボードで名前を確かめるか、空欄にしてください",
                field,
            )

    def check_site(self, site: str | None, field: str) -> None:
        """The site must be the company's."""
        if site is not None and site not in self._sites:
            known = ", ".join(self._sites[:_NAMED]) or "—"
            raise Refused(
                f"there is no site {site}; there are: {known}",
                f"拠点「{site}」はありません（登録済み：{known}）",
                field,
            )

    def check_item(self, item: str, field: str) -> Item:
        """The item must be there."""
        found = store.find_item(self._reader, item)
        if found is None:
            raise Refused(
                f"there is no item {item}; add it or import the items first",
                f"品番「{item}」は登録されていません。先に品目を登録または取り込んでください",
                field,
            )
        return found

    def check_step(self, step: RoutingStep, prefix: str = "") -> None:
        """A step's machine and site; a machine stands on its own site."""
        self.check_machine(step.machine, f"{prefix}machine")
        self.check_site(step.site, f"{prefix}site")
        if step.machine is not None and step.site not in (None, step.machine.partition("/")[0]):
            raise Refused(
                f"machine {step.machine} does not stand at the site {step.site}; leave the site out",
                f"機械「{step.machine}」は拠点「{step.site}」にありません。拠点を空欄にしてください",
                f"{prefix}site",
            )

    def check_line(self, line: NestLine, prefix: str = "") -> None:
        """A nest's order and operation."""
        if store.find_order(self._reader, line.order) is None:
            raise Refused(
                f"there is no order {line.order}", f"注番「{line.order}」は登録されていません", f"{prefix}order"
            )
        if store.find_operation(self._reader, line.order, line.operation) is None:
            has = ", ".join(each.operation for each in store.operations_of(self._reader, line.order)) or "—"
            raise Refused(
                f"order {line.order} has no operation {line.operation}; it has: {has}",
                f"注番「{line.order}」に工程「{line.operation}」はありません（あるのは：{has}）",
                f"{prefix}operation",
            )

    def check_operator(self, operator: Operator) -> None:
        """An operator's site."""
        self.check_site(operator.site, "site")


def with_site(step: RoutingStep) -> str | None:
    """The site of a step: as told, else its machine's."""
    return step.site if step.site is not None or step.machine is None else step.machine.partition("/")[0]
