"""Exponents, indices and formulas as text: "10⁶", "CO₂", and a formula as its author wrote it in TeX."""

from __future__ import annotations

import re
from typing import Any

Element = Any

_UP = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
_DOWN = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_RAISED = re.compile(r"(?:[0-9+\-−–=()]|(?<![^\W\d_])[ni](?![^\W\d_]))+")
_LOWERED = re.compile(r"[0-9+\-−–=()]+")
_LETTER = re.compile(r"[^\W\d_oaOA]")
_VARIABLE = re.compile(r"(?<![^\W_])[^\W\d_]$|[)\]]$")
_MAX_RAISED = 40
_MAX_FORMULA = 2_000
_MAX_DEPTH = 60


def raised(words: str, before: str) -> str:
    """Return what is set above the line behind ``before`` as it is written in plain text.

    Figures and signs have characters of their own. An ordinal's letters ("1st") stay as they are; what
    else could be read as a figure more, or as a variable, has "^" before it.
    """
    bare = "".join(words.split())
    if not bare or len(bare) > _MAX_RAISED:
        return words
    if _RAISED.fullmatch(bare):
        return bare.translate(_UP)
    if any(map(str.isdigit, bare)) or bare[0] in "+-−–":
        return f"^{_grouped(bare)}" if before[-1:].isalnum() or before[-1:] in ")]" else words
    if _LETTER.fullmatch(bare) and _VARIABLE.search(before[-2:]):
        return f"^{bare}"
    return words


def lowered(words: str, before: str) -> str:
    """Return what is set below the line behind ``before`` as it is written in plain text."""
    bare = "".join(words.split())
    if not bare or len(bare) > _MAX_RAISED:
        return words
    if _LOWERED.fullmatch(bare):
        return bare.translate(_DOWN)
    if _VARIABLE.search(before[-2:]) and len(bare) <= 6:
        return f"_{_grouped(bare)}"
    return words


def _grouped(words: str) -> str:
    return words if re.fullmatch(r"\w+(?:[.,]\w+)*", words) and len(words) < 4 else f"({words})"


def simple_tex(tex: str) -> str:
    """Return TeX without what only arranges it: ``"{\\displaystyle E=mc^{2}}"`` is ``"E=mc^2"``."""
    tex = " ".join(tex.split())[:_MAX_FORMULA].strip("$ ")
    found = re.fullmatch(r"\{\s*\\(?:display|text|script)style\b\s*(.*)\}", tex)
    tex = re.sub(r"\\(?:display|text|script)style\b\s*", "", found[1] if found else tex)
    return re.sub(r"([\^_])\{([^{}\\\s])\}", r"\1\2", tex).strip()


def math_text(node: Element) -> str:
    """Return a MathML element's formula: its TeX, else its alternative text, else its parts on one line."""
    for part in node.iter():
        if _name(part) == "annotation" and "tex" in (part.get("encoding") or "").lower():
            tex = simple_tex("".join(part.itertext()))
            if tex:
                return tex
    said = simple_tex(node.get("alttext") or "")
    return said or "".join(_linear(node, 0).split())[:_MAX_FORMULA]


def _name(node: Element) -> str:
    return node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""


def _linear(node: Element, depth: int) -> str:
    name = _name(node)
    if name in ("annotation", "annotation-xml", "") or depth > _MAX_DEPTH:
        return ""
    parts = [_linear(child, depth + 1) for child in node]
    if not parts:
        return (node.text or "").strip()
    if name in ("msup", "msub") and len(parts) == 2:
        return parts[0] + ("^" if name == "msup" else "_") + _bracketed(parts[1])
    if name == "msubsup" and len(parts) == 3:
        return f"{parts[0]}_{_bracketed(parts[1])}^{_bracketed(parts[2])}"
    if name == "mfrac" and len(parts) == 2:
        return f"{_bracketed(parts[0])}/{_bracketed(parts[1])}"
    if name == "msqrt":
        return f"√({''.join(parts)})"
    if name == "mroot" and len(parts) == 2:
        return f"({parts[0]})^(1/{parts[1]})"
    return (node.text or "").strip() + "".join(parts)


def _bracketed(words: str) -> str:
    return words if len(words) < 2 or words.isalnum() else f"({words})"
