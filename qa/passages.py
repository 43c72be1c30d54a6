"""Documents to passages: sentence-aware, to a budget, never across a border of the text.

Passages are made of whole sentences where these fit, and their spans are exact. A passage
never joins two teasers, never crosses a heading, the border of a list, or page furniture; a
heading opens the passage of what follows it. Of a source with pages a passage has sentences that begin
on one page, the one that it is cited by. Every character of a document that is neither
furniture nor white space lies in at least one passage.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from math import ceil

from sentencex import get_sentence_boundaries

from qa.records import Document, Passage, heading_text

VERSION, LIBRARIES = 1, "sentencex"
"""The number is raised when other passages are made of the same document; see ``tests/golden``."""
MAX_EXCERPT = 1200
"""Characters that an excerpt may have, overlaps and merges included."""
_BREAK_WITHIN = 0.15
_WINDOW, _MARGIN = 4000, 200
_SENTENCES_AT_ONCE, _CHARS_AT_ONCE = 10_000, 400_000
"""More sentences under one heading than that are not weighed against each other."""
_FREE_SENTENCES, _CHARS_A_SENTENCE, _JOINED = 2_000, 16, 64
_LONG = 20_000
"""Characters of a sentence whose tokens are counted together."""
_MAX_NAME = 2_000

Span = tuple[int, int]
TokenStarts = Callable[[str], Sequence[int]]
"""The offsets at which a model's tokens begin in a text, ascending."""


@dataclass(frozen=True, slots=True)
class Splitting:
    """How long a passage may be, and how much of the one before it repeats.

    ``max_chars`` and ``max_tokens`` (of the model, its special tokens not counted) both hold;
    ``overlap`` counts sentences. ``context_tokens`` bounds the title and heading that are read
    with a passage.
    """

    max_chars: int = 700
    max_tokens: int = 254
    context_tokens: int = 40
    overlap: int = 0
    language: str = "en"


def split(document: Document, splitting: Splitting, token_starts: TokenStarts) -> list[Passage]:
    """Return the passages of a document in order; all spans satisfy the offset law."""
    passages: list[Passage] = []
    for group in _groups(document):
        spans = _sentences(document.text, group.spans, splitting, token_starts)
        context = _context(document, group, splitting, token_starts)
        context_tokens = len(token_starts(f"{context}. ")) if context else 0
        for sentences in _at_once(document, spans, splitting):
            for first, last in _pack(
                document.text, sentences, context_tokens, splitting, token_starts
            ):
                start, end = sentences[first][0], sentences[last][1]
                passages.append(
                    Passage(
                        document_id=document.id,
                        start=start,
                        end=end,
                        text=document.text[start:end],
                        section=group.section,
                        context=context,
                        sentences=tuple(sentences[first : last + 1]),
                    )
                )
    return passages


def _at_once(
    document: Document, spans: Iterator[Span], splitting: Splitting
) -> Iterator[list[Span]]:
    """Yield the sentences that passages are made of together: a page's, or as many as are held at once."""
    for _, of_page in groupby(spans, key=lambda span: document.page_of(span[0])):
        sentences: list[Span] = []
        for span in _joined_crowd(of_page, splitting):
            if sentences and (
                len(sentences) == _SENTENCES_AT_ONCE or span[1] - sentences[0][0] > _CHARS_AT_ONCE
            ):
                yield sentences
                sentences = []
            sentences.append(span)
        yield sentences


def _joined_crowd(spans: Iterator[Span], splitting: Splitting) -> Iterator[Span]:
    """Join neighbours where there are more sentences, and shorter ones, than any text has."""
    # A character is at most a token.
    most = min(_JOINED, splitting.max_tokens - splitting.context_tokens)
    number = chars = 0
    before: Span | None = None
    for start, end in spans:
        number += 1
        chars += end - start
        crowded = number > _FREE_SENTENCES and chars < _CHARS_A_SENTENCE * number
        if before and crowded and end - before[0] <= most:
            before = (before[0], end)
            continue
        if before:
            yield before
        before = (start, end)
    if before:
        yield before


@dataclass(slots=True)
class _Group:
    """Blocks that one passage may join, and the heading that they stand under."""

    kind: str
    section: str | None
    spans: list[Span]


