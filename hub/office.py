"""Directory, stores and gate, joined: what commands and a server have in common.

No web is imported here, so that a command starts in a third of a second.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.access.audit import Audit
from hub.access.catalogue import Catalogue
from hub.access.gate import Gate
from hub.calendars import commands as calendars_commands
from hub.calendars import questions as calendars_questions
from hub.companies import commands as companies_commands
from hub.companies import questions as companies_questions
from hub.directory.company import list_companies
from hub.directory.database import Directory
from hub.errors import HubError
from hub.machines import questions as machines_questions
from hub.orders import commands as orders_commands
from hub.orders import import_commands as orders_import_commands
from hub.orders import import_questions as orders_import_questions
from hub.orders import questions as orders_questions
from hub.orders import removal_commands as orders_removal_commands
from hub.parts import commands as parts_commands
from hub.parts import questions as parts_questions
from hub.progress import claim_store as progress_claim_store
from hub.progress import commands as progress_commands
from hub.progress import questions as progress_questions
from hub.quality import chart_questions as quality_chart_questions
from hub.quality import commands as quality_commands
from hub.quality import inspection_commands as quality_inspection_commands
from hub.quality import measured_questions as quality_measured_questions
from hub.quality import questions as quality_questions
from hub.schema import COMPANY_MIGRATIONS
from hub.series import questions as series_questions
from hub.stops import commands as stops_commands
from hub.stops import questions as stops_questions
from hub.stores.company import Stores
from hub.timeline import questions as timeline_questions
from hub.trace import certificate_questions as trace_certificate_questions
from hub.trace import commands as trace_commands
from hub.trace import handover_commands as trace_handover_commands
from hub.trace import handover_questions as trace_handover_questions
from hub.trace import questions as trace_questions
from hub.trace import recall_questions as trace_recall_questions
from hub.worklist import commands as worklist_commands
from hub.worklist import questions as worklist_questions


def clock_us() -> int:
    """The hub's clock: microseconds since 1970."""
    return time.time_ns() // 1000


def build_catalogue() -> Catalogue:
    """Every question and command of every feature."""
    return Catalogue(
        questions=(
            *companies_questions.QUESTIONS,
            *machines_questions.QUESTIONS,
            *series_questions.QUESTIONS,
            *timeline_questions.QUESTIONS,
            *calendars_questions.QUESTIONS,
            *parts_questions.QUESTIONS,
            *orders_questions.QUESTIONS,
            *orders_import_questions.QUESTIONS,
            *progress_questions.QUESTIONS,
            *stops_questions.QUESTIONS,
            *quality_questions.QUESTIONS,
            *quality_measured_questions.QUESTIONS,
            *quality_chart_questions.QUESTIONS,
            *trace_questions.QUESTIONS,
            *trace_recall_questions.QUESTIONS,
            *trace_certificate_questions.QUESTIONS,
            *trace_handover_questions.QUESTIONS,
            *worklist_questions.QUESTIONS,
        ),
        commands=(
            *companies_commands.COMMANDS,
            *calendars_commands.COMMANDS,
            *parts_commands.COMMANDS,
            *orders_commands.COMMANDS,
            orders_removal_commands.remove_order((progress_claim_store.is_worked_on,)),
            *orders_import_commands.COMMANDS,
            *progress_commands.COMMANDS,
            *stops_commands.COMMANDS,
            *worklist_commands.COMMANDS,
            *quality_commands.COMMANDS,
            *quality_inspection_commands.COMMANDS,
            *trace_commands.COMMANDS,
            *trace_handover_commands.COMMANDS,
        ),
    )


@dataclass(frozen=True, slots=True)
class Office:
    """What asks and changes: the same for commands and for a server."""

    directory: Directory
    stores: Stores
    audit: Audit
    gate: Gate
    now_us: Callable[[], int]

    def close(self) -> None:
        """Writes what is still to be written, then closes every file."""
        with contextlib.suppress(HubError):
            self.audit.flush()
        self.stores.close()
        self.directory.close()

    def companies(self) -> list[str]:
        """Slugs of every company of this hub."""
        return [slug for slug, _ in self.directory.read(list_companies)]


def build_office(
    directory: Directory, data_dir: Path, now_us: Callable[[], int] = clock_us, *, max_pages: int | None = None
) -> Office:
    """The office over an open directory."""
    stores = Stores(data_dir, COMPANY_MIGRATIONS, max_pages=max_pages)
    audit = Audit(directory, now_us)
    return Office(directory, stores, audit, Gate(build_catalogue(), directory, stores, audit, now_us), now_us)
