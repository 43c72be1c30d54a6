"""The styles of a Word document: the role of a paragraph, and the look of its letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from qa.corpus.formats.docx.names import W, is_on, number, value
from qa.corpus.formats.markup import Element

_HEADING = re.compile(r"heading ([1-9])")
_CONTENTS = re.compile(r"toc (?:\d|heading)|table of (?:figures|authorities)|index \d")
_BODY_POINTS = 10.0
"""The standard's default, if a document says nothing."""
_T = TypeVar("_T", "Look", "Kind")


@dataclass(frozen=True, slots=True)
class Look:
    """The look of letters; None for what another style or property decides."""

    bold: bool | None = None
    points: float | None = None
    raised: str | None = None
    hidden: bool | None = None
    font: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """The role that a style gives a paragraph; None for what something else decides.

    ``level`` is 0 for a title, from 1 for a heading, and -1 for text; ``listed`` is a list and the level
    in it.
    """

    level: int | None = None
    contents: bool | None = None
    list_name: bool | None = None
    number_id: str | None = None
    number_level: int | None = None


def look_of(properties: Element | None) -> Look:
    """Return the look that the properties of a run give."""
    if properties is None:
        return Look()
    bold = raised = font = hidden = points = None
    for node in properties:
        tag = node.tag
        if tag == f"{W}b":
            bold = is_on(node)
        elif tag == f"{W}sz":
            points = number(node.get(f"{W}val")) / 2 or None
        elif tag == f"{W}vertAlign":
            raised = node.get(f"{W}val")
        elif tag == f"{W}vanish":
            hidden = is_on(node)
        elif tag == f"{W}rFonts":
            font = node.get(f"{W}ascii") or node.get(f"{W}hAnsi")
    return Look(bold, points, raised, hidden, font)


def over(upper: _T, lower: _T) -> _T:
    """Return the upper value; if it says nothing, the lower one."""
    said = {f.name: getattr(upper, f.name) for f in fields(upper)}
    return replace(lower, **{name: told for name, told in said.items() if told is not None})


class Styles:
    """Styles by their ids, each with what it inherits from the styles that it is based on."""

    def __init__(self, root: Element | None) -> None:
        self._nodes: dict[str, Element] = {}
        self._looks: dict[str, Look] = {}
        self._bodies: dict[str, Look] = {}
        self._kinds: dict[str, Kind] = {}
        self._default = ""
        self._defaults = Look(points=_BODY_POINTS)
        if root is None:
            return
        for node in root.iter(f"{W}style"):
            key = node.get(f"{W}styleId", "")
            self._nodes[key] = node
            if node.get(f"{W}type") == "paragraph" and node.get(f"{W}default") in ("1", "true"):
                self._default = key
        said = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        self._defaults = over(look_of(said), self._defaults)

    def kind(self, style: str | None) -> Kind:
        """Return the role of a paragraph with that style."""
        return self._resolved(style or self._default, self._kinds, _kind_of, Kind())

    def look(self, style: str | None) -> Look:
        """Return the look of letters in a style; None if it says nothing."""
        return self._resolved(style or "", self._looks, _style_look, Look())

    def body(self, style: str | None) -> Look:
        """Return the look of letters in a paragraph of that style."""
        key = style or self._default
        if key not in self._bodies:
            self._bodies[key] = over(self.look(key), self._defaults)
        return self._bodies[key]

    def _resolved(
        self, key: str, known: dict[str, _T], of: Callable[[Element], _T], nothing: _T
    ) -> _T:
        if key in known:
            return known[key]
        chain: list[str] = []
        while key in self._nodes and key not in known and key not in chain:
            chain.append(key)
            key = value(self._nodes[key], "basedOn") or ""
        below = known.get(key, nothing)
        for style in reversed(chain):
            below = known[style] = over(of(self._nodes[style]), below)
        return below


def _style_look(style: Element) -> Look:
    return look_of(style.find(f"{W}rPr"))


def _kind_of(style: Element) -> Kind:
    name = (value(style, "name") or "").lower()
    heading = _HEADING.fullmatch(name)
    outline = value(style, "pPr/outlineLvl")
    level = None
    if name == "title":
        level = 0
    elif heading:
        level = int(heading[1])
    elif outline is not None:
        level = outline_level(outline)
    contents = bool(_CONTENTS.fullmatch(name)) or None
    key = style.get(f"{W}styleId", "").lower()
    listed = value(style, "pPr/numPr/ilvl")
    return Kind(
        level=-1 if contents else level,
        contents=contents,
        list_name=True if key.startswith("list") or name.startswith("list") else None,
        number_id=value(style, "pPr/numPr/numId"),
        number_level=None if listed is None else number(listed),
    )


def outline_level(words: str) -> int:
    """Return the heading level for an outline level; -1 for the outline level of text."""
    found = number(words, 9)
    return found + 1 if 0 <= found < 9 else -1
