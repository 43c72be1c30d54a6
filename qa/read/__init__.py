"""Question and text read together: which words are the question, does a text answer it, and where."""

from __future__ import annotations

from qa.read.core import core, cores
from qa.read.protocol import Known, Reader, Reading, Span
from qa.read.windows import Window, best_reading, windows

__all__ = [
    "Known",
    "Reader",
    "Reading",
    "Span",
    "Window",
    "best_reading",
    "core",
    "cores",
    "windows",
]
