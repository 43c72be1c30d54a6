"""Characters of symbol fonts, translated to the Unicode characters that they show.

Word processors store such a character as a font's name and a code; the code may be moved to Unicode's
private area, U+F000 and above. The tables are those of the fonts' makers: Adobe's Symbol encoding, and the
signs of Wingdings that have a meaning in a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SYMBOL = dict(
    zip(
        range(0x20, 0x7F),
        " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾"
        "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
        strict=True,
    )
) | dict(
    zip(
        range(0xA0, 0xF0),
        "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
        strict=True,
    )
)
_WINGDINGS = {
    0x21: "✏", 0x22: "✂", 0x28: "☎", 0x29: "✆", 0x2A: "✉", 0x36: "⌛", 0x3F: "✍", 0x41: "✌",
    0x45: "☜", 0x46: "☞", 0x47: "☝", 0x48: "☟", 0x4A: "☺", 0x4B: "😐", 0x4C: "☹", 0x4E: "☠",
    0x51: "✈", 0x52: "☼", 0x54: "❄", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x70: "□",
    0x71: "❑", 0x72: "❒", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x78: "☒", 0x80: "⓪", 0x8B: "⓿", 0x9E: "·",
    0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA7: "▪", 0xA8: "☐", 0xAA: "✦", 0xAB: "★", 0xD8: "➢",
    0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧",
    0xF2: "⇩", 0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    **{0x81 + n: chr(0x2460 + n) for n in range(10)},
    **{0x8C + n: chr(0x2776 + n) for n in range(10)},
}  # fmt: skip
_WINGDINGS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐",
}  # fmt: skip
_FONTS: Mapping[str, Mapping[int, str]] = {
    "symbol": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
}
_PRIVATE = range(0xF000, 0xF100)
_IN_PRIVATE = re.compile("[\uf000-\uf0ff]")


def is_symbolic(font: str | None) -> bool:
    """Whether a font has symbols in the places of letters."""
    return (font or "").strip().lower() in _FONTS


def shown(code: int, font: str | None) -> str | None:
    """Return what a font shows for a code; None if that is unknown."""
    table = _FONTS.get((font or "").strip().lower())
    place = code - _PRIVATE.start if code in _PRIVATE else code
    if table is not None:
        return table.get(place)
    # A private code in a font of letters is unknown; any other code is the character itself.
    return chr(code) if code not in _PRIVATE and 0x20 <= code < 0xD800 else None


def translated(words: str, font: str | None) -> tuple[str, int]:
    """Return a text as its font shows it, and how many of its characters are unknown."""
    symbolic = is_symbolic(font)
    if not symbolic and not _IN_PRIVATE.search(words):
        return words, 0
    found, unknown = [], 0
    for char in words:
        if char.isspace() or not (symbolic or ord(char) in _PRIVATE):
            found.append(char)
            continue
        # Private characters without a font's name were usually written in Symbol.
        meant = shown(ord(char), font if symbolic else "symbol")
        found.append(meant or "")
        unknown += meant is None
    return "".join(found), unknown
