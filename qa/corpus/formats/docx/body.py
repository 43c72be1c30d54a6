"""The body of a Word document, a note or a header: paragraphs and tables in order.

Text beside the body is inserted where it is referred to: a note or a comment after its paragraph, a text
box before the paragraph with it, the headers of a section before it and its footers after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from qa.corpus.formats.docx.names import W, is_on, number, value
from qa.corpus.formats.docx.numbering import Numbering
from qa.corpus.formats.docx.styles import Look, Styles, look_of, outline_level, over
from qa.corpus.formats.flow import PAGE, Flow, Paragraph, lines, small
from qa.corpus.formats.markup import Element, local_name, walk
from qa.corpus.formats.omml import formula
from qa.corpus.formats.symbols import shown, translated
from qa.records import BlockKind

# Left out: deleted and moved text, codes of fields, the second of two forms of one thing. Properties are left
# out too; they are read where they are needed.
_LEFT_OUT = frozenset(
    "del movefrom instrtext deltext fallback rt omath sectpr ppr rpr tblpr trpr tcpr tblgrid sdtpr "
    "sdtendpr fldchar sym".split()
)
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "ptab": "\t", "nobreakhyphen": "-"}
_PICTURED = {"chart": "charts", "oleobject": "embedded objects", "altchunk": "embedded files"}
_NOTES = {
    "footnotereference": "footnote",
    "endnotereference": "endnote",
    "commentreference": "comment",
}
_PAGE_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
_BOXES = {True: "☒", False: "☐"}


@dataclass(slots=True)
class _Open:
    """A paragraph that is being read."""

    look: Look
    words: list[str] = field(default_factory=list)
    bold: bool = True
    points: float | None = None
    contents: bool = False


class Body:
    """Reads the paragraphs and tables of a part into a flow."""

    def __init__(
        self,
        flow: Flow,
        styles: Styles,
        numbering: Numbering,
        *,
        left_out: Counter[str],
        note: Callable[[str, str], None] = lambda _kind, _key: None,
        section: Callable[[Element], None] = lambda _node: None,
        edge: bool = False,
    ) -> None:
        self._flow = flow
        self._styles = styles
        self._numbering = numbering
        self._left_out = left_out
        self._note = note
        self._section = section
        self._edge = edge
        self._open: list[_Open] = []
        """A stack: a paragraph may have a text box, which has its own paragraphs."""
        self._runs: list[Look] = []
        self._fields: list[str] = []
        self._notes: list[tuple[str, str]] = []
        self._silent: list[Element] = []
        self._contents: list[Element] = []
        self._carried: list[str] = []
        """Words of paragraphs whose end mark is deleted: they belong to the next paragraph."""
        self._begins: Mapping[str, Callable[[Element], object]] = {
            "p": self._begin_paragraph,
            "r": self._begin_run,
            "t": self._text,
            "sdt": self._begin_control,
            "fldsimple": self._begin_simple_field,
            "tbl": lambda node: flow.open_table(headed=_is_headed(node)),
            "tr": self._begin_row,
            "tc": self._begin_cell,
        }
        self._ends: Mapping[str, Callable[[Element], object]] = {
            "p": self._end_paragraph,
            "r": lambda _: self._runs.pop(),
            "sdt": self._end_control,
            "fldsimple": lambda _: self._fields.pop(),
            "tbl": self._end_table,
            "tr": self._end_row,
            "tc": lambda _: flow.close_cell(),
            "del": self._deleted,
            "fallback": self._other_form,
            "omath": self._formula,
            "fldchar": self._field,
            "instrtext": self._field_code,
            "sym": self._symbol,
            "sectpr": self._end_section,
        }

    def read(self, root: Element) -> None:
        """Append what a part holds."""
        self._walk(root)
        if self._carried:
            self._flow.add(Paragraph("".join(self._carried), edge=self._edge))
            self._carried = []
        self._tell_notes()

    def _walk(self, root: Element) -> None:
        for began, node in walk(root, _LEFT_OUT):
            name = local_name(node)
            act = (self._begins if began else self._ends).get(name)
            if act:
                act(node)
            elif not began:
                continue
            elif name in _SPACES and local_name(node.getparent()) == "r":
                self._say(_SPACES[name])
            elif name in _NOTES:
                self._notes.append((_NOTES[name], node.get(f"{W}id", "")))
            elif name in _PICTURED:
                self._left_out[_PICTURED[name]] += 1

    # Paragraphs.

    def _begin_paragraph(self, node: Element) -> None:
        look = self._styles.body(value(node, "pPr/pStyle"))
        self._open.append(_Open(look, self._carried, contents=bool(self._contents)))
        self._carried = []

    def _end_paragraph(self, node: Element) -> None:
        open_ = self._open.pop()
        about = node.find(f"{W}pPr")
        if about is not None and about.find(f"{W}rPr/{W}del") is not None:
            self._carried = open_.words
            return
        style = value(about, "pStyle")
        kind = self._styles.kind(style)
        label = self._numbering.of(about, kind, style)
        words = lines("".join(open_.words), edge=self._edge)
        told = value(about, "outlineLvl")
        level = kind.level if told is None else outline_level(told)
        level = -1 if level is None else level
        sort: BlockKind = "paragraph"
        if kind.contents or open_.contents:
            sort = "furniture"
        elif level >= 0:
            sort = "heading" if level else "title"
        elif label is not None or kind.list_name:
            sort = "item"
        if sort in ("heading", "title"):
            words = " ".join(words.split())
        if words:
            self._flow.add(
                Paragraph(
                    f"{label or ''}{words}",
                    sort,
                    max(level, 1) if sort in ("heading", "title") else 0,
                    numbered=bool(label),
                    bold=open_.bold,
                    points=open_.points or open_.look.points or 0.0,
                    edge=self._edge,
                )
            )
        section = None if about is None else about.find(f"{W}sectPr")
        if not self._flow.in_table and not self._open:
            self._tell_notes()
        if section is not None:
            self._section(section)

    def _tell_notes(self) -> None:
        notes, self._notes = self._notes, []
        for kind, key in notes:
            self._note(kind, key)

    def _end_section(self, node: Element) -> None:
        if local_name(node.getparent()) == "body":
            self._section(node)

    # Text.

    def _begin_run(self, node: Element) -> None:
        about = node.find(f"{W}rPr")
        look = look_of(about)
        style = value(about, "rStyle") if about is not None else None
        if style:
            look = over(look, self._styles.look(style))
        self._runs.append(over(look, self._open[-1].look) if self._open else look)

    def _text(self, node: Element) -> None:
        words = node.text or ""
        look = self._runs[-1] if self._runs else Look()
        if look.hidden:
            self._left_out["hidden texts"] += bool(words.strip())
            return
        words, unknown = translated(words, look.font)
        self._left_out["signs of unknown fonts"] += unknown
        self._say(words, look)

    def _say(self, words: str, look: Look | None = None) -> None:
        if not self._open or self._silent:
            return
        if any(code in _PAGE_FIELDS for code in self._fields):
            words = PAGE if self._edge else words
        open_ = self._open[-1]
        if "TOC" in self._fields:
            open_.contents = True
        if look and words.strip():
            open_.bold = open_.bold and bool(look.bold)
            points = look.points or 0.0
            open_.points = points if open_.points is None else min(open_.points, points)
            if look.raised in ("superscript", "subscript"):
                words = small(words, open_.words, up=look.raised == "superscript")
        open_.words.append(words)

    def _symbol(self, node: Element) -> None:
        if self._runs and self._runs[-1].hidden:
            return
        code = node.get(f"{W}char", "")
        font = node.get(f"{W}font")
        place = (
            int(code, 16) if 0 < len(code) <= 6 and not code.strip("0123456789abcdefABCDEF") else 0
        )
        sign = shown(place, font) if place else None
        self._left_out["signs of unknown fonts"] += sign is None
        self._say(sign or "")

    def _formula(self, node: Element) -> None:
        words = formula(node)
        before = self._open[-1].words[-1:] if self._open else []
        self._say(f" {words}" if before and before[0][-1:].isalnum() and words else words)

    def _deleted(self, node: Element) -> None:
        texts = node.iter(f"{W}delText", f"{W}t")
        self._left_out["deleted passages"] += any((text.text or "").strip() for text in texts)

    def _other_form(self, node: Element) -> None:
        """Read the second form of a thing if the first has no text."""
        first = node.getparent()[0]
        if local_name(first) == "fallback" or any(
            (t.text or "").strip() for t in first.iter(f"{W}t")
        ):
            return
        if any((t.text or "").strip() for t in node.iter(f"{W}t")):
            for part in node:
                self._walk(part)

    # Fields and controls.

    def _field(self, node: Element) -> None:
        sort = node.get(f"{W}fldCharType")
        if sort == "begin":
            self._fields.append("")
            form = node.find(f"{W}ffData")
            if form is not None:
                self._form(form)
        elif sort == "end" and self._fields:
            self._fields.pop()

    def _field_code(self, node: Element) -> None:
        if self._fields and not self._fields[-1]:
            self._fields[-1] = _code(node.text)

    def _begin_simple_field(self, node: Element) -> None:
        self._fields.append(_code(node.get(f"{W}instr")))

    def _form(self, form: Element) -> None:
        """Add the value of a form field without text: a checked box, a choice from a list."""
        box = form.find(f"{W}checkBox")
        if box is not None:
            checked = box.find(f"{W}checked")
            self._say(_BOXES[is_on(box.find(f"{W}default") if checked is None else checked)])
        choices = form.find(f"{W}ddList")
        if choices is not None:
            entries = [entry.get(f"{W}val", "") for entry in choices.iter(f"{W}listEntry")]
            at = number(value(choices, "result") or value(choices, "default"))
            self._say(entries[at] if 0 <= at < len(entries) else "")

    def _begin_control(self, node: Element) -> None:
        about = node.find(f"{W}sdtPr")
        for told in () if about is None else about:
            name = local_name(told)
            if name == "showingplchdr" and is_on(told):
                self._silent.append(node)  # "Click here to enter text"
            elif name == "checkbox":
                checked = next((n for n in told if local_name(n) == "checked"), None)
                words = next(iter(checked.attrib.values()), "1") if checked is not None else "0"
                self._say(_BOXES[words in ("1", "true", "on")])
                self._silent.append(node)
            elif name == "docpartobj" and value(told, "docPartGallery") == "Table of Contents":
                self._contents.append(node)

    def _end_control(self, node: Element) -> None:
        while self._silent and self._silent[-1] is node:
            self._silent.pop()
        if self._contents and self._contents[-1] is node:
            self._contents.pop()

    # Tables.

    def _begin_row(self, node: Element) -> None:
        header = is_on(node.find(f"{W}trPr/{W}tblHeader"))
        self._flow.open_row(number(value(node, "trPr/gridBefore")), header=header)

    def _end_row(self, node: Element) -> None:
        self._flow.close_row(dropped=node.find(f"{W}trPr/{W}del") is not None)

    def _begin_cell(self, node: Element) -> None:
        about = node.find(f"{W}tcPr")
        merged = None if about is None else about.find(f"{W}vMerge")
        self._flow.open_cell(
            number(value(about, "gridSpan"), 1),
            above=merged is not None and merged.get(f"{W}val", "continue") == "continue",
        )

    def _end_table(self, _: Element) -> None:
        self._flow.close_table()
        if not self._flow.in_table and not self._open:
            self._tell_notes()


def _code(words: str | None) -> str:
    """Return the name of a field: ``"PAGE"`` for ``" PAGE \\* MERGEFORMAT"``."""
    return ((words or "").split() or [""])[0].upper()


def _is_headed(table: Element) -> bool:
    """Whether a table's style marks its first row."""
    look = table.find(f"{W}tblPr/{W}tblLook")
    if look is None:
        return False
    bits = look.get(f"{W}val", "0")
    is_bit = len(bits) == 4 and not bits.strip("0123456789abcdefABCDEF") and int(bits, 16) & 0x20
    return bool(is_bit) or look.get(f"{W}firstRow") in ("1", "true", "on")
