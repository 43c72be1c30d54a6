"""Raised and lowered text: 10⁶ and not 106.

Unicode has small digits, signs and some letters. Other characters are written normally if people do so
("1st", "Mlle"), and with a mark if they could be misread.
"""

from __future__ import annotations

_PLAIN = "0123456789+-−=()"
_RAISED = str.maketrans(_PLAIN + "in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
_LOWERED = str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def raised(words: str) -> str:
    """Return raised words in the form for one line: ``"6"`` becomes ``"⁶"``, ``"th"`` stays."""
    return _small(words, _RAISED, "^")


def lowered(words: str) -> str:
    """Return lowered words in the form for one line: ``"2"`` becomes ``"₂"``."""
    return _small(words, _LOWERED, "_")


def exponent(words: str) -> str:
    """Return the raised part of a formula, in which letters need a mark too: ``"^k"``."""
    return _marked(words, _RAISED, "^")


def index(words: str) -> str:
    """Return the lowered part of a formula."""
    return _marked(words, _LOWERED, "_")


def _small(words: str, table: dict[int, int], mark: str) -> str:
    core = words.strip()
    if not core or not any(char in _PLAIN for char in core):
        # An ordinal, an abbreviation, a note's letter or star: "n" alone is an exponent.
        return words.replace("n", "ⁿ") if core == "n" and mark == "^" else words
    return words.replace(core, _marked(core, table, mark))


def _marked(words: str, table: dict[int, int], mark: str) -> str:
    words = words.strip()
    if not words:
        return ""
    if all(ord(char) in table for char in words):
        return words.translate(table)
    return f"{mark}{words}" if len(words) == 1 or words.isalnum() else f"{mark}({words})"
