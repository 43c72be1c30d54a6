"""Checks whether a quotation is right: at the place that a citation names, or anywhere in a document.

A word processor or a printer may change the kind of spaces, quotation marks and hyphens. Readers do not
notice that. Such a quotation still holds, and the result says what differs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from qa.records import Citation, Document, Span, citation_id
from qa.search.citations import cite_span
from qa.search.cited import Place
from qa.store import DocumentEntry
from qa.text.folding import fold_name

_SPACES, _QUOTES, _DASHES = "spaces", "quotation marks", "hyphens and dashes"
_SPACE = r"[\s\u00a0\u00ad\u200b-\u200d\u2060\ufeff]+"
_QUOTE = r"[\"'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a\u2032\u2033\u300c-\u300f]+"
_DASH = r"[\u2010-\u2015\u2212-]+"
_FOLDED = re.compile(f"(?P<space>{_SPACE})|(?P<quote>{_QUOTE})|(?P<dash>{_DASH})")
_KINDS = {"space": (" ", _SPACES), "quote": ('"', _QUOTES), "dash": ("-", _DASHES)}

ELSEWHERE = "the document says something else at this place"
NOWHERE = "the document does not say this"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a quotation holds. ``reason``: why it does not hold, or what differs although it holds.

    ``citation`` cites the words as the document has them; None if they were not found.
    """

    holds: bool
    reason: str | None
    citation: Citation | None = None


class _Folded(NamedTuple):
    """A text in which all kinds of spaces, of quotation marks and of hyphens became one each.

    ``ours`` and ``theirs``: ascending offsets at which pieces begin, in the folded text and in the
    original. ``marks``: for each folded piece, its kind and its original characters.
    """

    text: str
    ours: list[int]
    theirs: list[int]

    def span(self, start: int, end: int) -> Span:
        """Return the span of the original text for a span of the folded text."""
        return self._at(start), self._at(end - 1, last=True)

    def _at(self, offset: int, *, last: bool = False) -> int:
        piece = bisect_right(self.ours, offset) - 1
        if last:
            next_ours, next_theirs = self.ours[piece + 1], self.theirs[piece + 1]
            # A folded piece is one character, whatever its original is; other pieces keep their length.
            return self.theirs[piece] + offset - self.ours[piece] + 1 if (
                next_ours - self.ours[piece] == next_theirs - self.theirs[piece]
            ) else next_theirs  # fmt: skip
        return self.theirs[piece] + offset - self.ours[piece]


def _fold(text: str) -> _Folded:
    pieces: list[str] = []
    ours, theirs = [0], [0]
    at = length = 0
    for match in _FOLDED.finditer(text):
        replaced = _KINDS[str(match.lastgroup)][0]
        pieces += [text[at : match.start()], replaced]
        length += match.start() - at
        ours += [length, length + 1]
        theirs += [match.start(), match.end()]
        length += 1
        at = match.end()
    pieces.append(text[at:])
    ours.append(length + len(text) - at)
    theirs.append(len(text))
    return _Folded("".join(pieces), ours, theirs)


def _differing(one: str, other: str) -> str | None:
    """Name the kinds of characters in which two texts differ that are equal when folded; None if none."""
    if one == other:
        return None
    kinds = [
        name
        for group, (_, name) in _KINDS.items()
        if [m[group] for m in _FOLDED.finditer(one) if m.lastgroup == group]
        != [m[group] for m in _FOLDED.finditer(other) if m.lastgroup == group]
    ]
    listed = " and ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
    return f"the words hold, but differ in {listed}"


def holds_at(citation: Citation, excerpt: str, document: Document) -> Verified:
    """Check a citation, and that the document has these words at its place."""
    if document.source != citation.source:
        return Verified(False, "the document has another source")
    if document.sha256 != citation.sha256:
        return Verified(False, "the document has changed since it was cited")
    start, end = citation.start, citation.end
    if not 0 <= start < end <= len(document.text):
        return Verified(False, "the span lies outside the document")
    said = document.text[start:end]
    if said != excerpt and _fold(said).text.strip() != _fold(excerpt).text.strip():
        return Verified(False, ELSEWHERE)
    if citation.id != citation_id(document.id, document.sha256, start, end):
        return Verified(False, "the citation's id does not belong to its span")
    return Verified(True, _differing(excerpt, said), cite_span(document, start, end))


