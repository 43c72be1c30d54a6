"""Reads question and text together: which words are the question, whether a text answers it, and where."""

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
