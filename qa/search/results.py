"""From ranked passages to results: copies grouped, verbatim, cited, the best sentence marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from qa.encode import TokenCodec
from qa.records import (
    MAX_EXCERPT,
    Highlight,
    Hit,
    Result,
    Span,
)
from qa.search.citations import cite_passage
from qa.search.rank import Asked, Ranked, late_scores
from qa.store import StoredPassage
from qa.text.analysis import fold
from qa.text.links import same_page

_SHINGLE = 5
# Two texts are compared by their runs of five words. If the longer text has this share of the runs
# of the shorter one, one is a copy of the other.
_COPY = 0.7
_NO_BORDER = ({"paragraph"}, {"item"}, {"header", "row"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit with its passage, and the address of the web page that it belongs to or announces.

    ``terms``: a bit for each of the question's terms, set if the passage has it.
    """

    hit: Hit
    passage: StoredPassage
    terms: int
    page: str | None


@dataclass(slots=True)
class _Group:
    """Hits that become one result: ``members`` are adjacent, ``copies`` say the same elsewhere."""

    best: Hit
    shown: _Found
    members: list[_Found]
    start: int
    end: int
    copies: list[_Found] = field(default_factory=list)

    @classmethod
    def of(cls, found: _Found) -> _Group:
        """Return the group of one hit."""
        return cls(found.hit, found, [found], found.passage.start, found.passage.end)

    @property
    def first(self) -> StoredPassage:
        """The passage that the excerpt begins with."""
        return next(m.passage for m in self.members if m.passage.start == self.start)

    @property
    def headings(self) -> set[Span]:
        """Spans of the headings that lie in the excerpt, or partly in it."""
        return {span for member in self.members for span in member.passage.headings}

    @property
    def text(self) -> str:
        """The excerpt: the texts of the members and the white space between them, unchanged."""
        text, at, gap = "", self.start, ""
        for passage in sorted((m.passage for m in self.members), key=lambda p: (p.start, p.end)):
            if passage.end > at:
                text += (
                    gap[: max(passage.start - at, 0)] + passage.text[max(at - passage.start, 0) :]
                )
                at, gap = passage.end, passage.gap
        return text


class Excerpt(NamedTuple):
    """A result with all that the reader needs to read it.

    ``sentences`` are spans of the excerpt, in order; sentences of headings are left out, unless there
    are no others. ``support`` is the support of its best passage.
    """

    result: Result
    sentences: tuple[tuple[int, int], ...]
    support: float


Explain = Callable[[Hit, Sequence[Hit], Sequence[Hit]], Mapping[str, Any]]
"""Explains why the best hit, the hits that its excerpt joins, and their copies became a result."""


def make_results(
    codec: TokenCodec,
    asked: Asked,
    ranked: Ranked,
    k: int,
    explain: Explain | None = None,
) -> list[Excerpt]:
    """Return up to ``k`` results from the hits that were fetched, in order of rank.

    Copies of one text become one result, and the others are in ``also``. The longest is shown; of copies
    that say the same, the one that was published first. An entry of a listing and the page that it
    announces also become one result; the page is shown. Adjacent passages are joined if the excerpt stays
    within the maximum length and within its page. Results never overlap.
    """
    groups: list[_Group] = []
    for hit in ranked.hits:
        if hit.id not in ranked.places:
            break  # hits after it were not fetched
        found = _found(ranked, hit)
        if not any(_absorbs(groups, group, found) for group in groups):
            if len(groups) == k:
                break
            groups.append(_Group.of(found))
    return [
        _excerpt(codec, asked, ranked, group, rank, explain)
        for rank, group in enumerate(groups, start=1)
    ]


def _found(ranked: Ranked, hit: Hit) -> _Found:
    passage = ranked.passage(hit)
    url = passage.about.url
    terms = int.from_bytes(np.packbits(ranked.counts(hit) > 0).tobytes())
    return _Found(hit, passage, terms, same_page(url) if url else None)


def _absorbs(groups: Sequence[_Group], group: _Group, found: _Found) -> bool:
    """Add a hit to a group if it belongs there; return whether it did."""
    passage, shown = found.passage, group.shown.passage
    if passage.document_id == shown.document_id:
        start, end = min(group.start, passage.start), max(group.end, passage.end)
        overlaps = passage.start < group.end and group.start < passage.end
        free = not _taken(groups, group, passage.document_id, start, end)
        if free and end - start <= MAX_EXCERPT and _adjoins(group, passage):
            group.start, group.end = start, end
            group.members.append(found)
            return True
        if overlaps:  # a different question can still find the rest of this passage
            return True
    told = _announces(group.shown, found)
    if told or _is_copy(group.shown, found):
        alone = len(group.members) == 1
        if not told and _is_copy(found, group.shown, both=True):
            better = alone and _by_date(found) < _by_date(group.shown)
        else:
            better = alone and len(passage.text) > len(shown.text)
        span = (passage.document_id, passage.start, passage.end)
        if (better or told == "by") and not _taken(groups, group, *span):
            # The passage that was shown so far becomes a copy.
            group.copies.append(group.shown)
            group.shown, group.members = found, [found]
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
    """Whether a hit announces the page that is shown ("it"), or is announced by what is shown ("by").

    A listing entry announces a page if it has the page's address. Two entries that announce one page
    belong together too.
    """
    announces = found.passage.announces
    if found.page is None or found.page != shown.page or not (announces or shown.passage.announces):
        return ""
    return "it" if announces else "by"


