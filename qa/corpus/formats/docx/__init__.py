"""DOCX: the text of a Word document in order, with its numbers, headings, tables, notes and comments."""

from __future__ import annotations

from collections import Counter

from qa.corpus.formats.docx.body import Body
from qa.corpus.formats.docx.names import W
from qa.corpus.formats.docx.numbering import Numbering
from qa.corpus.formats.docx.styles import Styles
from qa.corpus.formats.flow import Flow, Paragraph
from qa.corpus.formats.markup import Element
from qa.corpus.formats.opc import Parts, R, properties
from qa.corpus.formats.properties import left_out_note, no_text
from qa.corpus.reading import Reading, UnreadableError, facets_note, joined

_NOTES = {"footnote": "footnotes", "endnote": "endnotes", "comment": "comments"}


def read_docx(data: bytes) -> Reading:
    """Read a Word document; its text is what a reader of the printed document sees, in that order."""
    parts = Parts(data)
    start = parts.start("word/document.xml")
    root = parts.root(start)
    if root is None:
        raise UnreadableError("damaged: no Word document is in it")
    about = properties(parts)
    document = _Document(parts, start)
    document.read(root)
    text, blocks, title, _ = document.flow.written(about.title)
    note = left_out_note(document.left_out)
    no_text(text, note)
    return Reading(
        text,
        "utf-8",
        blocks,
        title=title,
        author=about.author,
        language=about.language,
        made=about.made,
        note=joined(note, facets_note(about.gathered.left_out)),
        facets=about.gathered.facets,
    )


class _Document:
    """A document with its parts: notes, comments, headers and footers."""

    def __init__(self, parts: Parts, start: str) -> None:
        self.flow = Flow()
        self.left_out: Counter[str] = Counter()
        self._parts = parts
        self._targets = parts.targets(start)
        self._folder = start.rpartition("/")[0]
        self._styles = Styles(self._of_kind("styles"))
        self._numbering = Numbering(self._of_kind("numbering"))
        self._notes: dict[tuple[str, str], Element] = {}
        self._edges: set[str] = set()
        self._edge_words: set[str] = set()
        self._sections: list[Element] = []

    def _of_kind(self, kind: str) -> Element | None:
        named = (name for sort, name in self._targets.values() if sort == kind)
        return self._parts.root(next(named, f"{self._folder}/{kind}.xml"))

    def read(self, root: Element) -> None:
        """Read the document, and at its end the notes that nothing refers to."""
        body = root.find(f"{W}body")
        if body is None:
            return
        for kind, part in _NOTES.items():
            notes = self._of_kind(part)
            for note in () if notes is None else notes.iter(f"{W}{kind}"):
                if note.get(f"{W}type") in (None, "normal"):  # the others are separator lines
                    self._notes[kind, note.get(f"{W}id", "")] = note
        self._sections = [*root.iter(f"{W}sectPr")]
        self._sections.reverse()
        if self._sections:
            self._edge(self._sections[-1], "header")
        self._body(self.flow).read(body)
        for kind, key in [*self._notes]:
            self._note(kind, key)

    def _body(self, flow: Flow, *, edge: bool = False) -> Body:
        return Body(
            flow,
            self._styles,
            self._numbering,
            left_out=self.left_out,
            note=self._note,
            section=self._end_section,
            edge=edge,
        )

    def _note(self, kind: str, key: str) -> None:
        """Append a note, once, as the paragraphs that it has."""
        note = self._notes.pop((kind, key), None)
        if note is None:
            return
        if kind != "comment":
            self._body(self.flow).read(note)
            return
        # Comments are marked as such, to distinguish them from the text.
        said = Flow()
        Body(said, self._styles, self._numbering, left_out=self.left_out).read(note)
        words = "\n".join(paragraph.words for paragraph in said.paragraphs())
        who = " ".join(note.get(f"{W}author", "").split())
        self.flow.add(Paragraph(f"[Comment, {who}] {words}" if who else f"[Comment] {words}"))

    def _end_section(self, node: Element) -> None:
        self._edge(node, "footer")
        while self._sections and self._sections.pop() is not node:
            pass
        if self._sections:
            self._edge(self._sections[-1], "header")

    def _edge(self, section: Element, kind: str) -> None:
        """Append the headers or footers of a section that were not read yet."""
        for reference in section.iter(f"{W}{kind}Reference"):
            target = self._targets.get(reference.get(f"{R}id", ""))
            if target is None or target.name in self._edges:
                continue
            self._edges.add(target.name)
            root = self._parts.root(target.name)
            said = Flow()
            if root is not None:
                self._body(said, edge=True).read(root)
            for paragraph in said.paragraphs():
                # The first page's header is often the same as the others'.
                if paragraph.words not in self._edge_words:
                    self._edge_words.add(paragraph.words)
                    self.flow.add(paragraph)
