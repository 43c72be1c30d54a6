"""The styles of an OpenDocument text: the look of letters, and the role of paragraphs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qa.corpus.formats.markup import Element
from qa.corpus.formats.odt.names import FO, OFFICE, STYLE, TEXT

_BODY_POINTS = 12.0


@dataclass(frozen=True, slots=True)
class Look:
    """The look of letters: ``raised`` is 1 above the line, -1 below it."""

    bold: bool = False
    points: float = _BODY_POINTS
    raised: int = 0
    hidden: bool = False


class Styles:
    """Styles by family and name, each with what it inherits from its parents."""

    def __init__(self, roots: Iterable[Element]) -> None:
        self._nodes: dict[tuple[str, str], Element] = {}
        self._default = Look()
        for root in roots:
            for node in root.iter(f"{STYLE}style"):
                key = (node.get(f"{STYLE}family", ""), node.get(f"{STYLE}name", ""))
                self._nodes[key] = node
            for node in root.iter(f"{STYLE}default-style"):
                if node.get(f"{STYLE}family") == "paragraph":
                    self._default = _over(node, self._default)
        self._chains: dict[tuple[str, str], tuple[Element, ...]] = {}

    def _chain(self, family: str, name: str | None) -> tuple[Element, ...]:
        """Return a style and those that it is based on, nearest first."""
        first = (family, name or "")
        if first not in self._chains:
            found: list[Element] = []
            seen: set[str] = set()
            while (
                name and name not in seen and (node := self._nodes.get((family, name))) is not None
            ):
                seen.add(name)
                found.append(node)
                name = node.get(f"{STYLE}parent-style-name")
            self._chains[first] = tuple(found)
        return self._chains[first]

    def paragraph(self, name: str | None) -> Look:
        """Return the look of letters in a paragraph of that style."""
        look = self._default
        for node in reversed(self._chain("paragraph", name)):
            look = _over(node, look)
        return look

    def span(self, name: str | None, around: Look) -> Look:
        """Return the look of letters of that style among others."""
        for node in reversed(self._chain("text", name)):
            around = _over(node, around)
        return around

    def is_title(self, name: str | None) -> bool:
        """Whether a paragraph's style is the one for the title of a document."""
        return any("Title" in _names(node) for node in self._chain("paragraph", name)[:2])

    def is_contents(self, name: str | None) -> bool:
        """Whether a paragraph's style is one of a table of contents."""
        chain = self._chain("paragraph", name)[:2]
        return any(_name.startswith("Contents ") for node in chain for _name in _names(node))

    def outline_level(self, name: str | None) -> int:
        """Return the level of a heading with that style; 0 for text."""
        for node in self._chain("paragraph", name):
            level = node.get(f"{STYLE}default-outline-level")
            if level is not None:
                return int(level) if level.isdecimal() and len(level) < 3 else 0
        return 0

    def masters(self) -> set[str]:
        """Return the names of the page styles that paragraphs begin."""
        told = (node.get(f"{STYLE}master-page-name") for node in self._nodes.values())
        return {name for name in told if name}


def _names(node: Element) -> tuple[str, str]:
    name = node.get(f"{STYLE}name", "").replace("_20_", " ")
    return name, node.get(f"{STYLE}display-name", "")


def _over(style: Element, look: Look) -> Look:
    said = style.find(f"{STYLE}text-properties")
    if said is None:
        return look
    weight, size = said.get(f"{FO}font-weight"), said.get(f"{FO}font-size", "")
    place, shown = said.get(f"{STYLE}text-position", "").split(), said.get(f"{TEXT}display")
    if weight:
        look = replace(
            look, bold=weight == "bold" or (weight.isdecimal() and int(weight[:4]) >= 600)
        )
    points = _number(size.removesuffix("pt").removesuffix("%"))
    if points and size.endswith("pt"):
        look = replace(look, points=points)
    elif points and size.endswith("%"):
        look = replace(look, points=round(look.points * points / 100, 1))
    if place:
        offset = {"super": 1.0, "sub": -1.0}.get(place[0], _number(place[0].removesuffix("%")))
        look = replace(look, raised=(offset > 0) - (offset < 0))
    return replace(look, hidden=shown == "none") if shown else look


def _number(words: str) -> float:
    try:
        found = float(words)
    except ValueError:
        return 0.0
    return found if -1e4 < found < 1e4 else 0.0


def of_document(root: Element | None, name: str) -> Element | None:
    """Return a child of a document's root by its name in the office's namespace."""
    return None if root is None else root.find(f"{OFFICE}{name}")