def _adjoins(group: _Group, passage: StoredPassage) -> bool:
    """Whether a passage is adjacent to a group's excerpt, with no boundary of the text between them."""
    shown = group.shown.passage
    if passage.section != shown.section or passage.part != shown.part:
        return False
    if passage.start > group.end:
        last = next(m.passage for m in group.members if m.passage.end == group.end)
        gap = passage.start - group.end, last.gap
    else:
        gap = group.start - passage.end, passage.gap
    if gap[0] > len(gap[1]):  # there is other text between them
        return False
    later = max(group.start, passage.start)
    if any(start >= later for start, _ in group.headings.union(passage.headings)):
        return False
    members = [passage, *(member.passage for member in group.members)]
    if any(start >= later for one in members for start, _ in one.headers):  # another table begins
        return False
    kinds = frozenset[str]().union(*(one.kinds for one in members))
    if "row" in kinds and gap[1][: max(gap[0], 0)].count("\n") > 1:
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
    """Return the folded words of a text, each with whether it is a number or begins with a capital."""
    return {
        fold(word): any(map(str.isdigit, word)) or word[0].isupper()
        for word in re.findall(r"\w+", text)
    }


def _is_copy(one: _Found, other: _Found, *, both: bool = False) -> bool:
    """Whether two passages say the same: the longer one has nearly all that the shorter one says.

    Texts of one form, such as yearly reports, share most of their words. So two passages are no copies
    if the shorter one has a number, a name or a word of the question that the longer one lacks.
    ``both``: the shorter one must also have nearly all that the longer one says.
    """
    shorter, longer = sorted((one, other), key=lambda found: len(found.passage.text))
    if shorter.terms & ~longer.terms or (both and longer.terms & ~shorter.terms):
        return False  # cheap, and decides most pairs
    first, second = _shingles(shorter.passage.text), _shingles(longer.passage.text)
    if len(first & second) < _COPY * (max if both else min)(len(first), len(second)):
        return False
    return _tells(longer, shorter) and (not both or _tells(shorter, longer))


def _tells(one: _Found, other: _Found) -> bool:
    """Whether a passage has the numbers and the names that another one has."""
    there = _words(one.passage.text)
    return all(word in there for word, tells in _words(other.passage.text).items() if tells)


def _by_date(found: _Found) -> tuple[bool, str, str]:
    """Order copies: the earliest first, those without a date last, ties by source.

    A year alone counts as its end: what is surely earlier comes before it.
    """
    published = found.passage.about.published
    date = published.value if published else ""
    return not date, f"{date}-99-99"[:10], found.passage.source


def _excerpt(
    codec: TokenCodec,
    asked: Asked,
    ranked: Ranked,
    group: _Group,
    rank: int,
    explain: Explain | None,
) -> Excerpt:
    sentences = _sentences(group)
    highlights = _highlights(codec, asked, ranked, group, sentences)
    text, first = group.text, group.first
    result = Result(
        rank=rank,
        score=group.best.score,
        excerpt=text,
        highlights=highlights,
        citation=cite_passage(
            first, group.shown.passage.section, text, next(iter(highlights), None)
        ),
        also=tuple(
            cite_passage(p, p.section, p.text, None)
            for p in (copy.passage for copy in sorted(group.copies, key=_by_date))
        ),
        explain=explain(
            group.best, [m.hit for m in group.members], [copy.hit for copy in group.copies]
        )
        if explain
        else None,
    )
    return Excerpt(result, sentences, group.best.support or 0.0)


def _sentences(group: _Group) -> tuple[Span, ...]:
    """Return the sentences of an excerpt, counted from its start; headings only if it has no others."""
    spans = sorted(
        {
            (max(start, group.start) - group.start, min(end, group.end) - group.start)
            for member in group.members
            for start, end in member.passage.sentences
            if start < group.end and group.start < end
        }
    )
    named = [(start - group.start, end - group.start) for start, end in group.headings]
    told = [
        span
        for span in spans
        if not any(start <= span[0] and span[1] <= end for start, end in named)
    ]
    return tuple(told or spans)


def _highlights(
    codec: TokenCodec,
    asked: Asked,
    ranked: Ranked,
    group: _Group,
    sentences: Sequence[Span],
) -> tuple[Highlight, ...]:
    """Mark the best sentence of an excerpt: the one with the highest sentence score.

    If it is a heading, mark the sentence after it.
    """
    scored = [
        (m.hit if m.hit.best is not None else _scored(codec, asked, ranked, m.hit), m.passage)
        for m in group.members
    ]
    told = [(hit, passage) for hit, passage in scored if hit.best is not None and hit.best >= 0]
    if not told:
        return ()
    hit, passage = min(told, key=lambda pair: (-(pair[0].sentence or 0.0), pair[0].id))
    first, last = passage.sentences[hit.best or 0]
    span = (first - group.start, last - group.start)
    if span not in sentences:
        span = next((later for later in sentences if later[0] >= span[1]), sentences[-1])
    return (Highlight(*span),)


def _scored(codec: TokenCodec, asked: Asked, ranked: Ranked, hit: Hit) -> Hit:
    """Score the sentences of a passage that is not among the candidates."""
    found = late_scores(codec, asked, ranked.tokens(hit))
    return hit._replace(sentence=float(found.sentence[0]), best=int(found.best[0]))
