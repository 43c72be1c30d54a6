"""A citation again, from its id or from the address that opens it.

An id is a digest: it tells nothing of the place that it names. So the spans that excerpts of an index
can have are numbered once, when the first id is looked up. An address names its place itself, in any
version of its document.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from qa.records import MAX_EXCERPT, Citation, Document, citation_id
from qa.search.citations import cite_span
from qa.store import Spans
from qa.text.language import text_languages

CHANGED = "the document has changed since it was cited"
_SAMPLE = 4000
_ADDRESS = re.compile(
    r"/documents/(d[0-9a-f]{16})/view\?start=(\d{1,10})&end=(\d{1,10})&version=([0-9a-f]{64})",
    re.ASCII,
)
_ID = re.compile("c([0-9a-f]{16})", re.ASCII)


class Place(NamedTuple):
    """A span of one version of a document."""

    document_id: str
    sha256: str
    start: int
    end: int


class Cited(NamedTuple):
    """A citation with what printed forms ask besides.

    ``language``: ISO 639-1 code of the document's, None where it is not known. ``changed``: the document is
    another version by now; of the words that were cited nothing is known any more.
    """

    citation: Citation
    language: str | None = None
    changed: bool = False


class CitedSpans:
    """The spans that an excerpt of an index may have, by the ids of their citations.

    An excerpt is a passage, or some that follow one another, and no longer than excerpts may be.
    Takes 32 bytes a span.
    """

    def __init__(self, spans: Iterable[Spans]) -> None:
        self._documents: list[tuple[str, str]] = []
        numbers, documents, starts, ends = array("Q"), array("q"), array("q"), array("q")
        for one in spans:
            for first, start in enumerate(one.starts):
                for end in one.ends[first:]:
                    if end - start > MAX_EXCERPT:
                        break
                    numbers.append(_number(citation_id(one.document_id, one.sha256, start, end)))
                    documents.append(len(self._documents))
                    starts.append(start)
                    ends.append(end)
            self._documents.append((one.document_id, one.sha256))
        order = np.argsort(np.asarray(numbers, np.uint64))
        self._numbers, self._document, self._start, self._end = (
            np.asarray(column)[order] for column in (numbers, documents, starts, ends)
        )

    def find(self, id: str) -> Place | None:
        """Return the place of a citation of this index; None where it has none of that id."""
        if not _ID.fullmatch(id):
            return None
        at = bisect_left(self._numbers, _number(id))
        if at == len(self._numbers) or int(self._numbers[at]) != _number(id):
            return None
        document_id, sha256 = self._documents[int(self._document[at])]
        return Place(document_id, sha256, int(self._start[at]), int(self._end[at]))


def _number(id: str) -> int:
    return int(id[1:], 16)


def place_in(text: str) -> Place | None:
    """Return the place that the address of a cited span names, wherever in a text that stands."""
    found = _ADDRESS.search(text)
    if found is None:
        return None
    document_id, start, end, sha256 = found.groups()
    return Place(document_id, sha256, int(start), int(end))


def cite_again(document: Document, place: Place) -> Cited | None:
    """Return the citation of a place; None where this version of the document has no such span.

    Of another version than the present one all is kept that does not depend on the span.
    """
    languages = (document.language,) if document.language else text_languages([_head(document)])
    language = languages[0] if len(languages) == 1 else None
    _, sha256, start, end = place
    if sha256 == document.sha256:
        if not 0 <= start < end <= len(document.text):
            return None
        return Cited(cite_span(document, start, end), language)
    published = document.published
    old = Citation(
        id=citation_id(document.id, sha256, start, end),
        document_id=document.id,
        source=document.source,
        title=document.title,
        section=None,
        published=published.value if published else None,
        page=None,
        start=start,
        end=end,
        line_start=None,
        line_end=None,
        sha256=sha256,
        original_url=document.original_url,
        author=document.author,
        published_from=published.known_from if published else None,
    )
    return Cited(old, language, changed=True)


def _head(document: Document) -> str:
    return document.text[:_SAMPLE]
