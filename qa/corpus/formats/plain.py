"""The blocks of a plain text: title, heading, paragraph, list, teaser, boilerplate.

Plain text does not state its structure, so each rule here looks at the form of lines and of the lines
beside them. A wrong decision does limited harm: every line that is no boilerplate is in some block, so it
can be found and cited, whatever kind the block has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.corpus.dense import BREAK, is_crowded, stretches
from qa.corpus.formats.opening import is_letter, settle_title
from qa.corpus.furniture import mark_furniture
from qa.records import Block, BlockKind

_LINE = re.compile(r"[^\r\n]+")
_BULLET = re.compile(r"\s*(?:[•‣▪◦·*\-–—]\s+|\(?\d{1,3}[.)]\s+|\(?[a-zA-Z][.)]\s+(?=\S{2}))")
_NUMBERED_HEADING = re.compile(r"\s*(?:\d{1,3}(?:\.\d{1,3})*[.)]?|[IVXLC]{1,6}[.)])\s+[^\W\d_]")
_TERMINAL = re.compile(r"[.!;,…:][\"'”’»)\]]*$|[”\"]$")
_SENTENCE_END = re.compile(r"[.!?;…:][\"'”’»)\]]*$")
_RUNS_ON = re.compile(r"[,;–—-]$")
# First words that refer to the text before. Articles have them; lists of teasers do not.
_BACKWARD = re.compile(
    r"(?:this|these|those|that|he|she|they|it|his|her|their|its|such|however|but|and|also|yet|so|"
    r"therefore|thus|then|meanwhile|moreover|furthermore|nevertheless|instead|still|again|"
    r"another|others|both|the (?:same|latter|former|second|other|next)|on the (?:other|one) hand|"
    r"in (?:this|these|such|all|other|short|addition|contrast|particular|the same)|as (?:for|a result|was)|"
    r"for (?:this|example|instance)|at (?:that|the same|this)|to (?:this|do this)|once again|"
    r"even so|of course|similarly|finally|first(?:ly)?|second(?:ly)?|"
    r"est[eaos]s?|ell[ao]s?|sin embargo|pero|además|también|así|entonces|por (?:eso|lo tanto|otra parte)|"
    r"en (?:este|esta|cambio)|no obstante|mientras tanto)\b",
    re.IGNORECASE,
)
_MAX_HEADING_CHARS, _MAX_HEADING_WORDS = 100, 14
_MIN_RULE = 3
_SHORT_PARAGRAPH = 150
_TEASERS, _TEASER_CHARS = 5, 900


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    chunk: int
    """Lines with no blank line between them share a chunk."""


def find_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a plain text in order; blank lines between them are in no block.

    A text with too many lines is read as paragraphs: see ``qa.corpus.dense``.
    """
    if is_crowded(text):
        return tuple(stretches(text, 0, len(text)))
    lines = _lines(text)
    furniture = mark_furniture([text[line.start : line.end] for line in lines])
    units = _units(text, lines, furniture)
    kinds = _kinds(text, units)
    blocks = [
        Block(kind, start, end, level=1 if kind == "heading" else 0)
        for (start, end, _), kind in zip(units, kinds, strict=True)
    ]
    return tuple(_as_listing(text, blocks))


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    chunk, previous_end = 0, 0
    for match in _LINE.finditer(text):
        stripped = match.group().strip()
        if len(BREAK.findall(text, previous_end, match.start())) > 1 or not stripped:
            chunk += 1
        previous_end = match.end()
        if stripped:
            start = match.start() + match.group().index(stripped[0])
            lines.append(_Line(start, start + len(stripped), chunk))
    return lines


def _units(
    text: str, lines: Sequence[_Line], furniture: Sequence[bool]
) -> list[tuple[int, int, bool | int]]:
    """Join the lines of hard-wrapped paragraphs. A unit is (start, end, furniture or chunk number)."""
    units: list[tuple[int, int, bool | int]] = []
    at = 0
    while at < len(lines):
        if furniture[at]:
            units.append((lines[at].start, lines[at].end, True))
            at += 1
            continue
        upto = at + 1
        while upto < len(lines) and lines[upto].chunk == lines[at].chunk and not furniture[upto]:
            upto += 1
        chunk = lines[at:upto]
        number = chunk[0].chunk + 2
        if _is_wrapped(text, chunk):
            start = chunk[0].start
            for before, line in pairwise(chunk):
                if _BULLET.match(text[line.start : line.end]):
                    units.append((start, before.end, number))
                    start = line.start
            units.append((start, chunk[-1].end, number))
        else:
            units += [(line.start, line.end, number) for line in chunk]
        at = upto
    return units


def _is_wrapped(text: str, chunk: Sequence[_Line]) -> bool:
    """Whether the lines of a chunk are one text that was broken at a margin."""
    if len(chunk) < 2:
        return False
    widths = [line.end - line.start for line in chunk]
    if max(widths) > 130 or median(widths[:-1]) < 45:
        return False
    # If so, most lines end inside a sentence; the last line of an item need not.
    inner = [
        text[line.start : line.end]
        for line, after in pairwise(chunk)
        if not _BULLET.match(text[after.start : after.end])
    ]
    return 2 * sum(not _SENTENCE_END.search(line) for line in inner) >= len(inner)