def _groups(document: Document) -> Iterator[_Group]:
    section: str | None = None
    group: _Group | None = None
    for block in document.blocks:
        span = (block.start, block.end)
        if block.kind in ("title", "heading"):
            if group is None or group.kind != "heading":
                if group:
                    yield group
                group = _Group("heading", section, [])
            if block.kind == "heading":
                words = heading_text(document.text[block.start : block.end])
                section = group.section = words or None
            group.spans.append(span)
        elif block.kind == "furniture":
            if group:
                yield group
            group = None
        elif group and (group.kind == "heading" or (group.kind == block.kind != "teaser")):
            group.kind = block.kind
            group.spans.append(span)
        else:
            if group:
                yield group
            group = _Group(block.kind, section, [span])
    if group:
        yield group


def _context(
    document: Document, group: _Group, splitting: Splitting, token_starts: TokenStarts
) -> str:
    """Return what names a passage: title and heading, cut to a number of tokens.

    One token is left for the full stop between it and the passage.
    """
    named = [document.title, group.section if group.section != document.title else None]
    context = ". ".join(" ".join(part[:_MAX_NAME].split()) for part in named if part)
    starts = token_starts(context) if context else []
    if len(starts) >= splitting.context_tokens:
        context = context[: starts[splitting.context_tokens - 1]].rstrip()
    return context


def _sentences(
    text: str, spans: Sequence[Span], splitting: Splitting, token_starts: TokenStarts
) -> Iterator[Span]:
    """Yield the sentences of each block, none longer than a passage may be."""
    for start, end in spans:
        for first, last in _spans(text[start:end], splitting.language):
            for piece in _shortened(text, start + first, start + last):
                yield from _cut(text, *piece, splitting, token_starts)


def sentence_spans(text: str, language: str = "en") -> list[Span]:
    """Return the spans of the sentences of ``text``, white space around them left out.

    sentencex finds the boundaries. Its spans are only trusted as places to cut: the pieces
    between them are taken from ``text``, so that nothing can be lost or moved.
    """
    return list(_spans(text, language))


def _spans(text: str, language: str) -> Iterator[Span]:
    return _joined_orphans(text, _pieces(text, language))


def _pieces(text: str, language: str) -> Iterator[Span]:
    start = 0
    for end in chain(_cuts(text, language), [len(text)]):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            offset = start + piece.index(stripped[0])
            yield offset, offset + len(stripped)
        start = end


def _cuts(text: str, language: str) -> Iterator[int]:
    """Yield where sentences begin; a long text is read through a window.

    sentencex takes time that grows with the square of a text's sentences. The last boundary in a
    window begins the next one, and the window's margin is left to the next, so that each boundary
    is judged with the text on both sides of it.
    """
    plain, at = _plain(text), 0
    while at < len(plain):
        window = plain[at : at + _WINDOW]
        more = at + len(window) < len(plain)
        limit = len(window) - _MARGIN if more else len(window)
        try:
            found = [int(b["start_index"]) for b in get_sentence_boundaries(language, window)]
        except (KeyError, ValueError):
            found = []
        starts = [start for start in found if 0 < start <= limit]
        yield from (at + start for start in starts)
        if not more:
            return
        at += starts[-1] if starts else limit


def _plain(text: str) -> str:
    """Replace, one for one, what a sentence splitter in another language cannot be handed."""
    return _UNSAFE.sub(" ", text)


