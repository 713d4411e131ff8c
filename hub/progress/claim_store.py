"""Whether anything was done for an order: reported by people, or bound to it, a machine's runs or a person's word."""

from hub.stores.company import Reader


def is_worked_on(reader: Reader, order: str) -> bool:
    """Whether the order's history would be lost to sight if the order went away."""
    row = reader.one(
        "SELECT EXISTS (SELECT 1 FROM progress_reports WHERE order_id = ?1)"
        " OR EXISTS (SELECT 1 FROM work WHERE order_id = ?1)"
        " OR EXISTS (SELECT 1 FROM bindings WHERE order_id = ?1)",
        (order,),
    )
    return row is not None and bool(row[0])