def _looks_like_heading(words: str) -> bool:
    if len(words) > _MAX_HEADING_CHARS or len(words.split()) > _MAX_HEADING_WORDS:
        return False
    if "\n" in words or "\r" in words or _TERMINAL.search(words):
        return False
    return not words[0].islower() and any(char.isalpha() for char in words)


def _kinds(text: str, units: Sequence[tuple[int, int, bool | int]]) -> list[BlockKind]:
    words = [text[start:end] for start, end, _ in units]
    kinds: list[BlockKind] = []
    for n, (unit, piece) in enumerate(zip(units, words, strict=True)):
        if unit[2] is True:
            kinds.append("furniture")
        elif _is_underlined(n, words) or (
            _looks_like_heading(piece)
            and (not _BULLET.match(piece) or _NUMBERED_HEADING.match(piece))
            and not _is_amid(n, units, words)
        ):
            kinds.append("heading")
        elif _BULLET.match(piece):
            kinds.append("item")
        else:
            kinds.append("paragraph")
    _settle_lists(units, kinds)
    _settle_headings(words, kinds)
    settle_title(words, kinds)
    return kinds


def _is_amid(n: int, units: Sequence[tuple[int, int, bool | int]], words: Sequence[str]) -> bool:
    """Whether a line continues the one above it, or the one below continues it, as in verse."""
    if n and units[n - 1][2] == units[n][2] and _RUNS_ON.search(words[n - 1]):
        return True
    below = n + 1 < len(units) and units[n + 1][2] == units[n][2]
    return below and words[n + 1][0].islower()


def _settle_lists(units: Sequence[tuple[int, int, bool | int]], kinds: list[BlockKind]) -> None:
    """Make a list of three or more heading-like lines without a blank line between them."""
    at = 0
    while at < len(kinds):
        upto = at
        while upto < len(kinds) and kinds[upto] == "heading" and units[upto][2] == units[at][2]:
            upto += 1
        if upto - at >= 3:
            # A list at the start of the text follows its title.
            first = at + 1 if at == 0 else at
            kinds[first:upto] = ["item"] * (upto - first)
        at = max(upto, at + 1)


def _settle_headings(words: Sequence[str], kinds: list[BlockKind]) -> None:
    """Keep lines as headings if they have text below; the others become text.

    A signature, a date, or a final slogan before a bar of buttons becomes text too.
    """
    bodies = ("paragraph", "item")
    for n in reversed(range(len(kinds))):
        if kinds[n] != "heading":
            continue
        below = n + 1
        while below < len(kinds) and _is_rule(words[below]):
            below += 1
        following = kinds[below] if below < len(kinds) else None
        if following in (*bodies, "heading"):
            if _is_slogan(n, words, kinds):
                kinds[n] = "paragraph"
        elif _NUMBERED_HEADING.match(words[n]) and _BULLET.match(words[n]):
            kinds[n] = "item"
        else:
            kinds[n] = "paragraph"


def _is_rule(words: str) -> bool:
    """Whether a line is a drawn rule below a heading: "=====", "-----"."""
    return len(set(words)) == 1 and not words[0].isalnum()


def _is_underlined(n: int, words: Sequence[str]) -> bool:
    below = words[n + 1] if n + 1 < len(words) else ""
    if not (_is_rule(below) and len(below) >= _MIN_RULE and below[0] in "=-~^*#"):
        return False
    return len(words[n]) <= _MAX_HEADING_CHARS and any(char.isalnum() for char in words[n])


def _is_slogan(n: int, words: Sequence[str], kinds: Sequence[BlockKind]) -> bool:
    """Whether a heading-like line stands alone in a run of one-sentence paragraphs.

    "Down with the regime" among other demands is no heading. But if short headings and short paragraphs
    alternate, as in a page of opening hours, they are headings.
    """
    if n == 0 or n + 1 >= len(kinds) or kinds[n - 1] != "paragraph" or kinds[n + 1] != "paragraph":
        return False
    if max(len(words[n - 1]), len(words[n + 1])) > _SHORT_PARAGRAPH:
        return False
    return not any(
        kinds[m] == "heading" for m in range(max(0, n - 3), min(len(kinds), n + 4)) if m != n
    )


def _as_listing(text: str, blocks: list[Block]) -> list[Block]:
    """Turn the paragraphs of a listing page into teasers, so that no passage joins two.

    A page of teasers has no title and no headings, and its paragraphs are neither long nor refer to each
    other. If an article is taken for a listing, each of its paragraphs can still be found, one at a time.
    If a listing were taken for an article, one passage would mix unrelated things. So in doubt the rule
    decides for a listing.
    """
    bodies = [block for block in blocks if block.kind == "paragraph"]
    if any(block.kind in ("title", "heading") for block in blocks) or len(bodies) < _TEASERS:
        return blocks
    pieces = [text[block.start : block.end] for block in bodies]
    if is_letter(pieces):
        return blocks
    backward = sum(_BACKWARD.match(piece) is not None for piece in pieces[1:])
    long = sum(len(piece) > _TEASER_CHARS for piece in pieces)
    if 10 * backward >= len(pieces) or 5 * long > len(pieces):
        return blocks
    return [
        Block("teaser", block.start, block.end) if block.kind == "paragraph" else block
        for block in blocks
    ]
