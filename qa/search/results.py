"""Ranked passages to results: one for each origin, verbatim, cited, the best sentence marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from qa.encode import TokenCodec
from qa.records import MAX_EXCERPT, Citation, Document, Highlight, Hit, Passage, Result, citation_id
from qa.search.rank import Asked, late_scores
from qa.store import Store
from qa.text.analysis import fold
from qa.text.links import at_words, same_page
from qa.text.sentences import sentence_spans

_SHINGLE = 5
# Of the words in the shorter of two texts, in runs of five, the share that the other one has too
# when both come from one origin.
_COPY = 0.7
_NO_BORDER = ({"paragraph"}, {"item"}, {"header", "row"})
_HEADINGS = {"title", "heading"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit with its passage, and the address of the page that this is of, or announces."""

    hit: Hit
    passage: Passage
    page: str | None
    announces: bool


@dataclass(slots=True)
class _Group:
    """Hits that become one result: ``members`` touch one another, ``copies`` say the same elsewhere."""

    best: Hit
    shown: _Found
    members: list[Hit]
    start: int
    end: int
    copies: list[_Found] = field(default_factory=list)

    @classmethod
    def of(cls, found: _Found) -> _Group:
        """Return the group of one hit."""
        return cls(found.hit, found, [found.hit], found.passage.start, found.passage.end)


class Excerpt(NamedTuple):
    """A result with what a reader needs to read it.

    ``sentences`` are spans of the excerpt, in order; where it has others, those of headings are left
    out. ``support`` is that of the best of its passages.
    """

    result: Result
    sentences: tuple[tuple[int, int], ...]
    support: float


Explain = Callable[[Hit, Sequence[Hit], Sequence[Hit]], Mapping[str, Any]]
"""Tells why the best of its hits, those that its excerpt joins, and its copies became a result."""


def make_results(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    hits: Sequence[Hit],
    k: int,
    explain: Explain | None = None,
) -> list[Excerpt]:
    """Return up to ``k`` results from hits in order of rank.

    Copies of one text are one result, the fullest shown and the others in ``also``; so are an entry
    of a listing and the page that it announces, and that page is shown. Passages
    that touch are joined while the excerpt stays within the longest allowed and on its page. No two
    results overlap.
    """
    groups: list[_Group] = []
    for hit in hits:
        found = _found(store, hit)
        if not any(_absorbs(store, asked, groups, group, found) for group in groups):
            if len(groups) == k:
                break
            groups.append(_Group.of(found))
    return [
        _excerpt(store, codec, asked, group, rank, explain)
        for rank, group in enumerate(groups, start=1)
    ]


def _found(store: Store, hit: Hit) -> _Found:
    passage = store.passage(hit.row)
    document = _document(store, passage.document_id)
    entry = next((b for b in document.blocks if b.start <= passage.start < b.end), None)
    announced = entry.about.url if entry and entry.about else None
    url = announced or document.original_url
    return _Found(hit, passage, same_page(url) if url else None, announced is not None)


def _absorbs(
    store: Store, asked: Asked, groups: Sequence[_Group], group: _Group, found: _Found
) -> bool:
    """Take a hit into a group where it belongs to it; tell whether it did."""
    passage, shown = found.passage, group.shown.passage
    if passage.document_id == shown.document_id:
        start, end = min(group.start, passage.start), max(group.end, passage.end)
        overlaps = passage.start < group.end and group.start < passage.end
        free = not _taken(groups, group, passage.document_id, start, end)
        if free and end - start <= MAX_EXCERPT and _adjoins(store, group, passage):
            group.start, group.end = start, end
            group.members.append(found.hit)
            return True
        if overlaps:  # its other part stays reachable by a question of its own
            return True
    told = _announces(group.shown, found)
    if told or _is_copy(store, asked, group.shown, found):
        fuller = len(passage.text) > len(shown.text) and len(group.members) == 1
        span = (passage.document_id, passage.start, passage.end)
        if (fuller or told == "by") and not _taken(groups, group, *span):
            # The one shown until now stands beside it.
            group.copies.append(group.shown)
            group.shown, group.members = found, [found.hit]
            group.start, group.end = passage.start, passage.end
        else:
            group.copies.append(found)
        return True
    return False


