"""Decides how many threads each library may use.

NumPy's BLAS, FAISS and ONNX Runtime each bring a pool with as many threads as the machine has
processors. The matrix products of a question are small. If the pools share the processors, they wait for
each other and take many times as long. So the model may use all processors, and everything else one
thread; other processors are used by more questions at once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import onnxruntime as ort


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def settle() -> None:
    """Give BLAS and OpenMP one thread each; call it once NumPy and FAISS are imported.

    OpenMP's limit is that of the calling thread, and libraries that are loaded later have none.
    """
    threadpool_limits(limits=1)


def session_options(threads: int | None = None) -> ort.SessionOptions:
    """Return options for a model in ONNX Runtime with so many threads; by default one for each processor.

    A thread without work sleeps at once. By default it first waits in a loop for the next operation of its
    model, and so takes the processor from the other model and from other questions: ``eval/bench/README.md``.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or processors()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
