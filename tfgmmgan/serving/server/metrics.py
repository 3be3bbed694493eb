"""What a server counts, in Prometheus' words."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["Metrics"]

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """Counts and times of one server; with several processes (`PROMETHEUS_MULTIPROC_DIR`) `text` is of all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own, labels = {"registry": self._registry}, ["door", "signature", "code"]
        self.requests = Counter("tfgmmgan_requests", "Requests by what became of them", labels, **own)
        self.rows = Counter("tfgmmgan_rows", "Rows that were answered", ["signature"], **own)
        self.seconds = Histogram(
            "tfgmmgan_request_seconds", "From a request to its answer", labels[:2], buckets=SECONDS, **own
        )
        self.batch_rows = Histogram("tfgmmgan_batch_rows", "Rows computed together", buckets=ROWS, **own)
        self.under_way = Gauge(
            "tfgmmgan_requests_under_way",
            "Requests being read, waiting or computed",
            multiprocess_mode="livesum",
            **own,
        )

    def text(self) -> bytes:
        """Return all of it in Prometheus' format."""
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)
