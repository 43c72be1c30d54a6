"""Finds the headings among a document's paragraphs by their look, and the document's title."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from qa.corpus.formats.flow.paragraph import Paragraph
from qa.corpus.formats.names import is_no_title

_LONGEST = 100
"""The most characters of a heading that is recognised only by its look."""
_LARGER = 1.15
_MANY = 3
"""So many lines in a row that look like headings are an address or a poster."""
_HEAD = 6
"""The title is among the first so many paragraphs."""
_SENTENCE_END = (".", ";", ",", "!", "。", "；", "，", "،", "؛", "।")
_NUMBERED = re.compile(
    r"§|[(\[]?(?:\d{1,3}(?:\.\d{1,3})*[.)\]]|\d{1,3}(?:\.\d{1,3})+|[IVXLC]+[.)]|[a-zA-Z]\))\s"
)
_FIGURE = re.compile(r"\d{1,3}\s")
_FIRST = re.compile(r"1\s+[^\W\d_]")
_CONTENTS = frozenset(
    "contents|table of contents|inhalt|inhaltsverzeichnis|table des matières|sommaire|índice|indice|"
    "tabla de contenido|sumário|índice geral|sommario|inhoud|inhoudsopgave|innehåll|indhold|innhold|"
    "sisällys|obsah|spis treści|tartalom|tartalomjegyzék|cuprins|содержание|оглавление|зміст|"
    "съдържание|περιεχόμενα|içindekiler|目录|目錄|目次|차례|목차|المحتويات|תוכן העניינים".split("|")
)


def with_headings(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs with headings marked that look like headings: short, and larger or bold.

    Their levels follow their looks, and are below the levels of headings with a style.
    """
    sizes: Counter[float] = Counter()
    letters = bold = 0
    for paragraph in paragraphs:
        if paragraph.kind in ("paragraph", "item"):
            sizes[paragraph.points] += len(paragraph.words)
            letters += len(paragraph.words)
            bold += len(paragraph.words) * paragraph.bold
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    bold_tells = 2 * bold < letters
    looks = [_is_heading(paragraphs, at, body, bold_tells) for at in range(len(paragraphs))]
    _leave_blocks(paragraphs, looks)
    kinds = {(p.points, p.bold) for p, seems in zip(paragraphs, looks, strict=True) if seems}
    ranks = {kind: rank for rank, kind in enumerate(sorted(kinds, reverse=True), start=1)}
    styled = max((p.level for p in paragraphs if p.kind == "heading"), default=0)
    return [
        replace(p, kind="heading", level=min(styled + ranks[p.points, p.bold], 9)) if seems else p
        for p, seems in zip(paragraphs, looks, strict=True)
    ]


def _is_heading(paragraphs: Sequence[Paragraph], at: int, body: float, bold_tells: bool) -> bool:
    paragraph, words = paragraphs[at], paragraphs[at].words
    plain = paragraph.kind == "paragraph" or (paragraph.kind == "item" and paragraph.numbered)
    if not plain or paragraph.cells or paragraph.edge or at + 1 == len(paragraphs):
        return False
    if len(words) > _LONGEST or words.endswith(_SENTENCE_END):
        return False
    if not any(char.isalpha() for char in words):
        return False
    if body and paragraph.points >= _LARGER * body:
        return True
    after = paragraphs[at + 1]
    text_follows = after.kind in ("item", "header", "row") or (
        after.kind == "paragraph" and not after.bold
    )
    return paragraph.bold and bold_tells and paragraph.points >= body and text_follows


def _leave_blocks(paragraphs: Sequence[Paragraph], looks: list[bool]) -> None:
    """Of many heading-like lines in a row, keep only the first of the largest ones."""
    at = 0
    while at < len(looks):
        end = at
        while end < len(looks) and looks[end]:
            end += 1
        if end - at > _MANY:
            largest = max(range(at, end), key=lambda n: (paragraphs[n].points, -n))
            looks[at:end] = [n == largest for n in range(at, end)]
        at = end + 1


def titled(
    paragraphs: Sequence[Paragraph], named: str | None
) -> tuple[list[Paragraph], str | None]:
    """Return the paragraphs with the title marked, and its words; None if the document has no title.

    The title is a paragraph with the style of a title, at any place; else the words in the document's
    properties (``named``) if they stand at its head; else the one heading that is above all others and
    opens the document. It is never a table of contents or a numbered heading.
    """
    found = [*paragraphs]
    styled = [at for at, p in enumerate(found) if p.kind == "title" and _may_be_title(p)]
    if styled:
        end = styled[0] + 1
        while end in styled:
            end += 1
        title = range(styled[0], end)
    else:
        at = _named(found, named) if named else None
        at = _opening(found) if at is None else at
        title = range(0) if at is None else range(at, at + 1)
    for at, paragraph in enumerate(found):
        if at in title:
            found[at] = replace(paragraph, kind="title", level=1)
        elif paragraph.kind == "title":
            # If each chapter's title has the style of a title, these are headings.
            found[at] = replace(paragraph, kind="heading", level=1)
    return found, " ".join(" ".join(found[at].words for at in title).split()) or None


def _may_be_title(paragraph: Paragraph) -> bool:
    words = " ".join(paragraph.words.split())
    return not (
        paragraph.edge
        or paragraph.cells
        or paragraph.numbered
        or words.casefold().rstrip(":") in _CONTENTS
        or is_no_title(words)
        or _NUMBERED.match(f"{words} ")
        or _FIRST.match(words)
    )


def _head(paragraphs: Sequence[Paragraph]) -> list[int]:
    """Return the places of the first paragraphs of the text."""
    found = []
    for at, paragraph in enumerate(paragraphs):
        if not paragraph.edge and paragraph.kind != "furniture":
            found.append(at)
            if len(found) == _HEAD:
                break
    return found


def _named(paragraphs: Sequence[Paragraph], named: str) -> int | None:
    wanted = " ".join(named.split()).casefold()
    for at in _head(paragraphs):
        same = " ".join(paragraphs[at].words.split()).casefold() == wanted
        if same and not paragraphs[at].cells:
            return at
    return None


def _opening(paragraphs: Sequence[Paragraph]) -> int | None:
    headings = [at for at, p in enumerate(paragraphs) if p.kind == "heading" and not p.edge]
    if not headings:
        return None
    top = min(paragraphs[at].level for at in headings)
    highest = [at for at in headings if paragraphs[at].level == top]
    first = highest[0]
    if first not in _head(paragraphs) or not _may_be_title(paragraphs[first]):
        return None
    # If several headings have its level, the first is the title only if another one follows at once.
    opens = first == headings[0] and len(headings) > 2 and headings[1] == first + 1
    if len(highest) > 1 and not opens:
        return None
    others = [paragraphs[at].words for at in headings if at != first]
    if _FIGURE.match(paragraphs[first].words) and any(map(_FIGURE.match, others)):
        return None
    return first
