"""XML and XHTML, read so that nothing outside is fetched and nothing inside can swell.

lxml (BSD) parses. Entities that a document declares are never expanded, document types are not
loaded, no address is opened, and libxml2's own bounds on depth and size stay on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import Any

from lxml import etree

from qa.corpus.formats.formulas import lowered, math_text, raised
from qa.corpus.formats.tables import Cell, Table
from qa.corpus.reading import TextBuilder, UnreadableError
from qa.records import BlockKind

Element = Any
"""An element of lxml's, which has no types of its own."""

BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav
    ol p pre section summary table tbody td tfoot th thead tr ul
    """.split()
)
_LEFT_OUT = frozenset(
    "audio canvas embed head iframe input link map math meta noscript object script select style "
    "svg template textarea title video".split()
)
_SET = frozenset({"sup", "sub"})
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_ITEMS = frozenset({"li", "dt", "dd"})
_TELLING = frozenset({*_HEADINGS, *_ITEMS, "pre"})
_CELLS = frozenset({"td", "th"})
_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_TO_END = 1 << 16
"""Rows that a cell spans which says 0."""
_OF_TABLE = frozenset({*_CELLS, *_GROUPS, "tr"})
_WHITE = re.compile(r"\s+")
_BLANK_LINE = re.compile(r"\n\s*\n")


def parse_xml(data: bytes) -> Element:
    """Return the root of an XML document. Raises UnreadableError for one that is not well formed, or a bomb."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise UnreadableError("its XML swells or nests without bound: a bomb") from None
        raise UnreadableError(f"damaged: not well-formed XML ({_short(error.msg)})") from None
    except ValueError as error:  # a declaration that contradicts the bytes
        raise UnreadableError(f"damaged: not XML ({_short(str(error))})") from None


def parse_xhtml(data: bytes) -> Element | None:
    """Return the root of a page that ought to be XHTML, as HTML where it is not well formed."""
    try:
        return parse_xml(data)
    except UnreadableError:
        parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
        try:
            return etree.fromstring(_without_entities(data), parser)
        except (etree.XMLSyntaxError, ValueError):
            return None


def _short(words: str | None) -> str:
    return " ".join((words or "no reason given").split())[:100]


def _without_entities(data: bytes) -> bytes:
    """Return a page without the entities that its document type declares, which HTML knows nothing of.

    An HTML parser would show the end of their list as text.
    """
    start = data.find(b"<!DOCTYPE")
    begin, close = data.find(b"[", start), data.find(b">", start)
    end = data.find(b"]", begin)
    if start < 0 or not start < begin < close or end < 0:
        return data
    return data[:begin] + data[end + 1 :]


