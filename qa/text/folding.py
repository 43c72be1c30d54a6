"""Gives different spellings of one thing the same form, for the model and for the index of words.

- Characters: Unicode's compatibility forms (ligatures, full-width letters, decomposed ones), digits
  of any script, apostrophes and hyphens get one form; invisible characters (soft hyphens) go.
- Numbers: separators of thousands go; 1,250,000 is 1250000. Decimals, versions and dates stay.
- Abbreviations: the stops between single letters go; U.S.S.R. is USSR.
- Names of letters and a number get a hyphen; F16 is F-16.

Folding is for matching only. Quoted text is never folded, and each place in a folded text can be
traced to its place in the original text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERSION = 1
"""Raise it when folding changes: what a model made of the text before is then made again."""

_Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class _Step:
    """Where the parts of an edited text come from; ``begins`` ascends and starts with 0.

    A part that was ``kept`` has one original character for each of its own. All of a part that was
    inserted comes from one place.
    """

    begins: list[int]
    origins: list[int]
    kept: list[bool]

    def origin(self, at: int) -> int:
        run = bisect_right(self.begins, at) - 1
        return self.origins[run] + (at - self.begins[run] if self.kept[run] else 0)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows where each of its characters comes from."""

    text: str
    steps: tuple[_Step, ...]

    def origin(self, at: int) -> int:
        """Return the place in the original text of a place in the folded text, in code points.

        A later place never has an earlier origin; the end of the folded text is the end of the original.
        """
        for step in reversed(self.steps):
            at = step.origin(at)
        return at


def folded(text: str) -> Folded:
    """Fold a text; keep case and accents."""
    if text.isascii() and text.isalpha():  # most words
        return Folded(text, ())
    steps: list[_Step] = []
    if text.isascii():
        text = text.replace("'", _APOSTROPHE)  # the one of ``_MARKS`` that is ASCII
    else:
        text = text.translate(_MARKS)
        text = _RANGE.sub("-", text)
        text = _edit(text, _spaced(text), steps)
        text = _edit(text, ((m.start(), m.end(), "") for m in _UNSEEN.finditer(text)), steps)
        text = _RANGE.sub("-", text)  # an invisible mark may have stood beside it before
        text = _edit(text, _characters(text), steps).translate(_MARKS)
    if _GROUP.search(text):
        text = _edit(text, _grouped(text), steps)
    if _STOPPED.search(text):
        text = _edit(text, _dotted(text), steps)
    text = _edit(text, _numbered(text), steps)
    return Folded(text, tuple(steps))


def plain_characters(text: str) -> Folded:
    """Give each character its compatibility form, without invisible ones; fold nothing else."""
    steps: list[_Step] = []
    if not text.isascii():
        text = _edit(text, ((m.start(), m.end(), "") for m in _UNSEEN.finditer(text)), steps)
        text = _edit(text, _characters(text), steps)
    return Folded(text, tuple(steps))


