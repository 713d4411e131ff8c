"""A company's tables, put together: released scripts are never edited, only followed by new ones."""

from hub.ledger.schema import LEDGER
from hub.machines.schema import CLOCKS, FAULTS, MACHINES
from hub.machines.schema import PROJECTED as _MACHINES_PROJECTED
from hub.orders.schema import BOOKS as _ORDERS_BOOKS
from hub.orders.schema import ORDERS
from hub.parts.schema import BOOKS as _PARTS_BOOKS
from hub.parts.schema import DECISIONS, PARTS
from hub.parts.schema import PROJECTED as _PARTS_PROJECTED
from hub.series.schema import SERIES, STAMPED
from hub.timeline.schema import EVIDENCE, TIMELINE
from hub.timeline.schema import PROJECTED as _TIMELINE_PROJECTED
from hub.trace.schema import BOOKS as _TRACE_BOOKS
from hub.trace.schema import PROJECTED as _TRACE_PROJECTED
from hub.trace.schema import TRACE

_CURSOR = """
CREATE TABLE projector (
    name TEXT PRIMARY KEY,
    segment INTEGER NOT NULL
) WITHOUT ROWID;
"""
COMPANY_MIGRATIONS = (
    LEDGER + MACHINES + SERIES + TIMELINE + _CURSOR,
    CLOCKS + STAMPED,
    FAULTS,
    EVIDENCE + PARTS,
    ORDERS + DECISIONS + TRACE,
)
PROJECTED = (*_MACHINES_PROJECTED, *_TIMELINE_PROJECTED, *_PARTS_PROJECTED, *_TRACE_PROJECTED, "projector")
"""The tables that are folded from the ledger: a rebuild makes them anew and swaps them in."""
BOOKS: tuple[str, ...] = (*_ORDERS_BOOKS, *_PARTS_BOOKS, *_TRACE_BOOKS)
"""The tables that people fill (orders, calendars …) and folds read: a rebuild begins with a copy of them."""
