"""A company's tables, put together: released scripts are never edited, only followed by new ones."""

from hub.calendars.schema import BOOKS as _CALENDARS_BOOKS
from hub.calendars.schema import CALENDARS
from hub.ledger.held import HELD
from hub.ledger.held import PROJECTED as _HELD_PROJECTED
from hub.ledger.schema import LEDGER
from hub.machines.schema import CLOCKS, FAULTS, MACHINES
from hub.machines.schema import PROJECTED as _MACHINES_PROJECTED
from hub.orders.schema import BOOKS as _ORDERS_BOOKS
from hub.orders.schema import ORDERS
from hub.parts.schema import BOOKS as _PARTS_BOOKS
from hub.parts.schema import DECISIONS, PARTS
from hub.parts.schema import PROJECTED as _PARTS_PROJECTED
from hub.progress.schema import BOOKS as _PROGRESS_BOOKS
from hub.progress.schema import PROGRESS
from hub.progress.schema import PROJECTED as _PROGRESS_PROJECTED
from hub.quality.schema import BOOKS as _QUALITY_BOOKS
from hub.quality.schema import PROJECTED as _QUALITY_PROJECTED
from hub.quality.schema import QUALITY
from hub.series.schema import SERIES, STAMPED
from hub.stops.schema import BOOKS as _STOPS_BOOKS
from hub.stops.schema import PROJECTED as _STOPS_PROJECTED
from hub.stops.schema import STOPS
from hub.timeline.schema import EVIDENCE, TIMELINE
from hub.timeline.schema import PROJECTED as _TIMELINE_PROJECTED
from hub.trace.schema import BOOKS as _TRACE_BOOKS
from hub.trace.schema import PROJECTED as _TRACE_PROJECTED
from hub.trace.schema import TRACE
from hub.worklist.schema import BOOKS as _WORKLIST_BOOKS
from hub.worklist.schema import REJECTS

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
    HELD + CALENDARS + STOPS + ORDERS + DECISIONS + PROGRESS + TRACE + QUALITY + REJECTS,
)
PROJECTED = (
    *_MACHINES_PROJECTED,
    *_TIMELINE_PROJECTED,
    *_PARTS_PROJECTED,
    *_PROGRESS_PROJECTED,
    *_STOPS_PROJECTED,
    *_QUALITY_PROJECTED,
    *_TRACE_PROJECTED,
    *_HELD_PROJECTED,
    "projector",
)
"""The tables that are folded from the ledger: a rebuild makes them anew and swaps them in."""
BOOKS: tuple[str, ...] = (
    *_CALENDARS_BOOKS,
    *_STOPS_BOOKS,
    *_ORDERS_BOOKS,
    *_PARTS_BOOKS,
    *_PROGRESS_BOOKS,
    *_QUALITY_BOOKS,
    *_TRACE_BOOKS,
    *_WORKLIST_BOOKS,
)
"""The tables that people fill (orders, calendars …) and folds read: a rebuild begins with a copy of them."""
