"""Dates of publication, each with the words that state it.

Only a date that the document gives as its own counts: a labelled one ("Published: ..."), a line that is
only a date, one after a place or a name ("Paris, le 4 mars 2019"), a dateline before the first sentence,
one between the words of a page's first or last line, or a date in the file's name. A date in running text
says when something happened, so it is never used. Nor is a date after words such as "updated", "born",
"until", "when".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from qa.corpus.datewords import (
    AT_A_PLACE,
    BY,
    GENERAL_LABEL,
    LABEL,
    LABEL_BEHIND,
    MADE_AT,
    NUMBER,
    OF_THE,
    PARTICLES,
    PUBLISHED,
    RECORD,
    SAYS_WHERE,
    is_introduced,
    is_list,
)
from qa.corpus.written import Written, ascii_digits, dates_in, of_year
from qa.records import Published

_MAX_DATE = 80
_LOOKED_AT = 400
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_AROUND = " \t.,;:()[]{}<>（）【】「」。、，：*_#~|$\"'=+\\@«»“”„‘’—–-\u200e\u200f"
"""What may stand around a date or a label: brackets, marks of emphasis, marks of forms."""
_PARTS = re.compile(r"\s+[|·•/]\s+|\s{3,}|\t+|;\s+|\u3000|\s+\|\s*|\s*\|\s+")
_COLUMNS = re.compile(r"\s{3,}|\t")
_FOOTER, _MOST_COLUMNS = 3, 2
"""In a page's last line a date stands between two things; a row of a table has more columns."""
_BORN = re.compile(r"\s*[*†]\s")
_DASH = re.compile(r"\s*(?:[—–:](?!\s*\d)|-\s(?!\s*\d)|\.\s|\(|\.-|/(?=\w))")
_PLACE = re.compile(r"[^\W\d_][\w .'’-]{1,40},\s+(?=\S)")
_MOST_NAMES = 6
_MAX_NAME = 70
_ENTRIES = 3
"""With so many different lines that are dates, they belong to entries, and none is the document's."""


def parse_date(words: str, year: str | None = None) -> str | None:
    """Return a date as "2019", "2019-11" or "2019-11-23" if ``words`` are only a date.

    A day and month in figures with two readings ("3/4/2019") give the year alone. If the ``year`` is
    known from elsewhere, a day and a month ("January 22") are enough.
    """
    words = ascii_digits(" ".join(words.split()).strip(" .,()[]"))
    if len(words) > _MAX_DATE:
        return None
    if _YEAR.fullmatch(words):
        return words
    found = _only(words)
    if found:
        return found
    return of_year(words, year) if year else None


def _only(words: str, *, day_first: bool | None = None) -> str | None:
    """Return the date that the words are, without marks around it."""
    for one in dates_in(words, day_first=day_first):
        if not words[: one.start].strip(_AROUND) and not words[one.end :].strip(_AROUND):
            return one.value
        break
    return None


def at_end(line: str) -> Published | None:
    """Return the date that ends a line such as "By Ann Lee, 9 March 2021"."""
    line = line.strip()[-_MAX_DATE:]
    for one in dates_in(line):
        if one.end >= len(line.rstrip(_AROUND)) and len(one.value) > 4:
            return Published(one.value, line[one.start :], "byline")
    return None


def year_of(words: str) -> str | None:
    """Return the only year that the words name; None if they name none or several."""
    found = set(re.findall(rf"(?<![\w/-]){_YEAR.pattern}(?![\w/-])", words))
    return found.pop() if len(found) == 1 else None


def from_lines(
    head: Iterable[str],
    tail: Iterable[str],
    *,
    day_first: bool | None = None,
    named: bool = True,
) -> Published | None:
    """Return the date that the first or last lines of a document give as its own.

    A labelled line is used first; then a line at the head that is a date or ends with one after a name;
    then such a line at the tail; then a dateline ("LA PAZ, 23 November 2019 — ...") at the start of a line
    at the head. ``day_first`` says how to read "3/4/2019". A date after a name or a place counts only if
    ``named``.
    """
    # The beginning of a line is enough, and limits the time.
    first, last = ([line[:_LOOKED_AT] for line in lines] for lines in (head, tail))
    reader = _Reader(first, last, day_first, named)
    return reader.labelled() or reader.alone() or reader.opening() or reader.in_columns()


