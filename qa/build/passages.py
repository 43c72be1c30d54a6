"""Documents to passages: sentence-aware, to a budget, never across a border of the text.

Passages are made of whole sentences where these fit, and their spans are exact. A passage
never joins two teasers, never crosses a heading, the border of a list, or page furniture; a
heading opens the passage of what follows it. A row of a table is one sentence, whatever its cells
say, and each passage of a table is read with the table's header. Of a source with pages a passage
has sentences that begin on one page, the one that it is cited by, and so it is with the parts of
other sources: the row of a sheet, a slide. Every character of a document that is neither furniture
nor white space lies in at least one passage.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil

from qa.records import MAX_EXCERPT, Document, Passage, Span, header_text, heading_text
from qa.text.sentences import sentences_of

_BREAK_WITHIN, _BREAK_BELOW_HEADER = 0.15, 1.0
_SENTENCES_AT_ONCE, _CHARS_AT_ONCE = 10_000, 400_000
"""More sentences under one heading than that are not weighed against each other."""
_FREE_SENTENCES, _CHARS_A_SENTENCE, _JOINED = 2_000, 16, 64
_LONG = 20_000
"""Characters of a sentence whose tokens are counted together."""
_MAX_NAME = 2_000
_TABLE = "row"

_BREAK = re.compile(r"\r\n?|\n")

TokenStarts = Callable[[str], Sequence[int]]
"""The offsets at which a model's tokens begin in a text, ascending."""