def _taken(groups: Sequence[_Group], group: _Group, document_id: str, start: int, end: int) -> bool:
    """Whether a span of a document overlaps what another group shows."""
    return any(
        other is not group
        and other.shown.passage.document_id == document_id
        and other.start < end
        and start < other.end
        for other in groups
    )


def _announces(shown: _Found, found: _Found) -> str:
    """Whether a hit is of an entry that announces the page shown ("it"), or of that page ("by").

    Two entries that announce one page are of one origin too. An entry has the address of its page.
    """
    if found.page is None or found.page != shown.page or not (found.announces or shown.announces):
        return ""
    return "it" if found.announces else "by"


def _adjoins(store: Store, group: _Group, passage: Passage) -> bool:
    """Whether a passage continues a group's excerpt, with no border of the text between them."""
    document = _document(store, passage.document_id)
    gap_start, gap_end = min(group.end, passage.end), max(group.start, passage.start)
    if gap_start < gap_end and document.text[gap_start:gap_end].strip():
        return False
    if passage.section != group.shown.passage.section:
        return False
    if document.part_of(passage.start) != document.part_of(group.shown.passage.start):
        return False
    start, end = min(group.start, passage.start), max(group.end, passage.end)
    blocks = [b for b in document.blocks if b.start < end and start < b.end]
    later = max(group.start, passage.start)
    if any(b.kind in _HEADINGS and b.start >= later for b in blocks):
        return False
    if any(b.kind == "header" and b.start >= later for b in blocks):  # of another table
        return False
    kinds = {b.kind for b in blocks if b.kind not in _HEADINGS}
    if "row" in kinds and document.text[gap_start:gap_end].count("\n") > 1:
        return False
    return bool(kinds) and any(kinds <= alike for alike in _NO_BORDER)


