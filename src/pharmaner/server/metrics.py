"""What ``/metrics`` shows: counts, sizes and times, never a text."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The service's Prometheus metrics, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "pharmaner_requests",
            "Requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "pharmaner_request_seconds",
            "Seconds from a request's headers to the end of its reply.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.documents = self._counter("documents", "Documents predicted.")
        self.characters = self._counter("characters", "Code points of text predicted.")
        self.queue_requests = self._gauge("queue_requests", "Requests accepted, not answered.")
        self.queue_characters = self._gauge(
            "queue_characters", "Code points in those requests, 50 a text at least."
        )
        self.batch_requests = Histogram(
            "pharmaner_batch_requests",
            "Requests that share one call of the tagger.",
            buckets=_REQUESTS,
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "pharmaner_batch_seconds",
            "Seconds of one call of the tagger.",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """All of them in Prometheus's text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(f"pharmaner_{name}", meaning, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"pharmaner_{name}", meaning, registry=self.registry)
