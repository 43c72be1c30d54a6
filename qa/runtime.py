"""Decides how many threads each library may use.

NumPy's BLAS, FAISS and ONNX Runtime each bring a pool with as many threads as the machine has
processors. The matrix products of a question are small. If the pools share the processors, they wait for
each other and take many times as long. So the model may use all processors, and everything else one
thread; other processors are used by more questions at once.
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