def fold_name(name: str) -> str:
    """Return the name of a file, or a glob, without case and in one of Unicode's forms."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _edit(text: str, edits: Iterable[_Edit], steps: list[_Step]) -> str:
    """Replace parts of a text, in order and without overlaps; add what moved to ``steps``."""
    parts: list[str] = []
    step = _Step([0], [0], [True])
    at = length = 0
    for start, end, new in edits:
        parts += (text[at:start], new)
        length += start - at
        for begin, origin, kept in ((length, start, False), (length + len(new), end, True)):
            if step.begins[-1] == begin:  # an empty part
                step.origins[-1], step.kept[-1] = origin, kept
            else:
                step.begins.append(begin)
                step.origins.append(origin)
                step.kept.append(kept)
        length += len(new)
        at = end
    if not parts:
        return text
    steps.append(step)
    return "".join((*parts, text[at:]))


# --- characters ----------------------------------------------------------------------------------

# The typographic one: on the sample archive the default model ranks worse with the straight one.
_APOSTROPHE = "\u2019"
_MARKS = str.maketrans(
    {
        **dict.fromkeys("'\u2018\u201b\u02bc\u00b4\uff07", _APOSTROPHE),
        **dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"),
    }
)
# A dash between two words or numbers without spaces counts as a hyphen; with spaces it is a dash.
_RANGE = re.compile(r"(?<=\w)\u2013(?=\w)")
# Soft hyphens, joiners, marks of direction, selectors of a glyph's variant.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
# Normalising takes time that grows with the square of a run of accents, so long runs are cut.
# The ellipsis stays: a model has its own token for it, and it is no word.
_FOREIGN = re.compile(r"[^\x00-\x7f\u2026]{1,256}")
_CLUSTER = 32
# Parts of a letter that Unicode counts as letters: in Hangul, and in half-width katakana.
_PARTS = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f\uffc2-\uffdc]")
# After a number, or after a word that is no unit, a raised figure is an exponent, a fraction or a note.
_APART = re.compile(r"(?:\d|[^\W\d_]{3})\Z")
_RAISED = ("<super>", "<fraction>")


def _characters(text: str) -> Iterator[_Edit]:
    """Yield edits that give each character its compatibility form (NFKC), and digits as ASCII."""
    for run in _FOREIGN.finditer(text):
        start, end = run.span()
        # A letter before the run may have its accent in it.
        start -= start > 0 and text[start - 1].isascii() and _joins(text[start])
        piece = text[start:end]
        if unicodedata.is_normalized("NFKC", piece) and not re.search(r"\d", piece):
            continue
        while start < end:
            stop = start + 1
            while stop < end and stop - start < _CLUSTER and _joins(text[stop]):
                stop += 1
            cluster = text[start:stop]
            new = "".join(map(_digit, unicodedata.normalize("NFKC", cluster)))
            raised = unicodedata.decomposition(cluster[0]).startswith(_RAISED)
            if raised and _APART.search(text, max(0, start - 3), start):
                new = f" {new}"
            if new != cluster:
                yield start, stop, new
            start = stop


def _joins(character: str) -> bool:
    """Whether a character may be part of the one before it."""
    return unicodedata.category(character).startswith("M") or bool(_PARTS.match(character))


def _digit(character: str) -> str:
    return character if character.isascii() else str(unicodedata.decimal(character, character))


# --- numbers and names ---------------------------------------------------------------------------

# No group is possessive here: Python before 3.11.5 matches one wrongly if it has a repetition inside. What
# would be left over is looked at behind the group instead, so that no shorter number is found.
_SPACES = "\u00a0\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
_SPACED = re.compile(rf"(?<!\d)\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d|[{_SPACES}]\d{{3}})")
_GROUPED = re.compile(
    r"[1-9](?<!\d[1-9])(?<!\d[.,\u2019 ][1-9])"  # the digit first: it is found quickest
    r"(?:\d{0,2}(?:,\d{3})+(?!\d|,\d)"  # 1,250,000
    r"|\d{0,2}(?:\u2019\d{3})+(?!\d|\u2019\d)"  # 1'250'000
    r"|\d{0,2}(?:\.\d{3}){2,}(?!\d|\.\d)"  # 1.250.000, but 1.250 may be a decimal
    r"|\d?(?:,\d\d(?=,))+,\d{3}(?!\d|,\d)"  # 12,50,000
    r"|\d{0,2}(?P<spaced>(?: \d{3}){1,3})(?!\d| \d))"  # 1 250 000
)
_LETTER = r"[^\W\d_]"
# What each number or name below has in it. Few texts do, and it is found much sooner than they are.
_GROUP = re.compile(r"[,.\u2019 ]\d{3}")
_STOPPED = re.compile(rf"\.{_LETTER}")
_JOINED = re.compile(rf"\d(?<={_LETTER}\d)")
_A_LETTER = re.compile(_LETTER)
_DOTTED = re.compile(
    rf"(?<![\w.])(?:(?:{_LETTER}\.){{2,}}(?!{_LETTER}\.)(?:{_LETTER}(?!\w))?|{_LETTER}\.{_LETTER}"
    rf"|[A-Z][a-z]\.[A-Z]\.?|[A-Z]\.[A-Z][a-z]\.?)(?!\w)"
)
_LONGEST = 10
_NUMBERED = re.compile(rf"(?<!\w){_LETTER}{{1,{_LONGEST}}}+(?=\d{{1,4}}(?:\.\d+)*(?!\w|\.\d))")


def _spaced(text: str) -> Iterator[_Edit]:
    for number in _SPACED.finditer(text):
        yield from _without(_SPACES, number)


def _grouped(text: str) -> Iterator[_Edit]:
    for number in _GROUPED.finditer(text):
        groups = number.group("spaced")
        # Numbers in a row may be table cells: "1 250 000" and "250 000" are not, "250 310" may be.
        first = number.group().split(" ")[0]
        if not groups or groups.endswith("000") or (len(groups) > 4 and len(first) < 3):
            yield from _without(",\u2019. ", number)


def _dotted(text: str) -> Iterator[_Edit]:
    for letters in _DOTTED.finditer(text):
        yield from _without(".", letters)


def _numbered(text: str) -> Iterator[_Edit]:
    for digit in _JOINED.finditer(text):
        start = at = digit.start()
        while start and at - start <= _LONGEST and _A_LETTER.match(text, start - 1):
            start -= 1
        if _NUMBERED.match(text, start):
            yield at, at, "-"


def _without(marks: str, found: re.Match[str]) -> Iterator[_Edit]:
    """Yield edits that remove the marks from a match."""
    for at, character in enumerate(found.group(), start=found.start()):
        if character in marks:
            yield at, at + 1, ""