def holds_there(excerpt: str, place: Place, document: Document) -> Verified:
    """Check that a document says these words at a place that was printed."""
    if document.sha256 != place.sha256:
        return Verified(False, "the document has changed since it was cited")
    if not 0 <= place.start < place.end <= len(document.text):
        return Verified(False, "the span lies outside the document")
    said = document.text[place.start : place.end]
    # A footnote is of a passage; what is quoted of it may be less.
    found = _found(excerpt, said)
    if found is None:
        return Verified(False, ELSEWHERE)
    cited = cite_span(document, place.start + found[0], place.start + found[1])
    return Verified(True, _differing(excerpt, said[found[0] : found[1]]), cited)


def called(entries: Iterable[DocumentEntry], *, source: str, title: str) -> list[DocumentEntry]:
    """Return the documents of a path or the end of one, or else of a title; capitals may be others."""
    path, wanted = fold_name(source), " ".join(title.casefold().split())
    if path:
        return [one for one in entries if f"/{fold_name(one.source)}".endswith(f"/{path}")]
    return [
        one
        for one in entries
        if wanted and " ".join((one.title or "").casefold().split()) == wanted
    ]


def named_in(footnote: str, entries: Iterable[DocumentEntry], most: int) -> list[Named]:
    """Return the documents that a printed footnote names, at most so many, the longest names first.

    A document is named by its path, its title, or the name of its file; capitals, spaces, quotation marks and
    hyphens may be others.
    """
    told = _name(footnote)
    found = []
    for entry in entries:
        names = filter(None, (entry.source, entry.title, PurePosixPath(entry.source).name))
        there = next((name for name in names if _stands(_name(name), told)), None)
        if there:
            found.append(Named(entry, there, _spelled(there, footnote)))
    found.sort(key=lambda one: -len(one.name))
    return found[:most]


class Named(NamedTuple):
    """A document that a footnote names; ``folded`` says what of the name is spelled otherwise there."""

    entry: DocumentEntry
    name: str
    folded: str | None


def _name(words: str) -> str:
    return " ".join(_fold(fold_name(words)).text.replace('"', " ").split()).casefold()


def _stands(name: str, told: str) -> bool:
    """Whether a name stands in a text as words of its own."""
    at = told.find(name) if name else -1
    while at >= 0:
        before, after = told[at - 1 : at], told[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = told.find(name, at + 1)
    return False


def _spelled(name: str, footnote: str) -> str | None:
    if name in footnote:
        return None
    if name.casefold() in footnote.casefold():
        return "its name holds, but differs in capitals"
    return "its name holds, but differs in capitals, spaces, quotation marks or hyphens"


def _found(excerpt: str, text: str) -> Span | None:
    """Return where a quotation stands in a text: to the letter, else folded; None where it does not."""
    wanted = _fold(excerpt).text.strip()
    if not wanted:
        return None
    at = text.find(excerpt)
    if at >= 0:
        return at, at + len(excerpt)
    folded = _fold(text)
    found = folded.text.find(wanted)
    return None if found < 0 else folded.span(found, found + len(wanted))


def holds_in(excerpt: str, documents: Iterable[Document]) -> Verified:
    """Look for a printed quotation in documents, first unchanged, then folded; the first match counts."""
    if not _fold(excerpt).text.strip():
        return Verified(False, "the excerpt is blank")
    for document in documents:
        found = _found(excerpt, document.text)
        if found:
            said = document.text[found[0] : found[1]]
            return Verified(True, _differing(excerpt, said), cite_span(document, *found))
    return Verified(False, NOWHERE)
