"""PPTX: the slides of a presentation in order, each with its title, text, tables and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from qa.corpus.formats.flow import Flow, Paragraph, lines, small
from qa.corpus.formats.markup import Element, local_name, walk
from qa.corpus.formats.names import is_no_title
from qa.corpus.formats.omml import formula
from qa.corpus.formats.opc import Parts, R, Target, properties
from qa.corpus.formats.properties import left_out_note, no_text
from qa.corpus.formats.symbols import translated
from qa.corpus.reading import Reading, UnreadableError, facets_note, joined
from qa.records import Place

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_TITLES = frozenset({"title", "ctrTitle"})
_PASSED_OVER = frozenset({"sldNum", "dt", "sldImg"})
"""Placeholders for a slide's number, for the date, and for the slide's picture on the notes."""
_LEFT_OUT = frozenset(
    "fallback omath ppr rpr endpararpr tblpr tcpr bodypr lststyle nvsppr sppr".split()
)
_SECOND_FORM = frozenset({"fallback"})
_SPACES = {"br": "\n", "tab": "\t"}


def read_pptx(data: bytes) -> Reading:
    """Read a presentation; the place of an excerpt is its slide."""
    parts = Parts(data)
    start = parts.start("ppt/presentation.xml")
    root = parts.root(start)
    if root is None:
        raise UnreadableError("damaged: no presentation is in it")
    targets = parts.targets(start)
    about = properties(parts)
    show = _Show(parts)
    for number, slide in enumerate(_slides(root, targets), start=1):
        show.read(slide, f"slide {number}")
    paragraphs = show.paragraphs
    flow = Flow()
    for paragraph in paragraphs:
        flow.add(paragraph)
    text, blocks, title, places = flow.written(about.title)
    note = left_out_note(show.left_out)
    no_text(text, note)
    return Reading(
        text,
        "utf-8",
        blocks,
        title=title,
        author=about.author,
        language=about.language,
        made=about.made,
        places=tuple(Place(at, label, part) for part, (at, label) in enumerate(places)),
        note=joined(note, facets_note(about.gathered.left_out)),
        facets=about.gathered.facets,
    )


def _slides(root: Element, targets: Mapping[str, Target]) -> Iterator[str]:
    """Yield the names of the slides in the order in which they are shown, each once."""
    seen: set[str] = set()
    for node in root.iter(f"{_P}sldId"):
        target = targets.get(node.get(f"{R}id", ""))
        if target is not None and target.name not in seen:
            seen.add(target.name)
            yield target.name


class _Show:
    """Reads slide after slide."""

    def __init__(self, parts: Parts) -> None:
        self.paragraphs: list[Paragraph] = []
        self.left_out: Counter[str] = Counter()
        self._parts = parts
        self._footers: set[str] = set()

    def read(self, slide: str, place: str) -> None:
        """Append the content of a slide: its title first, its notes last."""
        try:
            root = self._parts.root(slide)
        except UnreadableError:
            self.left_out["damaged slides"] += 1
            return
        if root is None:
            self.left_out["missing slides"] += 1
            return
        targets = self._parts.targets(slide)
        headed: list[Paragraph] = []
        others: list[Paragraph] = []
        for shape in _shapes(root):
            sort = _placeholder(shape)
            if sort in _PASSED_OVER:
                continue
            found = self._shape(shape, targets)
            if sort in _TITLES:
                words = " ".join(" ".join(p.words for p in found).split())
                headed += [Paragraph(words, "heading", 1)] if words else []
            elif sort == "ftr":
                others += [p for p in found if p.words not in self._footers]
                self._footers.update(p.words for p in found)
            else:
                others += found
        if headed and not self.paragraphs and not is_no_title(headed[0].words):
            # The first slide's title is the presentation's.
            headed[0] = replace(headed[0], kind="title")
        notes = self._beside(targets)
        self.paragraphs += [replace(p, place=place) for p in (*headed, *others, *notes)]

    def _beside(self, targets: Mapping[str, Target]) -> list[Paragraph]:
        """Return a slide's notes and the comments on it."""
        found: list[Paragraph] = []
        for kind, name in targets.values():
            if kind not in ("notesSlide", "comments", "comment"):
                continue
            try:
                root = self._parts.root(name)
            except UnreadableError:
                root = None
            if root is None:
                self.left_out["damaged notes"] += 1
            elif kind == "notesSlide":
                for shape in _shapes(root):
                    if _placeholder(shape) == "body":
                        said = self._shape(shape, {})
                        found += [p if p.cells else replace(p, kind="paragraph") for p in said]
            else:
                for node in root.iter():
                    if local_name(node) == "cm":
                        words = " ".join(" ".join(_texts(node)).split())
                        found += [Paragraph(f"[Comment] {words}")] if words else []
        return found

    def _shape(self, shape: Element, targets: Mapping[str, Target]) -> Sequence[Paragraph]:
        """Return the content of a shape: paragraphs, or the rows of a table."""
        flow = Flow()
        words: list[str] = []
        for began, node in walk(shape, _LEFT_OUT):
            name = local_name(node)
            if name == "tbl":
                headed = began and node.find(f"{_A}tblPr[@firstRow='1']") is not None
                flow.open_table(headed=headed) if began else flow.close_table()
            elif name == "tr":
                flow.open_row() if began else flow.close_row()
            elif name == "tc" and not began:
                flow.close_cell()
            elif name == "tc" and "1" not in (node.get("hMerge"), node.get("vMerge")):
                flow.open_cell(_count(node, "gridSpan"), _count(node, "rowSpan"))
            elif began and name == "p":
                words = []
            elif name == "p":
                flow.add(Paragraph(lines("".join(words)), "item"))
            elif began and name == "t":
                words.append(self._text(node, words))
            elif began and name in _SPACES:
                words.append(_SPACES[name])
            elif not began and name == "omath":
                words.append(f" {formula(node)} ")
            elif began and name in ("chart", "oleobj"):
                self.left_out["charts" if name == "chart" else "embedded objects"] += 1
            elif began and name == "relids":
                for paragraph in self._diagram(node, targets):
                    flow.add(paragraph)
        return _as_written(flow.paragraphs())

    def _text(self, node: Element, before: Sequence[str]) -> str:
        """Return the text of a run as it is shown."""
        words, about = node.text or "", node.getparent().find(f"{_A}rPr")
        if about is None:
            return words
        font = next((f.get("typeface") for f in about if local_name(f) in ("sym", "latin")), None)
        words, unknown = translated(words, font)
        self.left_out["signs of unknown fonts"] += unknown
        offset = about.get("baseline", "0")
        if offset.strip("0%") in ("", "-"):
            return words
        return small(words, before, up=not offset.startswith("-"))

    def _diagram(self, node: Element, targets: Mapping[str, Target]) -> Iterator[Paragraph]:
        """Yield the texts of a diagram, which are in a part of their own."""
        target = targets.get(node.get(f"{R}dm", ""))
        try:
            root = self._parts.root(target.name) if target else None
        except UnreadableError:
            root = None
        if root is None:
            self.left_out["diagrams"] += 1
            return
        for point in root.iter():
            if local_name(point) == "pt":
                yield Paragraph(" ".join(" ".join(_texts(point)).split()), "item")


def _shapes(root: Element) -> Iterator[Element]:
    """Yield the shapes of a slide in order; those of a group singly, and each only in its first form."""
    for began, node in walk(root, _SECOND_FORM):
        if began and node.tag in (f"{_P}sp", f"{_P}graphicFrame"):
            yield node


def _placeholder(shape: Element) -> str | None:
    """Return the role of a placeholder shape: ``"title"``, ``"body"``; None for other shapes."""
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return None if found is None else found.get("type", "obj")


def _as_written(paragraphs: Sequence[Paragraph]) -> Sequence[Paragraph]:
    """Return a shape's paragraphs: one alone is a text, several are a list."""
    if len(paragraphs) == 1 and not paragraphs[0].cells:
        return [replace(paragraphs[0], kind="paragraph")]
    return paragraphs


def _texts(node: Element) -> Iterator[str]:
    for text in node.iter():
        if local_name(text) in ("t", "text"):
            yield text.text or ""


def _count(node: Element, name: str) -> int:
    words = node.get(name, "1")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 6 else 1
