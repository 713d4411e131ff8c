"""What the hub counts about itself, for Prometheus. No company's name among the labels: /metrics needs no token."""

import math
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hub.errors import HubError

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters of one hub process, in a registry of their own."""

    def __init__(
        self,
        *,
        live_subscribers: Callable[[], float],
        projector_lag: Callable[[], float],
        folds_stopped: Callable[[], float],
    ) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        own = self.registry
        self.batches = Counter("tsunagu_batches", "Batches by what came of them", ["outcome"], registry=own)
        self.records = Counter("tsunagu_records", "Records committed to the ledger", registry=own)
        self.repeated = Counter("tsunagu_records_repeated", "Records that were here already", registry=own)
        self.rejected = Counter("tsunagu_records_rejected", "Records put into quarantine", registry=own)
        self.ingest_s = Histogram(
            "tsunagu_ingest_seconds", "From a batch's last byte to its receipt", buckets=_BUCKETS, registry=own
        )
        subscribers = Gauge("tsunagu_live_subscribers", "Open streams of live events", registry=own)
        subscribers.set_function(live_subscribers)
        lag = Gauge("tsunagu_projector_lag_segments", "Ledger segments that are not folded yet", registry=own)
        lag.set_function(lambda: _or_nan(projector_lag))
        stopped = Gauge("tsunagu_folds_stopped", "Machines whose fold has failed and is retried", registry=own)
        stopped.set_function(lambda: _or_nan(folds_stopped))

    def committed(self, accepted: int, repeated: int, refused: int) -> None:
        """One batch is on disk."""
        self.records.inc(accepted)
        self.repeated.inc(repeated)
        self.rejected.inc(refused)

    def page(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


def _or_nan(gauge: Callable[[], float]) -> float:
    """A store that cannot be read now makes a gap in one line, not an error of the page."""
    try:
        return gauge()
    except HubError:
        return math.nan