@dataclass(frozen=True, slots=True)
class Splitting:
    """How long a passage may be, and how much of the one before it repeats.

    ``max_chars`` and ``max_tokens`` (of the model, its special tokens not counted) both hold;
    ``overlap`` counts sentences. ``context_tokens`` bounds the title and heading that are read
    with a passage; a table's header has ``header_tokens`` besides. A row is cut where it has more
    than ``MAX_EXCERPT`` characters, or more tokens than are left.
    """

    max_chars: int = 700
    max_tokens: int = 254
    context_tokens: int = 40
    overlap: int = 0
    language: str = "en"

    @property
    def header_tokens(self) -> int:
        """How many tokens of a table's header are read with its rows."""
        return min(40, (self.max_tokens - self.context_tokens) // 4)


def split(document: Document, splitting: Splitting, token_starts: TokenStarts) -> list[Passage]:
    """Return the passages of a document in order; all spans satisfy the offset law."""
    passages: list[Passage] = []
    for group in _groups(document):
        spans = _sentences(document.text, group, splitting, token_starts)
        context, with_header = _contexts(document, group, splitting, token_starts)
        longest = max(context, with_header, key=len)
        context_tokens = len(token_starts(f"{longest}. ")) if longest else 0
        for sentences in _at_once(document, spans, splitting):
            for first, last in _pack(
                document.text, sentences, group, context_tokens, splitting, token_starts
            ):
                start, end = sentences[first][0], sentences[last][1]
                passages.append(
                    Passage(
                        document_id=document.id,
                        start=start,
                        end=end,
                        text=document.text[start:end],
                        section=group.section,
                        # One that holds the header itself need not be told it.
                        context=with_header if start >= group.header_end else context,
                        sentences=tuple(sentences[first : last + 1]),
                    )
                )
    return passages


def _at_once(
    document: Document, spans: Iterator[Span], splitting: Splitting
) -> Iterator[list[Span]]:
    """Yield the sentences that passages are made of together: a part's, or as many as are held at once."""
    for _, of_part in groupby(spans, key=lambda span: document.part_of(span[0])):
        sentences: list[Span] = []
        for span in _joined_crowd(of_part, splitting):
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
    header: list[Span] = field(default_factory=list)
    """Of a table, the rows that name its columns."""
    rows: int = 0
    """How many of the spans, the last ones, are rows of a table, its header's too."""

    @property
    def header_end(self) -> int:
        """Where the header of the table ends; 0 where there is none."""
        return self.header[-1][1] if self.header else 0

    def add(self, kind: str, span: Span) -> None:
        """Append a block; what follows a heading decides what the group is."""
        self.kind = _TABLE if kind == "header" else kind
        self.spans.append(span)
        self.rows += self.kind == _TABLE
        if kind == "header":
            self.header.append(span)

    def takes(self, kind: str, gap: str) -> bool:
        """Whether a block of running text may stand in one passage with these, so far apart."""
        if self.kind == "heading":
            return True
        if kind in ("header", _TABLE):
            only_header = len(self.header) == self.rows
            return (
                self.kind == _TABLE
                and (kind == _TABLE or (only_header and bool(self.header)))
                and len(_BREAK.findall(gap)) < 2
            )
        return self.kind == kind != "teaser"


def _groups(document: Document) -> Iterator[_Group]:
    section: str | None = None
    group: _Group | None = None
    end = 0
    for block in document.blocks:
        span, gap, end = (block.start, block.end), document.text[end : block.start], block.end
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
        else:
            if group is None or not group.takes(block.kind, gap):
                if group:
                    yield group
                group = _Group(block.kind, section, [])
            group.add(block.kind, span)
    if group:
        yield group


def _contexts(
    document: Document, group: _Group, splitting: Splitting, token_starts: TokenStarts
) -> tuple[str, str]:
    """Return what names a passage, title and heading, and this with the header of its table.

    Each is cut to a number of tokens. One is left for the full stop between it and the passage.
    """
    named = [document.title, group.section if group.section != document.title else None]
    names = ". ".join(" ".join(part[:_MAX_NAME].split()) for part in named if part)
    names = _cut_to(names, splitting.context_tokens, token_starts)
    lines = (header_text(document.text[start:end]) for start, end in group.header)
    header = _cut_to(", ".join(filter(None, lines)), splitting.header_tokens, token_starts)
    return names, ". ".join(filter(None, (names, header)))


def _cut_to(words: str, tokens: int, token_starts: TokenStarts) -> str:
    """Return the beginning of a name that, with a full stop behind it, has so many tokens."""
    starts = token_starts(words) if words else []
    return words if len(starts) < tokens else words[: starts[tokens - 1]].rstrip() if tokens else ""


def _sentences(
    text: str, group: _Group, splitting: Splitting, token_starts: TokenStarts
) -> Iterator[Span]:
    """Yield the sentences of each block, and rows, none longer than a passage may be."""
    chars, tokens = splitting.max_chars, splitting.max_tokens - splitting.context_tokens
    first_row = len(group.spans) - group.rows
    for n, (start, end) in enumerate(group.spans):
        if n < first_row:
            spans = sentences_of(text[start:end], splitting.language)
        else:
            spans = iter([(0, end - start)])
            chars = max(chars, MAX_EXCERPT)
            tokens = splitting.max_tokens - splitting.context_tokens - splitting.header_tokens
        for first, last in spans:
            for piece in _shortened(text, start + first, start + last):
                yield from _cut(text, *piece, chars, tokens, token_starts)


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
    text: str, start: int, end: int, max_chars: int, max_tokens: int, token_starts: TokenStarts
) -> Iterator[Span]:
    """Cut a sentence that is longer than a passage may be, at white space where there is some.

    The pieces are about equal, so that no scrap of a sentence opens the next passage.
    """
    if end - start <= min(max_chars, max_tokens):
        yield start, end
        return
    offset, tokens = start, token_starts(text[start:end])
    while start < end:
        first_token = bisect_left(tokens, start - offset)
        left = len(tokens) - first_token
        limit = min(end, start + max_chars)
        if left > max_tokens:
            limit = min(limit, max(start + 1, offset + tokens[first_token + max_tokens]))
        cut = limit
        if limit < end:
            pieces = max(ceil((end - start) / max_chars), ceil(left / max_tokens))
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
    group: _Group,
    context_tokens: int,
    splitting: Splitting,
    token_starts: TokenStarts,
) -> list[tuple[int, int]]:
    """Return (first, last) sentence numbers of each passage of a group.

    The breaks minimise the summed squares of the room left unused, as a paragraph's lines are
    broken in typesetting (Knuth and Plass, 1981), with a charge for a break within a paragraph:
    even lengths, and paragraphs kept whole where that costs little. A header stands with the row
    below it where both fit.
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
        if end <= group.header_end:
            charge = _BREAK_BELOW_HEADER
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
