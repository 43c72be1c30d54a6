"""Who may use how many threads, settled once.

NumPy's BLAS, FAISS and ONNX Runtime each bring a pool as large as the machine. A question's
products are small: shared between the pools' threads they wait for one another, and under load
take many times as long. So the model has the processors, and everything else one thread; more
questions at once is what uses the rest.
"""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def settle() -> None:
    """Give BLAS and OpenMP one thread each; call it once NumPy and FAISS are imported."""
    threadpool_limits(limits=1)
