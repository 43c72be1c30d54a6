"""Subtitles and transcripts: SRT and WebVTT, as running text that is cited by its time.

The words of one speaker are a paragraph, even if they were split for a screen. Each piece keeps its time,
so that a citation from the middle of a long speech leads to the right moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from qa.corpus.decode import decode
from qa.corpus.reading import Reading, UnreadableError, language_code
from qa.records import Block, Place

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
_NUMBER = re.compile(r"[ \t]*\d+[ \t]*")
_VOICE = re.compile(r"<v(?:\.[^\s>]{1,80})*[ \t]+([^>]{1,80})>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
# "ANNA:", "Anna Lind:", ">> Anna:"; or only a mark that another person speaks.
_NAMED = re.compile(
    r"(?:(?:>>|[-–—])\s*)?(\[?[A-ZÀ-ÞΑ-ΩА-Я][\w.’'&-]*(?:[ \t][\w.’'&-]+){0,3}\]?):(?=\s|$)"
)
_OTHER = re.compile(r">>|[-–—](?=\s|\w)")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\Z")
_LANGUAGE = re.compile(r"^Language:[ \t]*(\S{1,40})", re.MULTILINE)
_PARAGRAPH, _LONGEST, _PAUSE = 600, 1_000, 4.0
"""Without speakers, a paragraph ends at a sentence after so many characters, or before a pause of so many seconds."""


def read_subtitles(data: bytes) -> Reading:
    """Read subtitles: the words, without numbers, times, positions on the screen and styles."""
    text, encoding = decode(data)
    text = re.sub("\r\n?", "\n", text)
    cues = list(_cues(text.split("\n"), web=text.startswith("WEBVTT")))
    if not cues:
        raise UnreadableError("damaged: it has no times")
    _unroll(cues)
    speech = _Speech()
    for cue in cues:
        for who, words in _turns(cue):
            speech.add(cue, who, words)
    head = text[: text.find("-->")]
    language = _LANGUAGE.search(head)
    return Reading(
        "".join(speech.parts),
        encoding,
        tuple(speech.blocks()),
        language=language_code(language[1]) if language else None,
        places=tuple(speech.places),
    )


@dataclass(slots=True)
class _Cue:
    """The lines that are shown at once, from one second to another."""

    start: float
    end: float
    lines: list[str]


def _cues(lines: Sequence[str], *, web: bool) -> Iterator[_Cue]:
    """Yield what is shown; in WebVTT a cue ends with an empty line, and notes stand between cues."""
    times = [(n, match) for n, line in enumerate(lines) if (match := _TIMES.fullmatch(line))]
    for at, (n, match) in enumerate(times):
        upto = times[at + 1][0] if at + 1 < len(times) else len(lines)
        shown = list(lines[n + 1 : upto])
        # The line above a cue's times is its number or its name.
        if at + 1 < len(times) and shown and shown[-1].strip():
            named = len(shown) > 1 and not shown[-2].strip()
            if named or _NUMBER.fullmatch(shown[-1]):
                shown.pop()
        if web:
            empty = next((m for m, line in enumerate(shown) if not line.strip()), len(shown))
            shown = shown[:empty]
        found = match.groups()
        yield _Cue(_seconds(found[:4]), _seconds(found[4:]), [one for one in shown if one.strip()])


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _plain(line: str) -> str:
    return " ".join(unescape(_TAGS.sub("", line)).split())


def _unroll(cues: Sequence[_Cue]) -> None:
    """Remove from each cue the lines that the cue before it showed, if lines roll up the screen.

    Words that another speaker repeats were said again.
    """
    shown = [[(_VOICE.findall(line), _plain(line)) for line in cue.lines] for cue in cues]
    again = [bool(before and now and before[-1] == now[0]) for before, now in pairwise(shown)]
    if len(cues) < 4 or 3 * sum(again) < len(cues):
        return
    for cue, rolled in zip(cues[1:], again, strict=True):
        if rolled:
            cue.lines = cue.lines[1:]


def _turns(cue: _Cue) -> Iterator[tuple[str | None, str]]:
    """Yield speaker and words; "" is an unnamed new speaker, None the same speaker as before."""
    for line in cue.lines:
        voice = _VOICE.search(line)
        words = _plain(line)
        named = None if voice else _NAMED.match(words)
        if voice:
            yield " ".join(unescape(voice[1]).split()), words
        elif named:
            yield named[1].strip("[]"), words[named.end() :].strip()
        elif _OTHER.match(words):
            yield "", words
        elif words:
            yield None, words


class _Speech:
    """Joins words to paragraphs, and stores when each piece was said."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.places: list[Place] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._length = 0
        self._who = ""
        self._until = 0.0

    def add(self, cue: _Cue, who: str | None, words: str) -> None:
        """Add words of a cue."""
        named = f"{who}: " if who and who != self._who else ""
        said = f"{named}{words}".strip()
        if not said:
            return
        if self._begins(cue, who):
            if self.parts:
                self._append("\n\n")
            self._starts.append(self._length)
            self._ends.append(self._length)
        else:
            self._append(" ")
        start = self._length
        self._append(said)
        self._ends[-1] = self._length
        hours, rest = divmod(int(cue.start), 3600)
        label = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
        if not self.places or self.places[-1].label != label:
            self.places.append(Place(start, label))
        self._who = self._who if who is None else who
        self._until = cue.end

    def blocks(self) -> Iterator[Block]:
        """Yield the paragraphs."""
        for start, end in zip(self._starts, self._ends, strict=True):
            yield Block("paragraph", start, end)

    def _begins(self, cue: _Cue, who: str | None) -> bool:
        if not self.parts or who == "" or (who is not None and who != self._who):
            return True
        if self._who:
            return False
        length = self._length - self._starts[-1]
        ended = bool(_SENTENCE_END.search(self.parts[-1]))
        paused = cue.start - self._until > _PAUSE
        return (ended and (paused or length > _PARAGRAPH)) or length > _LONGEST

    def _append(self, words: str) -> None:
        self.parts.append(words)
        self._length += len(words)