def local_name(element: Element) -> str:
    """Return an element's name without its namespace; empty for what is not an element."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def text_of(element: Element) -> str:
    """Return the text within an element, its white space joined."""
    words: list[str] = []
    for began, node in walk(element):
        if began:
            words.append(_own_text(node))
        elif node is not element:
            words.append(node.tail or "")
    return " ".join("".join(words).split())


def walk(root: Element, left_out: frozenset[str] = frozenset()) -> Iterator[tuple[bool, Element]]:
    """Yield ``(True, node)`` where a node begins and ``(False, node)`` where it ends.

    Nothing is yielded of what lies within an element that is ``left_out``. No call stack is kept,
    so that nothing is too deep.
    """
    yield True, root
    stack = [(root, iter(root))]
    while stack:
        node, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield False, node
        elif local_name(child) in left_out:
            yield False, child
        else:
            yield True, child
            stack.append((child, iter(child)))


def _own_text(node: Element) -> str:
    """Return the text that opens a node: a character that has a name, and nothing for other entities."""
    if isinstance(node, etree._Entity):
        return chr(name2codepoint[node.name]) if node.name in name2codepoint else ""
    return (node.text or "") if isinstance(node.tag, str) else ""


def add_blocks(root: Element, builder: TextBuilder) -> None:
    """Append the blocks of an XHTML page: headings, paragraphs, items, a row of a table a line."""
    _Blocks(builder).read(root)


class _Blocks:
    """Gathers running text, and hands it on at each border of a block."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._words: list[str] = []
        self._open: list[str] = []
        """The names of the open elements that say what their text is."""
        self._set: list[int] = []
        """Where the open exponents and indices begin among the words."""
        self._rows: _OpenTable | None = None
        self._inner = 0
        """How many tables within a cell are open."""

    def read(self, root: Element) -> None:
        for began, node in walk(root, _LEFT_OUT):
            name = local_name(node)
            if began:
                self._begin(name, node)
                self._say(_own_text(node))
                continue
            if name == "math":
                self._say(math_text(node))
            elif name not in _LEFT_OUT:
                self._end(name, node)
            if node is not root:
                self._say(node.tail or "")
        self._flush()

    def _begin(self, name: str, node: Element) -> None:
        if name == "br":
            self._words.append("\n")
        elif name in _SET:
            self._set.append(len(self._words))
        elif name in BLOCKS:
            self._border()
            if name == "table" and self._rows:
                self._inner += 1
            elif name == "table" and is_table(node):
                self._rows = _OpenTable()
            elif self._rows and not self._inner and name in _OF_TABLE:
                self._rows.begin(name, node)
            if name in _TELLING:
                self._open.append(name)

    def _end(self, name: str, node: Element) -> None:
        if name in _SET and self._set:
            self._end_set(name)
        elif name in BLOCKS:
            if self._rows and self._rows.open_cell is node:
                words, self._words = "".join(self._words), []
                self._rows.cell(" ".join(words.split()))
            elif self._rows and not self._inner and name in _OF_TABLE:
                self._rows.end(name)
            elif self._rows and name == "table":
                self._end_table()
            self._border()
            if name in _TELLING and name in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(name) :]

    def _end_set(self, name: str) -> None:
        at = self._set.pop()
        if at <= len(self._words):  # no block has ended within it
            words, before = "".join(self._words[at:]), "".join(self._words[max(0, at - 2) : at])
            set_so = raised(words, before) if name == "sup" else lowered(words, before)
            self._words[at:] = [set_so]

    def _end_table(self) -> None:
        if self._inner:
            self._inner -= 1
        elif self._rows:
            self._flush()
            self._rows.end("tr")
            rows, self._rows = self._rows.table.result(), None
            self._builder.add_table(rows.header, rows.body)

    def _border(self) -> None:
        if self._rows and self._rows.open_cell is not None:
            self._words.append(" ")
        else:
            self._flush()

    def _say(self, words: str) -> None:
        if words:
            self._words.append(words if "pre" in self._open else _WHITE.sub(" ", words))

    def _flush(self) -> None:
        text, self._words = "".join(self._words), []
        if "pre" in self._open:
            self._builder.add("paragraph", text)
            return
        telling = next((name for name in reversed(self._open) if name != "pre"), "")
        kind: BlockKind = (
            "heading" if telling in _HEADINGS else "item" if telling in _ITEMS else "paragraph"
        )
        for part in _BLANK_LINE.split(text):
            lines = (" ".join(line.split()) for line in part.split("\n"))
            words = "\n".join(line for line in lines if line)
            self._builder.add(kind, words, _HEADINGS.get(telling, 0))


def is_table(node: Element) -> bool:
    """Whether a table's cells stand beside one another: one column is no table."""
    rows = (row for row in node.iter() if local_name(row) == "tr")
    return any(sum(local_name(cell) in _CELLS for cell in row) > 1 for row in rows)


class _OpenTable:
    """The rows of a table that is being read."""

    def __init__(self) -> None:
        self.table = Table()
        self.open_cell: Element = None
        self._cells: list[Cell] = []
        self._in_head = False

    def begin(self, name: str, node: Element) -> None:
        if self.open_cell is not None:
            return
        if name in _CELLS:
            self.open_cell = node
        elif name in _GROUPS:
            self._in_head = name == "thead"
            self.table.end_group()

    def cell(self, words: str) -> None:
        """End the open cell, which says this."""
        node, self.open_cell = self.open_cell, None
        self._cells.append(
            Cell(
                words,
                _spanned(node.get("colspan"), 1),
                _spanned(node.get("rowspan"), _TO_END),
                heads=local_name(node) == "th",
                bold=_is_bold(node, words),
            )
        )

    def end(self, name: str) -> None:
        if self.open_cell is not None:
            return
        if name == "tr" and self._cells:
            self.table.add(self._cells, named=self._in_head)
            self._cells = []
        elif name == "thead":
            self._in_head = False


def _spanned(said: str | None, nought: int) -> int:
    said = (said or "").strip()
    if not said.isascii() or not said.isdecimal():
        return 1
    return int(said[:6]) or nought


def _is_bold(cell: Element, words: str) -> bool:
    """Whether all words of a cell are bold, in one element."""
    for node in cell.iter():
        if local_name(node) in ("b", "strong"):
            return text_of(node) == words
    return False
