"""Ask an archive in plain words; get ranked, verbatim excerpts with exact citations.

    from qa import Engine
    engine = Engine.open("index/default")
    answer = engine.ask("Who declared herself acting president without a quorum?")

``Question`` and ``Filters`` say more than a plain string. Importing ``qa`` alone loads nothing
else: each name is looked up when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.engine import Engine
    from qa.records import Filters, Question

# ONNX Runtime collects data about its use for its maker, and sends them, unless this is set before it is
# imported. Nothing here calls out by itself.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = ["Engine", "Filters", "Question", "__version__"]

_HOMES = {"Engine": "qa.engine", "Filters": "qa.records", "Question": "qa.records"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
