"""The sentences of a text: sentencex finds the boundaries, and the text itself is never changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from sentencex import get_sentence_boundaries

from qa.text.printable import SURROGATES

Span = tuple[int, int]

_WINDOW, _MARGIN = 4000, 200


def sentence_spans(text: str, language: str = "en") -> list[Span]:
    """Return the spans of the sentences of ``text``, without the white space around them.

    sentencex finds the boundaries. Its results are only used as places to cut: the pieces between them
    are taken from ``text``, so that nothing can be lost or moved.
    """
    return list(sentences_of(text, language))


def sentences_of(text: str, language: str) -> Iterator[Span]:
    """Yield the spans of the sentences of ``text``, one after the other."""
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

    The time of sentencex grows with the square of a text's sentences. The last boundary in a window begins
    the next window, and the window's margin is left to the next one, so that each boundary is found with
    text on both sides.
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
    """Replace, one for one, characters that a sentence splitter in another language cannot read."""
    return _UNSAFE.sub(" ", text)


_UNSAFE = re.compile(f"[{SURROGATES}\0\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_NO_WORD = re.compile(r"[^\w]*\Z")
# "(El Diario, 23/1/04)." belongs to the sentence before it, and so does ", p. 97)."
_REFERENCE = re.compile(r"\([^()]{1,60}\d{1,4}[^()]{0,12}\)[.,;]?\Z|[,)]")

# Abbreviations before a number, as far as sentencex does not know them.
_NUMBERED = re.compile(r"\b(?:vols?|chs?|paras?|approx)\.\Z", re.IGNORECASE)


def _joined_orphans(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join pieces that are no sentences to theirs: stray quotes, references, "vol." and its number."""
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
