"""Counters in Prometheus's text format.

Written by hand: a few counters and gauges and a histogram need no library. Labels take their values from
the routes, from HTTP's status codes and from the codes of errors, so that no client can make new ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from qa.engine import Engine

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Upper bounds in seconds, inclusive."""
ASK = "/v1/ask"


class Metrics:
    """Counts of one application; only ever touched from its event loop."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._refusals: Counter[str] = Counter()

    def refuse(self, reason: str) -> None:
        """Count a request that was refused; ``reason`` is the code of its error."""
        self._refusals[reason] += 1

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered; ``seconds`` is how long it took."""
        self._requests[route, status] += 1
        if route == ASK and status == 200:
            self._buckets[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def text(self, engine: Engine | None, fault: str | None = None, swaps: int = 0) -> str:
        """Return everything as text; without an engine the index counts as not ready.

        ``fault`` says why the live generation is not the one that answers, ``swaps`` how often
        another one took its place.
        """
        lines = ["# HELP qa_requests_total Requests answered.", "# TYPE qa_requests_total counter"]
        for (route, status), number in sorted(self._requests.items()):
            lines.append(f'qa_requests_total{{route="{route}",status="{status}"}} {number}')
        lines += [
            "# HELP qa_refusals_total Requests refused by a limit or for want of a key, by error code.",
            "# TYPE qa_refusals_total counter",
        ]
        for reason, number in sorted(self._refusals.items()):
            lines.append(f'qa_refusals_total{{reason="{reason}"}} {number}')
        lines += [
            "# HELP qa_question_seconds Time to answer a question, reading and writing included.",
            "# TYPE qa_question_seconds histogram",
        ]
        total = 0
        for bound, number in zip((*BUCKETS, "+Inf"), self._buckets, strict=True):
            total += number
            lines.append(f'qa_question_seconds_bucket{{le="{bound}"}} {total}')
        lines += [
            f"qa_question_seconds_sum {self._seconds:.6f}",
            f"qa_question_seconds_count {total}",
        ]
        lines += [
            "# HELP qa_index_swaps_total Times that a new generation took the place of the old one.",
            "# TYPE qa_index_swaps_total counter",
            f"qa_index_swaps_total {swaps}",
        ]
        lines += _gauge("qa_ready", "Whether an index is open.", int(engine is not None))
        if engine is not None:
            info = engine.info
            faulty = int(fault is not None)
            lines += _gauge("qa_index_fault", "Whether an older generation is served.", faulty)
            lines += _gauge("qa_index_documents", "Documents in the index.", info.documents)
            lines += _gauge("qa_index_passages", "Passages in the index.", info.passages)
        return "\n".join(lines) + "\n"


def _gauge(name: str, help: str, value: int) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} gauge", f"{name} {value}"]
