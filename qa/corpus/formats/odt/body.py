"""The body of an OpenDocument text, or its headers: paragraphs, lists and tables in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from qa.corpus.formats.flow import PAGE, Flow, Paragraph, lines, small
from qa.corpus.formats.markup import Element, local_name, text_of, walk
from qa.corpus.formats.odt.names import DRAW, FORM, TABLE, TEXT, count
from qa.corpus.formats.odt.numbering import Numbering
from qa.corpus.formats.odt.styles import Look, Styles
from qa.records import BlockKind

_LEFT_OUT = frozenset(
    "tracked-changes annotation note-citation ruby-text forms title desc variable-decls sequence-decls "
    "user-field-decls dde-connection-decls alphabetical-index-auto-mark-file scripts event-listeners "
    "table-of-content-source illustration-index-source table-index-source object-index-source "
    "user-index-source alphabetical-index-source placeholder hidden-text object object-ole "
    "note-body".split()
)
_INDICES = frozenset(
    "table-of-content illustration-index table-index object-index user-index alphabetical-index".split()
)
_PAGES = frozenset({"page-number", "page-count"})
_MAX_SPACES = 100
_BOXES = {True: "☒", False: "☐"}


@dataclass(slots=True)
class _Open:
    """A paragraph that is being read, and the looks of its open spans."""

    looks: list[Look]
    label: str
    words: list[str] = field(default_factory=list)
    bold: bool = True
    points: float | None = None


class Body:
    """Reads the content of a part into a flow."""

    def __init__(
        self,
        flow: Flow,
        styles: Styles,
        numbering: Numbering,
        *,
        left_out: Counter[str],
        embedded: Callable[[Element], str | None] = lambda _: None,
        filled: Mapping[str, str] | None = None,
        edge: bool = False,
    ) -> None:
        self._flow = flow
        self._styles = styles
        self._numbering = numbering
        self._left_out = left_out
        self._embedded = embedded
        self._filled = filled or {}
        self._edge = edge
        self._open: list[_Open] = []
        self._beside: list[Element] = []
        """Notes and comments of the open paragraph or table."""
        self._hidden = 0
        self._index = 0
        self._begins: Mapping[str, Callable[[Element], object]] = {
            "p": self._begin_paragraph,
            "h": self._begin_paragraph,
            "span": self._begin_span,
            "s": lambda node: self._say(" " * min(count(node, f"{TEXT}c"), _MAX_SPACES)),
            "tab": lambda _: self._put("\t"),
            "line-break": lambda _: self._put("\n"),
            "list": numbering.open_list,
            "list-item": numbering.open_entry,
            "table": lambda _: flow.open_table(),
            "table-row": lambda node: flow.open_row(
                header=local_name(node.getparent()) == "table-header-rows"
            ),
            "table-cell": self._begin_cell,
            "control": lambda node: self._say(self._filled.get(node.get(f"{DRAW}control", ""), "")),
            "page-number": self._page,
            "page-count": self._page,
            "section": self._begin_section,
            "hidden-paragraph": self._hide,
        }
        self._ends: Mapping[str, Callable[[Element], object]] = {
            "p": self._end_paragraph,
            "h": self._end_paragraph,
            "span": self._end_span,
            "list": lambda _: numbering.close_list(),
            "table": self._end_table,
            "table-row": lambda _: flow.close_row(),
            "table-cell": lambda _: flow.close_cell(),
            "section": self._end_section,
            "annotation": lambda node: self._beside.append(node),
            "note-body": lambda node: self._beside.append(node),
            "tracked-changes": self._changes,
            "title": self._field,
            "object": self._object,
            "object-ole": self._object,
        }

    def read(self, root: Element) -> None:
        """Append what a part holds."""
        self._walk(root)
        self._tell_beside()

    def _walk(self, root: Element) -> None:
        for began, node in walk(root, _LEFT_OUT):
            name = local_name(node)
            if name in _INDICES and node is not root:
                self._index += 1 if began else -1
            act = (self._begins if began else self._ends).get(name)
            if act:
                act(node)
            if began and name not in _PAGES:
                self._say(node.text if isinstance(node.tag, str) else None)
            elif not began and node is not root:
                self._say(node.tail)

    # Paragraphs.

    def _begin_paragraph(self, node: Element) -> None:
        style = node.get(f"{TEXT}style-name")
        self._open.append(_Open([self._styles.paragraph(style)], self._numbering.taken()))

    def _end_paragraph(self, node: Element) -> None:
        open_ = self._open.pop()
        style = node.get(f"{TEXT}style-name")
        level = count(node, f"{TEXT}outline-level") if local_name(node) == "h" else 0
        level = 0 if self._edge else level or self._styles.outline_level(style)
        label = open_.label
        if level and not self._numbering.in_list and not self._flow.in_table:
            label = self._numbering.heading(node, level)
        words = lines("".join(open_.words), edge=self._edge)
        if not words:
            return
        kind: BlockKind = "item" if self._numbering.in_list else "paragraph"
        if self._index or self._styles.is_contents(style):
            kind = "furniture"
        elif self._styles.is_title(style):
            kind, level = "title", 1
        elif level:
            kind = "heading"
        if kind in ("title", "heading"):
            words = " ".join(words.split())
        self._flow.add(
            Paragraph(
                f"{label}{words}",
                kind,
                min(level, 9) if kind in ("title", "heading") else 0,
                numbered=bool(label),
                bold=open_.bold,
                points=open_.points or open_.looks[0].points,
                edge=self._edge,
            )
        )
        if not self._open and not self._flow.in_table:
            self._tell_beside()

    def _begin_span(self, node: Element) -> None:
        if self._open:
            looks = self._open[-1].looks
            looks.append(self._styles.span(node.get(f"{TEXT}style-name"), looks[-1]))

    def _end_span(self, _: Element) -> None:
        if self._open and len(self._open[-1].looks) > 1:
            self._open[-1].looks.pop()

    def _say(self, words: str | None) -> None:
        """Append words from the file, in which any white space counts as one space."""
        if words:
            self._put(" ".join(f".{words}.".split())[1:-1] if not words.isspace() else " ")

    def _put(self, words: str) -> None:
        if not self._open or self._hidden:
            return
        open_ = self._open[-1]
        look = open_.looks[-1]
        if look.hidden:
            self._left_out["hidden texts"] += bool(words.strip())
            return
        if words.strip():
            open_.bold = open_.bold and look.bold
            open_.points = min(look.points, open_.points or look.points)
            if look.raised:
                words = small(words, open_.words, up=look.raised > 0)
        open_.words.append(words)

    def _field(self, node: Element) -> None:
        """Append the text of a field with the document's title; a picture's title is no text."""
        if str(node.tag).startswith(TEXT):
            self._say(node.text)

    def _page(self, node: Element) -> None:
        self._say(PAGE if self._edge else node.text)

    # What stands beside the text.

    def _tell_beside(self) -> None:
        beside, self._beside = self._beside, []
        for node in beside:
            if local_name(node) == "note-body":
                for part in node:
                    self._walk(part)
                continue
            who = " ".join(text_of(n) for n in node if local_name(n) == "creator")
            said = Flow()
            body = Body(said, self._styles, self._numbering, left_out=self._left_out)
            for part in node:
                if local_name(part) in ("p", "h", "list"):
                    body._walk(part)
            words = "\n".join(paragraph.words for paragraph in said.paragraphs())
            if words:
                told = f"[Comment, {who}] {words}" if who else f"[Comment] {words}"
                self._flow.add(Paragraph(told))

    def _changes(self, node: Element) -> None:
        for change in node.iter(f"{TEXT}deletion"):
            texts = (text_of(n) for n in change if local_name(n) in ("p", "h", "list", "table"))
            self._left_out["deleted passages"] += any(texts)

    def _object(self, node: Element) -> None:
        words = self._embedded(node)
        if words is None:
            self._left_out["embedded objects"] += 1
        else:
            self._say(words)

    def _begin_section(self, node: Element) -> None:
        hidden = node.get(f"{TEXT}display") == "none"
        if hidden and text_of(node):
            self._left_out["hidden texts"] += 1
        self._hidden += hidden

    def _end_section(self, node: Element) -> None:
        self._hidden -= node.get(f"{TEXT}display") == "none"

    def _hide(self, node: Element) -> None:
        if node.get(f"{TEXT}is-hidden") == "true":
            self._left_out["hidden texts"] += 1

    # Tables.

    def _begin_cell(self, node: Element) -> None:
        # A repeated cell, written once in the file, is treated like one cell over several columns.
        across = count(node, f"{TABLE}number-columns-spanned")
        across *= count(node, f"{TABLE}number-columns-repeated")
        self._flow.open_cell(across, count(node, f"{TABLE}number-rows-spanned"))

    def _end_table(self, _: Element) -> None:
        self._flow.close_table()
        if not self._open and not self._flow.in_table:
            self._tell_beside()


def filled_in(root: Element) -> dict[str, str]:
    """Return the values in the form of a document, by the control's id."""
    found = {}
    for node in root.iter():
        key = node.get(f"{FORM}id") or node.get("{http://www.w3.org/XML/1998/namespace}id")
        name = local_name(node)
        if not key or not str(node.tag).startswith(FORM):
            continue
        if name in ("checkbox", "radio"):
            checked = node.get(f"{FORM}current-state", node.get(f"{FORM}state", ""))
            on = checked == "checked" or node.get(f"{FORM}current-selected") == "true"
            found[key] = f"{_BOXES[on]} {node.get(f'{FORM}label', '')}".strip()
        elif name in ("listbox", "combobox"):
            chosen = [
                o.get(f"{FORM}label", "")
                for o in node
                if o.get(f"{FORM}current-selected") == "true"
            ]
            found[key] = ", ".join(chosen) or node.get(f"{FORM}current-value", "")
        else:
            found[key] = node.get(f"{FORM}current-value") or node.get(f"{FORM}label") or ""
    return found
