"""The numbers that an OpenDocument text writes before headings and the entries of lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qa.corpus.formats.counting import WAYS
from qa.corpus.formats.markup import Element, local_name
from qa.corpus.formats.odt.names import STYLE, TEXT, XML, count

_WAYS: Mapping[str, str] = {
    "1": "decimal",
    "a": "latin",
    "A": "LATIN",
    "i": "roman",
    "I": "ROMAN",
    "1st": "ordinal",
    "①, ②, ③, ...": "circled",
    "一, 二, 三, ...": "han",
    "א, ב, ג, ...": "hebrew",
}
_MAX_LEVEL = 10


@dataclass(frozen=True, slots=True)
class _Level:
    way: str
    prefix: str
    suffix: str
    shown: int
    start: int


@dataclass(slots=True)
class _Counting:
    """A list with the present number of each of its levels."""

    levels: Mapping[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)

    def next(self, level: int, start: int | None = None) -> str:
        """Count an entry, and return the number before it: empty for a bullet."""
        shape = self.levels.get(level)
        first = shape.start if shape else 1
        self.counts[level] = self.counts.get(level, first - 1) + 1 if start is None else start
        for below in [n for n in self.counts if n > level]:
            del self.counts[below]
        if shape is None or not shape.way:
            return ""
        numbers = []
        for at in range(max(1, level - shape.shown + 1), level + 1):
            way = self.levels[at].way if at in self.levels else "1"
            if way:
                number = self.counts.get(at, self.levels[at].start if at in self.levels else 1)
                numbers.append(WAYS[_WAYS.get(way, "decimal")](number))
        label = f"{shape.prefix}{'.'.join(numbers)}{shape.suffix}".strip()
        return f"{label[:60]} " if label else ""


class Numbering:
    """Counts lists and headings, in the order of the text."""

    def __init__(self, roots: Iterable[Element]) -> None:
        self._styles: dict[str, Mapping[int, _Level]] = {}
        outline: Mapping[int, _Level] = {}
        for root in roots:
            for node in root.iter(f"{TEXT}list-style"):
                self._styles[node.get(f"{STYLE}name", "")] = _levels(node)
            for node in root.iter(f"{TEXT}outline-style"):
                outline = _levels(node)
        self._outline = _Counting(outline)
        self._lists: list[_Counting] = []
        self._last: dict[str, _Counting] = {}
        self._label: str | None = None

    def heading(self, node: Element, level: int) -> str:
        """Return the number before a heading that is in no list."""
        if node.get(f"{TEXT}is-list-header") == "true":
            return ""
        start = None
        if node.get(f"{TEXT}restart-numbering") == "true":
            start = count(node, f"{TEXT}start-value")
        return self._outline.next(min(level, _MAX_LEVEL), start)

    def open_list(self, node: Element) -> None:
        """Begin a list, or one within the open entry."""
        if self._lists:
            own = node.get(f"{TEXT}style-name")
            around = self._lists[-1]
            if own and self._styles.get(own, around.levels) != around.levels:
                self._lists.append(_Counting(self._styles[own]))
            else:
                self._lists.append(around)
            return
        name = node.get(f"{TEXT}style-name", "")
        before = self._last.get(node.get(f"{TEXT}continue-list", ""))
        if before is None and node.get(f"{TEXT}continue-numbering") == "true":
            before = self._last.get(f" {name}")
        counting = before or _Counting(self._styles.get(name, {}))
        self._last[f" {name}"] = counting
        key = node.get(f"{XML}id")
        if key:
            self._last[key] = counting
        self._lists.append(counting)

    def close_list(self) -> None:
        """End the innermost list."""
        if self._lists:
            self._lists.pop()

    def open_entry(self, node: Element) -> None:
        """Begin an entry; its first paragraph takes the number."""
        if self._lists:
            start = node.get(f"{TEXT}start-value")
            level = min(len(self._lists), _MAX_LEVEL)
            self._label = self._lists[-1].next(
                level, None if start is None else count(node, f"{TEXT}start-value")
            )

    @property
    def in_list(self) -> bool:
        """Whether a list is open."""
        return bool(self._lists)

    def taken(self) -> str:
        """Return the open entry's number, to its first paragraph only."""
        label, self._label = self._label, None
        return label or ""


def _levels(style: Element) -> dict[int, _Level]:
    found = {}
    for node in style:
        level = count(node, f"{TEXT}level", 0)
        if not 0 < level <= _MAX_LEVEL:
            continue
        numbers = local_name(node) in ("list-level-style-number", "outline-level-style")
        found[level] = _Level(
            way=node.get(f"{STYLE}num-format", "") if numbers else "",
            prefix=node.get(f"{STYLE}num-prefix", ""),
            suffix=node.get(f"{STYLE}num-suffix", ""),
            shown=min(count(node, f"{TEXT}display-levels"), _MAX_LEVEL),
            start=count(node, f"{TEXT}start-value"),
        )
    return found
