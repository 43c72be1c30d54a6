"""Words in quotation marks, and where a text has them: without case, in any form of spaces and letters.

Both sides are folded as all matching is (``qa.text.folding``). Each place in a folded text is traced to
its place in the original, so that a span always belongs to the text as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.text.analysis import fold, fold_traced
from qa.text.sentences import Span

# A straight mark opens after a space or a bracket and closes before one: the inches of a 5" pipe and of
# a 6" valve quote nothing. A pair of other marks says itself which of them opens.
_QUOTED = re.compile(
    r"(?<!\w)\"(?P<straight>[^\"]*)\"(?!\w)"
    r"|(?<!\w)[\u201c\u201d\u201e\u201f](?P<curved>[^\u201c-\u201f]*)[\u201c\u201d]"
    r"|\u00ab(?P<outward>[^\u00ab\u00bb]*)\u00bb"
    r"|\u00bb(?P<inward>[^\u00ab\u00bb]*)\u00ab"
    r"|\u300c(?P<corner>[^\u300c\u300d]*)\u300d"
)
_FIGURE = re.compile(r"[^\w%]*(\d(?:[\d.,]*\d)?)\s*(%?)[^\w%]*")
_LETTER = re.compile(r"[^\W_]")


class Phrases:
    """The words in quotation marks of one question."""

    def __init__(self, written: Sequence[str]) -> None:
        self.written = tuple(written)
        """The words, as they were written."""
        self._patterns = [_pattern(words) for words in self.written]

    def __bool__(self) -> bool:
        return bool(self.written)

    def stand_in(self, text: str) -> bool:
        """Whether a text has all of them."""
        plain = fold(text)
        return all(pattern.search(plain) for pattern in self._patterns)

    def places(self, text: str) -> list[Span]:
        """Return where a text has one of them, in code points of the text, sorted."""
        plain, origins = fold_traced(text)
        return sorted(
            {
                (origins[match.start()], origins[match.end() - 1] + 1)
                for pattern in self._patterns
                for match in pattern.finditer(plain)
            }
        )


def phrases(message: str, asks: str, *, whole_frames: bool = True) -> Phrases:
    """Return the words in quotation marks of a message.

    With ``whole_frames``, marks around all of it only frame it. So do marks around what it asks, if this ends
    with a question mark: ``Please answer: "Who was it?"``. ``asks``: the words of the message that ask.
    """
    found = []
    for match in _QUOTED.finditer(message):
        quoted = next(filter(None, match.groups()), "")
        words = _inner(quoted)
        around = message[: match.start()] + message[match.end() :]
        is_question = quoted.rstrip().endswith(("?", "\uff1f", "\u061f"))
        looked_up = not (whole_frames or is_question) and fold(_inner(asks)) == fold(words)
        whole = not looked_up and not _LETTER.search(around)
        frames = whole or (is_question and fold(_inner(asks)) in fold(quoted))
        if words and not frames:
            found.append(words)
    return Phrases(tuple(dict.fromkeys(found)))


def figure(asks: str) -> Phrases | None:
    """Return the figure that a question is, such as ``66%`` or ``1,250,000``; None for any other question.

    It must stand in an excerpt as words in quotation marks must.
    """
    found = _FIGURE.fullmatch(fold(asks))
    return Phrases((found[1] + found[2],)) if found else None


def _inner(words: str) -> str:
    """Return words without the marks and spaces around them."""
    letters = [match.start() for match in _LETTER.finditer(words)]
    return words[letters[0] : letters[-1] + 1] if letters else ""


def _pattern(words: str) -> re.Pattern[str]:
    """Return a pattern that finds whole words in a folded text, whatever spaces are between them."""
    plain = r"\s+".join(re.escape(word) for word in fold(words).split()).replace("%", r"\s*%")
    # 5 is no part of 8.5 or of 2,5.
    before, after = (r"(?<!\d[.,])", r"(?![.,]\d)") if _FIGURE.fullmatch(fold(words)) else ("", "")
    return re.compile(rf"(?<!\w){before}{plain}{after}(?!\w)")


__all__ = ["Phrases", "figure", "phrases"]