class _Reader:
    """Reads the lines at the edges of one document."""

    def __init__(
        self, head: Sequence[str], tail: Sequence[str], day_first: bool | None, named: bool
    ) -> None:
        self._head, self._tail = head, tail
        self._day_first, self._allows_names = day_first, named
        self._dates: dict[str, list[Written]] = {}

    def _in(self, line: str) -> list[Written]:
        if line not in self._dates:
            self._dates[line] = dates_in(line, day_first=self._day_first)
        return self._dates[line]

    def labelled(self) -> Published | None:
        # The date of publication is better than the date of writing.
        return self._behind(PUBLISHED) or self._behind(LABEL)

    def _behind(self, label: re.Pattern[str]) -> Published | None:
        for lines in (self._head, self._tail):
            for n, line in enumerate(lines):
                for part in _parts(line):
                    found = self._labelled(label, part, _around(lines, n))
                    if found:
                        return found
                following = lines[n + 1].strip() if n + 1 < len(lines) else ""
                alone = label.fullmatch(line.strip(_AROUND) + ": ")
                value = _only(following, day_first=self._day_first) if alone else None
                if value and not _happens(line, _around(lines, n)):
                    return Published(value, following, "label")
        return None

    def _labelled(self, pattern: re.Pattern[str], part: str, around: str) -> Published | None:
        label = pattern.match(part.lstrip(_AROUND))
        if not label:
            return None
        at = len(part) - len(part.lstrip(_AROUND)) + label.end()
        rest = part[at:]
        if parse_date(rest) and not self._in(rest):  # a year alone
            return Published(parse_date(rest) or "", part, "label")
        first = next(iter(self._in(rest)), None)
        if first is None or rest[: first.start].strip(_AROUND) or _happens(part, around):
            return None
        if not _is_end(rest[first.end :]):
            return None
        return Published(first.value, part, "label")

    def alone(self) -> Published | None:
        bare = {value for line in (*self._head, *self._tail) if (value := self._bare(line))}
        for lines in (self._head, self._tail):
            # Dates below "Upcoming events" or "Related" belong to other things.
            until = next((n for n, line in enumerate(lines) if is_list(line)), len(lines))
            numbers = range(len(lines))
            for n in numbers if lines is self._head else reversed(numbers):
                single = len(bare) < _ENTRIES and n < until
                found = self._alone(lines[n], lines[n - 1] if n else "", _around(lines, n), single)
                if found:
                    return found
        return None

    def _bare(self, line: str) -> str | None:
        value = _only(line, day_first=self._day_first)
        # A line with only a year may be a heading or a page number, so it does not count.
        return value if value and len(line.strip(_AROUND)) > 4 else None

    def _alone(self, line: str, before: str, around: str, single: bool) -> Published | None:
        if _BORN.match(line) or len(_COLUMNS.split(line.strip())) > _MOST_COLUMNS:
            return None
        parts = _parts(line)
        if len(parts) > 1 and any(is_introduced(part) for part in parts):
            parts = [part for part in parts if not is_introduced(part)]
        for part in parts:
            value = self._bare(part)
            if value and single and not is_introduced(before) and not _happens(line, around):
                return Published(value, part, "dateline")
            named = self._named(part) if self._allows_names and not value else None
            if named:
                return named
        return None

    def _named(self, part: str) -> Published | None:
        """Return the date at the end of a part, after a place or a name."""
        part = part.strip("*_#> ")
        if len(part) > _MAX_NAME + _MAX_DATE:
            return None
        found = self._in(part)
        if len(found) != 1 or len(found[0].value) == 4:
            return None
        one = found[0]
        behind = NUMBER.sub("", part[one.end :]).strip(_AROUND)
        if behind and not LABEL_BEHIND.fullmatch(behind):
            return None
        before = part[: one.start].strip(" «“„")
        by = BY.match(before)
        if by and any(map(str.isalpha, before[by.end() :])) and len(before) <= _MAX_NAME:
            return Published(one.value, part[one.start :], "byline")
        if RECORD.search(before) and len(before) <= _MAX_NAME:
            return Published(one.value, part[one.start :], "title")
        if is_introduced(before):
            return None
        if behind and not before:
            return Published(one.value, part, "label")
        if OF_THE.fullmatch(before):
            return Published(one.value, part, "dateline")
        before = MADE_AT.sub("", before, count=1)
        article = AT_A_PLACE.search(before)
        name = before[: article.start()].rstrip() if article else before
        iso = (
            before.isalpha() and part[one.start : one.start + 4].isdecimal()
        )  # "Stockholm 2019-03-04"
        separated = article or iso or (name[-1:] in ",，、|–—-·>" and name)
        if separated and _is_name(name.rstrip(" ,，、|–—-·")):
            return Published(one.value, part[one.start :], "dateline")
        return None

    def opening(self) -> Published | None:
        for line in self._head:
            line = line.strip()
            place = _PLACE.match(line)
            start = place.end() if place else 0
            for one in self._in(line):
                if one.start != start:
                    continue
                if _DASH.match(line, one.end) and (place or one.end < len(line)):
                    return Published(one.value, line[: one.end], "dateline")
        return None

    def in_columns(self) -> Published | None:
        """Return the date in the middle of a page's last or first line: "Vim 9.0    4 March 2019    VIM(1)"."""
        for line in (*self._tail[-1:], *self._head[:1]):
            parts = _COLUMNS.split(line.strip())
            value = self._bare(parts[1]) if len(parts) == _FOOTER else None
            if value:
                return Published(value, parts[1], "footer")
        return None


