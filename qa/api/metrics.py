"""The service's metrics, in Prometheus's text format.

Labels take their values only from the routes, from HTTP's status codes and from error codes, so that
clients cannot create new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from qa.engine import Engine

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Upper bounds in seconds, inclusive."""
ASK = "/v1/ask"

# Otherwise the library adds a series for each counter with the time when it was made.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types


class Metrics:
    """The counts of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "qa_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self._refusals = Counter(
            "qa_refusals",
            "Requests refused by a limit or because of a missing key, by error code.",
            ("reason",),
            registry=registry,
        )
        self._seconds = Histogram(
            "qa_question_seconds",
            "Time to answer a question, with reading and writing.",
            buckets=BUCKETS,
            registry=registry,
        )

    def refuse(self, reason: str) -> None:
        """Count a request that was refused; ``reason`` is the code of its error."""
        self._refusals.labels(reason).inc()

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered; ``seconds`` is how long it took."""
        self._requests.labels(route, str(status)).inc()
        if route == ASK and status == 200:
            self._seconds.observe(seconds)

    def text(self, engine: Engine | None, fault: str | None = None, swaps: int = 0) -> str:
        """Return all metrics as text; without an engine the index counts as not ready.

        ``fault`` says why the live generation does not answer; ``swaps`` is how often another
        generation replaced the open one.
        """
        state = _state(engine, fault, swaps)
        return generate_latest(_Collected([*self._registry.collect(), *state])).decode()


def _state(engine: Engine | None, fault: str | None, swaps: int) -> Iterator[Metric]:
    """Yield the values that are looked up when they are asked for, and not counted."""
    yield CounterMetricFamily(
        "qa_index_swaps", "How often a new generation replaced the old one.", swaps
    )
    yield GaugeMetricFamily(
        "qa_ready", "Whether an index is open and can be reached.", int(engine is not None)
    )
    if engine is None:
        return
    told = (
        ("qa_index_fault", "Whether an older generation is served.", int(fault is not None)),
        ("qa_index_documents", "Documents in the index.", engine.info.documents),
        ("qa_index_passages", "Passages in the index.", engine.info.passages),
    )
    for name, help, value in told:
        yield GaugeMetricFamily(name, help, value)


class _Collected(Collector):
    """Metrics in the form that the library takes."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found
