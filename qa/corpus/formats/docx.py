"""DOCX: the text of a Word document in order, with headings told by their styles.

The parts are read with zipfile and lxml and not with python-docx, which would unpack every part, the
pictures too, without a bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa.corpus import dates
from qa.corpus.formats.markup import Element, local_name, parse_xml, text_of, walk
from qa.corpus.formats.zipped import Package
from qa.corpus.reading import Reading, TextBuilder, UnreadableError, language_code
from qa.records import Published

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEADING_NAME = re.compile(r"heading ([1-9])")
# Deleted and moved text, codes of fields, and the second of two forms of one thing.
_LEFT_OUT = frozenset({"del", "movefrom", "instrtext", "deltext", "fallback", "rt", "sectpr"})
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "ptab": "\t", "nobreakhyphen": "-", "sym": ""}


def read_docx(data: bytes) -> Reading:
    """Read a Word document: paragraphs, lists, tables a row a line, then its notes."""
    package = Package(data)
    document = package.part("word/document.xml")
    if document is None:
        raise UnreadableError("damaged: no Word document is in it")
    styles = _styles(package)
    builder = TextBuilder()
    body = _root(document).find(f"{_W}body")
    if body is not None:
        _Body(builder, styles).read(body)
    for notes in ("word/footnotes.xml", "word/endnotes.xml"):
        part = package.part(notes)
        for note in _root(part).iter(f"{_W}footnote", f"{_W}endnote") if part else ():
            if note.get(f"{_W}type") is None:  # the others are lines that separate
                _Body(builder, styles).read(note)
    text, blocks = builder.result()
    about = _properties(package)
    made = dates.parse_date(about.get("created", "")[:10])
    title = about.get("title", "")
    return Reading(
        text,
        "utf-8",
        blocks,
        title=title if len(title) > 2 and title.lower() in text[:3000].lower() else None,
        author=about.get("creator") if " " in about.get("creator", "") else None,
        language=language_code(about.get("language")),
        made=Published(made, about["created"], "document properties") if made else None,
    )


def _root(data: bytes) -> Element:
    return parse_xml(data.replace(_STRICT, _TRANSITIONAL))


def _styles(package: Package) -> Mapping[str, int]:
    """Return the heading level of each style that has one: 0 is the title's."""
    part = package.part("word/styles.xml")
    if part is None:
        return {}
    own: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in _root(part).iter(f"{_W}style"):
        name, based = style.find(f"{_W}name"), style.find(f"{_W}basedOn")
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        key = style.get(f"{_W}styleId", "")
        words = (name.get(f"{_W}val", "") if name is not None else "").lower()
        heading = _HEADING_NAME.fullmatch(words)
        if words == "title":
            own[key] = 0
        elif heading:
            own[key] = int(heading[1])
        elif outline is not None and outline.get(f"{_W}val", "9") in "012345678":
            own[key] = int(outline.get(f"{_W}val")) + 1
        if based is not None:
            parents[key] = based.get(f"{_W}val", "")
    for key in parents:
        seen, at = {key}, key
        while at not in own and parents.get(at, at) not in seen:
            at = parents[at]
            seen.add(at)
        if at in own:
            own[key] = own[at]
    return own


class _Body:
    """Reads the paragraphs and tables of a part, in order."""

    def __init__(self, builder: TextBuilder, styles: Mapping[str, int]) -> None:
        self._builder = builder
        self._styles = styles
        self._paragraphs: list[list[str]] = []
        """The words of the open paragraphs: one may hold a text box, which has its own."""
        self._cells: list[str] = []
        self._rows = 0

    def read(self, root: Element) -> None:
        for began, node in walk(root, _LEFT_OUT):
            name = local_name(node)
            if began:
                self._begin(name, node)
            elif name == "p":
                self._paragraph(node)
            elif name == "tc" and self._rows == 1:
                self._cells.append("")
            elif name == "tr":
                self._rows -= 1
                if not self._rows:
                    cells = (" ".join(cell.split()) for cell in self._cells)
                    self._builder.add("item", " | ".join(cell for cell in cells if cell))

    def _begin(self, name: str, node: Element) -> None:
        if name == "p":
            self._paragraphs.append([])
        elif name == "tr":
            self._rows += 1
            if self._rows == 1:
                self._cells = [""]
        elif self._paragraphs and name == "t" and not _is_hidden(node):
            self._paragraphs[-1].append(node.text or "")
        elif self._paragraphs and name in _SPACES and local_name(node.getparent()) == "r":
            self._paragraphs[-1].append(_SPACES[name])

    def _paragraph(self, node: Element) -> None:
        words = "".join(self._paragraphs.pop())
        lines = (" ".join(line.split()) for line in words.split("\n"))
        words = "\n".join(line for line in lines if line)
        if self._rows:
            self._cells[-1] += f" {words}"
            return
        style = node.find(f"{_W}pPr/{_W}pStyle")
        level = self._styles.get(style.get(f"{_W}val", "")) if style is not None else None
        if level is not None:
            title = level == 0 and not self._builder.length
            self._builder.add("title" if title else "heading", words, max(level, 1))
        elif node.find(f"{_W}pPr/{_W}numPr") is not None or _is_list(style):
            self._builder.add("item", words)
        else:
            self._builder.add("paragraph", words)


def _is_list(style: Element | None) -> bool:
    return style is not None and style.get(f"{_W}val", "").lower().startswith("list")


def _is_hidden(node: Element) -> bool:
    vanish = node.getparent().find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val", "1") not in ("0", "false", "off")


def _properties(package: Package) -> Mapping[str, str]:
    """Return what the core properties say: title, creator, created, language."""
    part = package.part("docProps/core.xml")
    if part is None:
        return {}
    try:
        root = parse_xml(part)
    except UnreadableError:  # the text does not depend on them
        return {}
    return {local_name(node): text_of(node) for node in root if local_name(node)}