def _parts(line: str) -> list[str]:
    return [part.strip() for part in _PARTS.split(line.strip()) if part.strip()]


def _around(lines: Sequence[str], n: int) -> str:
    return "\n".join(lines[max(0, n - 2) : n + 3])


def _happens(line: str, around: str) -> bool:
    """Whether the lines around a date give an hour and a place, as for an event."""
    if LABEL.match(line.lstrip(_AROUND)) and not GENERAL_LABEL.match(line.lstrip(_AROUND)):
        return False
    return SAYS_WHERE.search(around) is not None and not RECORD.search(around)


def _is_end(words: str) -> bool:
    """Whether the words after a labelled date do not belong to it: none, a name, the rest of a sentence."""
    return not words or not words[0].isalnum()


def _is_name(words: str) -> bool:
    """Whether words are the name of a person, a place or a paper: each begins with a capital."""
    names = words.replace("<", " <").split()
    if (
        not 0 < len(names) <= _MOST_NAMES
        or len(words) > _MAX_NAME
        or (words[-1] in ".!?:;" and len(words) > 30)
    ):
        return False
    for name in names:
        first = name.lstrip("(<«„“\"'’-")[:1]
        if not first or "@" in name:
            continue
        if first.islower() and name.lower() not in PARTICLES:
            return False
        if first.isdecimal() and len(name) > 5:
            return False
    return any(char.isalpha() for char in words)


# --- names of files ------------------------------------------------------------------------------

_COMPACT = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?:[-_T]?\d{4}(?:\d\d)?)?(?!\d)"
)
_JOINED = re.compile(r"(?<=\d)[_](?=\d)")


def from_name(source: str) -> Published | None:
    """Return the date in a file's name, as in "2019-11-23-statement.txt" or "20190304_minutes.txt"."""
    name = PurePosixPath(source).name
    for said in _said(name):
        for one in dates_in(said):
            if len(one.value) > 4 and not is_introduced(said[: one.start]):
                return Published(one.value, name[one.start : one.end], "file name")
    compact = _COMPACT.search(name)
    value = parse_date("-".join(compact.group("year", "month", "day"))) if compact else None
    return Published(value, compact[0], "file name") if compact and value else None


def _said(name: str) -> Iterator[str]:
    """Yield a file's name unchanged, and with its separators as spaces; offsets stay the same."""
    yield name
    yield _JOINED.sub("-", name)
    yield re.sub(r"(?<!\d)[_+-]|[_+-](?!\d)|(?<=\d)[_+](?=\d)", " ", name)