_UNSAFE = re.compile(r"[\ud800-\udfff\0\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_NO_WORD = re.compile(r"[^\w]*\Z")
# "(El Diario, 23/1/04)." belongs to the sentence it vouches for, as does ", p. 97)."
_REFERENCE = re.compile(r"\([^()]{1,60}\d{1,4}[^()]{0,12}\)[.,;]?\Z|[,)]")

# Abbreviations of what has a number, those that sentencex does not know.
_NUMBERED = re.compile(r"\b(?:vols?|chs?|paras?|approx)\.\Z", re.IGNORECASE)


def _joined_orphans(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join to their sentence the scraps that are none: stray quotes, references, "vol." and its number."""
    before: Span | None = None
    for start, end in spans:
        piece = text[start:end]
        if before:
            last = text[max(before[0], before[1] - 9) : before[1]]
            numbered = piece[0].isdigit() and _NUMBERED.search(last)
            if _NO_WORD.match(piece) or _REFERENCE.match(piece) or numbered:
                before = (before[0], end)
                continue
            yield before
        before = (start, end)
    if before:
        yield before


def _shortened(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut what is longer than any sentence, at white space where there is some."""
    while end - start > _LONG:
        space = _last_space(text, start + 1, start + _LONG)
        cut = space if space > 0 else start + _LONG
        yield start, _rstrip(text, start, cut)
        start = cut
        while text[start].isspace():
            start += 1
    yield start, end


def _cut(
    text: str, start: int, end: int, splitting: Splitting, token_starts: TokenStarts
) -> Iterator[Span]:
    """Cut a sentence that is longer than a passage may be, at white space where there is some.

    The pieces are about equal, so that no scrap of a sentence opens the next passage.
    """
    max_tokens = splitting.max_tokens - splitting.context_tokens
    if end - start <= min(splitting.max_chars, max_tokens):
        yield start, end
        return
    offset, tokens = start, token_starts(text[start:end])
    while start < end:
        first_token = bisect_left(tokens, start - offset)
        left = len(tokens) - first_token
        limit = min(end, start + splitting.max_chars)
        if left > max_tokens:
            limit = min(limit, max(start + 1, offset + tokens[first_token + max_tokens]))
        cut = limit
        if limit < end:
            pieces = max(ceil((end - start) / splitting.max_chars), ceil(left / max_tokens))
            space = _space(text, start + (end - start) // pieces, limit)
            if space < 0:
                space = _last_space(text, start + 1, limit)
            cut = space if space > start + (limit - start) // 4 else limit
        yield start, _rstrip(text, start, cut)
        start = cut
        while start < end and text[start].isspace():
            start += 1


def _space(text: str, start: int, end: int) -> int:
    """Return the place of the first space or line end between two places, -1 if there is none."""
    found = (text.find(mark, start, end) for mark in (" ", "\n"))
    return min((place for place in found if place >= 0), default=-1)


def _last_space(text: str, start: int, end: int) -> int:
    return max(text.rfind(mark, start, end) for mark in (" ", "\n"))


def _rstrip(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _pack(
    text: str,
    sentences: Sequence[Span],
    context_tokens: int,
    splitting: Splitting,
    token_starts: TokenStarts,
) -> list[tuple[int, int]]:
    """Return (first, last) sentence numbers of each passage of a group.

    The breaks minimise the summed squares of the room left unused, as a paragraph's lines are
    broken in typesetting (Knuth and Plass, 1981), with a charge for a break within a paragraph:
    even lengths, and paragraphs kept whole where that costs little.
    """
    if not sentences:
        return []
    offset, until = sentences[0][0], sentences[-1][1]
    starts = [offset + token for token in token_starts(text[offset:until])]
    token_at = [bisect_left(starts, start) for start, _ in sentences]
    token_end = [bisect_left(starts, end) for _, end in sentences]
    budget = splitting.max_tokens - context_tokens
    best: list[tuple[float, int]] = [(0.0, 0)]
    for last in range(len(sentences)):
        choices: list[tuple[float, int]] = []
        end = sentences[last][1]
        ends_block = last + 1 == len(sentences) or "\n" in text[end : sentences[last + 1][0]]
        charge = 0.0 if ends_block else _BREAK_WITHIN
        for first in range(last, -1, -1):
            length = end - sentences[first][0]
            tokens = token_end[last] - token_at[first]
            if first < last and (length > splitting.max_chars or tokens > budget):
                break
            room = max(0.0, 1.0 - length / splitting.max_chars)
            choices.append((best[first][0] + room * room + charge, first))
        best.append(min(choices))
    breaks = []
    last = len(sentences) - 1
    while last >= 0:
        first = best[last + 1][1]
        breaks.append((first, last))
        last = first - 1
    breaks.reverse()
    if not splitting.overlap:
        return breaks
    widened = []
    for first, last in breaks:
        earlier = max(0, first - splitting.overlap)
        while earlier < first and (
            sentences[last][1] - sentences[earlier][0] > MAX_EXCERPT
            or token_end[last] - token_at[earlier] > budget
        ):
            earlier += 1
        widened.append((earlier, last))
    return widened
