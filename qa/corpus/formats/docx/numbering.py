"""The numbers that Word writes before paragraphs (ECMA-376 part 1, 17.9): "§ 1", "1.2", "(a)".

They are not in the paragraphs' text: a document says how its lists count, and which paragraphs belong to
which list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.corpus.formats.counting import WAYS
from qa.corpus.formats.docx.names import W, is_on, number, value
from qa.corpus.formats.docx.styles import Kind
from qa.corpus.formats.markup import Element

_LEVELS = 9
_WAYS: Mapping[str, str] = {
    "decimal": "decimal",
    "decimalZero": "two digits",
    "lowerLetter": "latin",
    "upperLetter": "LATIN",
    "lowerRoman": "roman",
    "upperRoman": "ROMAN",
    "ordinal": "ordinal",
    "decimalEnclosedCircle": "circled",
    "decimalEnclosedCircleChinese": "circled",
    "chineseCounting": "han",
    "chineseCountingThousand": "han",
    "taiwaneseCounting": "han",
    "taiwaneseCountingThousand": "han",
    "japaneseCounting": "han",
    "ideographDigital": "han digits",
    "japaneseDigitalTenThousand": "han digits",
    "taiwaneseDigital": "han digits",
    "ideographTraditional": "stems",
    "russianLower": "russian",
    "russianUpper": "RUSSIAN",
    "hebrew1": "hebrew",
    "hebrew2": "hebrew",
    "arabicAlpha": "arabic",
    "ganada": "korean",
}
"""Word's names for ways of counting; any other name counts in figures."""
_PLACE = re.compile("%([1-9])")
_MAX_LABEL = 60


@dataclass(frozen=True, slots=True)
class _Level:
    way: str = "decimal"
    text: str = ""
    start: int = 1
    gap: str = " "
    plain: bool = False
    restarts_after: int | None = None
    style: str | None = None


@dataclass(slots=True)
class _List:
    """A list's levels, and the present number of each."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the lists of a document, paragraph by paragraph in order."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._starts: dict[str, dict[int, int]] = {}
        """Where a list begins again; its first paragraph of that level uses this."""
        self._own: dict[str, dict[int, _Level]] = {}
        if root is not None:
            self._read(root)

    def _read(self, root: Element) -> None:
        shapes = {node.get(f"{W}abstractNumId", ""): node for node in root.iter(f"{W}abstractNum")}
        named = {value(node, "styleLink"): key for key, node in shapes.items()}
        kept: dict[str, _List] = {}
        for node in root.iter(f"{W}num"):
            shape = value(node, "abstractNumId") or ""
            # If a form belongs to a style, the style's definition refers to it.
            linked = value(shapes.get(shape), "numStyleLink")
            shape = named.get(linked, shape) if linked else shape
            if shape not in kept:
                levels = shapes[shape].iter(f"{W}lvl") if shape in shapes else ()
                kept[shape] = _List({_at(level): _level(level) for level in levels})
            key = node.get(f"{W}numId", "")
            self._lists[key] = kept[shape]
            for change in node.iter(f"{W}lvlOverride"):
                start, own = value(change, "startOverride"), change.find(f"{W}lvl")
                if start is not None:
                    self._starts.setdefault(key, {})[_at(change)] = number(start, 1)
                if own is not None:
                    self._own.setdefault(key, {})[_at(change)] = _level(own)

    def of(self, properties: Element | None, kind: Kind, style: str | None) -> str | None:
        """Return the number before a paragraph; empty for a bullet, None if it is in no list.

        Call it once for each paragraph, because it counts.
        """
        own = None if properties is None else properties.find(f"{W}numPr")
        key = value(own, "numId") or kind.number_id
        if own is not None and key is None:
            return ""
        if key is None or number(key) == 0 or key not in self._lists:
            return "" if key is not None and number(key) else None
        levels = {**self._lists[key].levels, **self._own.get(key, {})}
        told = value(own, "ilvl")
        if told is not None:
            at = number(told)
        elif value(own, "numId") is None and kind.number_level is None:
            # A style belongs to the level that names it.
            at = next((n for n, level in levels.items() if level.style and level.style == style), 0)
        else:
            at = kind.number_level or 0
        return self._label(key, max(0, min(at, _LEVELS - 1)), levels)

    def _label(self, key: str, at: int, levels: Mapping[int, _Level]) -> str:
        counts = self._lists[key].counts
        level = levels.get(at, _Level())
        starts = self._starts.get(key, {})
        if at in starts:
            counts[at] = starts.pop(at)
        else:
            counts[at] = counts[at] + 1 if at in counts else level.start
        for below in [n for n in counts if n > at]:
            after = levels.get(below, _Level()).restarts_after
            if after is None or (after and at < after):
                del counts[below]
        if level.way == "bullet":
            return ""
        label = _PLACE.sub(
            lambda match: _written(int(match[1]) - 1, counts, levels, level.plain), level.text
        )
        label = label.strip()[:_MAX_LABEL]
        return label + level.gap if label else ""


def _written(at: int, counts: Mapping[int, int], levels: Mapping[int, _Level], plain: bool) -> str:
    level = levels.get(at, _Level())
    if level.way in ("none", "bullet"):
        return ""
    way = "decimal" if plain else _WAYS.get(level.way, "decimal")
    return WAYS[way](counts.get(at, level.start))


def _at(node: Element) -> int:
    return number(node.get(f"{W}ilvl"))


def _level(node: Element) -> _Level:
    restart = value(node, "lvlRestart")
    return _Level(
        way=value(node, "numFmt") or "decimal",
        text=value(node, "lvlText") or "",
        start=number(value(node, "start"), 1),
        gap="" if value(node, "suff") == "nothing" else " ",
        plain=is_on(node.find(f"{W}isLgl")),
        restarts_after=None if restart is None else number(restart),
        style=value(node, "pStyle"),
    )