@lru_cache(maxsize=512)
def _shingles(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", fold(text))
    if len(words) < _SHINGLE:
        return frozenset([hash(tuple(words))])
    runs = zip(*(words[n:] for n in range(_SHINGLE)), strict=False)
    return frozenset(map(hash, runs))


@lru_cache(maxsize=512)
def _words(text: str) -> Mapping[str, bool]:
    """Return the words of a text, folded, each with whether it is a number or begins like a name."""
    return {
        fold(word): any(map(str.isdigit, word)) or word[0].isupper()
        for word in re.findall(r"\w+", text)
    }


def _is_copy(store: Store, asked: Asked, one: _Found, other: _Found) -> bool:
    """Whether two passages say the same: the longer one all that the shorter one says, but for trifles.

    Texts of one form, as the reports of several years are, share most of their words. What tells
    them apart is a number or a name, or a word of the question, that the longer one does not hold.
    """
    first, second = _shingles(one.passage.text), _shingles(other.passage.text)
    if len(first & second) < _COPY * min(len(first), len(second)):
        return False
    shorter, longer = sorted((one, other), key=lambda found: len(found.passage.text))
    there = _words(longer.passage.text)
    telling = (word for word, tells in _words(shorter.passage.text).items() if tells)
    return all(word in there for word in telling) and not any(
        store.term_share(term, shorter.hit.row) > 0 and not store.term_share(term, longer.hit.row)
        for term in asked.terms
    )


def _excerpt(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    group: _Group,
    rank: int,
    explain: Explain | None,
) -> Excerpt:
    document = _document(store, group.shown.passage.document_id)
    sentences = _sentences(store, document, group)
    highlights = _highlights(store, codec, asked, group.members, group.start, sentences)
    said = [(group.start + mark.start, group.start + mark.end) for mark in highlights]
    result = Result(
        rank=rank,
        score=group.best.score,
        excerpt=document.text[group.start : group.end],
        highlights=highlights,
        citation=cite(
            document, group.shown.passage, group.start, group.end, next(iter(said), None)
        ),
        also=tuple(
            cite(_document(store, p.document_id), p, p.start, p.end)
            for p in (copy.passage for copy in group.copies)
        ),
        explain=explain(group.best, group.members, [copy.hit for copy in group.copies])
        if explain
        else None,
    )
    return Excerpt(result, sentences, group.best.support or 0.0)


def _sentences(store: Store, document: Document, group: _Group) -> tuple[tuple[int, int], ...]:
    """Return the sentences of an excerpt, counted from its start, without headings where it has more."""
    spans = sorted(
        {
            (max(start, group.start) - group.start, min(end, group.end) - group.start)
            for hit in group.members
            for start, end in store.passage(hit.row).sentences
            if start < group.end and group.start < end
        }
    )
    named = [
        (block.start - group.start, block.end - group.start)
        for block in document.blocks
        if block.kind in _HEADINGS and block.start < group.end and group.start < block.end
    ]
    told = [
        span
        for span in spans
        if not any(start <= span[0] and span[1] <= end for start, end in named)
    ]
    return tuple(told or spans)


def _highlights(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    hits: Sequence[Hit],
    start: int,
    sentences: Sequence[tuple[int, int]],
) -> tuple[Highlight, ...]:
    """Mark the best sentence of an excerpt's passages: the one that ranking scored highest.

    Where that is a heading, what follows it is marked.
    """
    scored = [hit if hit.best is not None else _scored(store, codec, asked, hit) for hit in hits]
    told = [hit for hit in scored if hit.best is not None and hit.best >= 0]
    if not told:
        return ()
    hit = min(told, key=lambda hit: (-(hit.sentence or 0.0), hit.row))
    first, last = store.passage(hit.row).sentences[hit.best or 0]
    span = (first - start, last - start)
    if span not in sentences:
        span = next((later for later in sentences if later[0] >= span[1]), sentences[-1])
    return (Highlight(*span),)


def _scored(store: Store, codec: TokenCodec, asked: Asked, hit: Hit) -> Hit:
    """Score the sentences of a passage that stands below the candidates."""
    found = late_scores(codec, asked, store.token_codes(np.asarray([hit.row])))
    return replace(hit, sentence=float(found.sentence[0]), best=int(found.best[0]))


def _document(store: Store, document_id: str) -> Document:
    document = store.document(document_id)
    assert document is not None, "a passage's document is in its generation"
    return document


def cite(
    document: Document,
    passage: Passage,
    start: int,
    end: int,
    said: tuple[int, int] | None = None,
) -> Citation:
    """Return the citation of a span of a document, found by way of ``passage``.

    Its original, where it has one on the web, opens at the sentence ``said``, and else at the first.
    """
    line_start, line_end = lines_of(document, start, end)
    about = document.about(start)
    return Citation(
        id=citation_id(document.id, document.sha256, start, end),
        document_id=document.id,
        source=document.source,
        title=about.title,
        section=passage.section,
        author=document.author_of(start),
        published=about.published.value if about.published else None,
        published_from=about.published.known_from if about.published else None,
        page=document.page_of(start),
        place=document.place_of(start),
        start=start,
        end=end,
        line_start=line_start,
        line_end=line_end,
        sha256=document.sha256,
        original_url=at_words(about.url, _sentence(document.text, start, end, said))
        if about.url
        else None,
    )


def _sentence(text: str, start: int, end: int, said: tuple[int, int] | None) -> str:
    if said:
        return text[said[0] : said[1]]
    excerpt = text[start:end]
    first = next(iter(sentence_spans(excerpt)), (0, len(excerpt)))
    return excerpt[first[0] : first[1]]


def cite_span(document: Document, start: int, end: int) -> Citation:
    """Return the citation of any span of a document, within its innermost section."""
    around = [section for section in document.sections if section.start <= start < section.end]
    section = around[-1].title if around else None
    text = document.text[start:end]
    return cite(document, Passage(document.id, start, end, text, section), start, end)


def lines_of(document: Document, start: int, end: int) -> tuple[int, int]:
    """Return the lines, from 1, in which a span begins and ends."""
    return _line_of(document.text, start), _line_of(document.text, max(start, end - 1))


def _line_of(text: str, at: int) -> int:
    breaks = text.count("\n", 0, at) + text.count("\r", 0, at) - text.count("\r\n", 0, at)
    within = at > 0 and text[at - 1 : at + 1] == "\r\n"
    return breaks + 1 - within
