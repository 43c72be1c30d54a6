"""Raised and lowered text: 10⁶ and not 106.

Unicode has the digits, the signs and some letters in small. What it has not is written plain where that
is how people write it ("1st", "Mlle"), and with a mark where it would read as something else.
"""

from __future__ import annotations

_PLAIN = "0123456789+-−=()"
_RAISED = str.maketrans(_PLAIN + "in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
_LOWERED = str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def raised(words: str) -> str:
    """Return raised words as they are written in one line: ``"6"`` is ``"⁶"``, ``"th"`` stays."""
    return _small(words, _RAISED, "^")


def lowered(words: str) -> str:
    """Return lowered words as they are written in one line: ``"2"`` is ``"₂"``."""
    return _small(words, _LOWERED, "_")


def exponent(words: str) -> str:
    """Return what stands raised in a formula, where letters need their mark too: ``"^k"``."""
    return _marked(words, _RAISED, "^")


def index(words: str) -> str:
    """Return what stands lowered in a formula."""
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
