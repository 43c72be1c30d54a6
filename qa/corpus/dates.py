"""Dates of publication, each with the words that say so.

Only a date that presents itself as the document's own counts: a line that is nothing but a
date, a labelled one ("Published: ..."), a dateline before the first sentence, or a date in
the file's name. Dates told in running text say when something happened, not when it was
written, and are never taken for the document's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import PurePosixPath

from qa.records import Published

_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan enero ene januar jänner janvier janeiro gennaio",
        "february feb febrero februar février fevereiro febbraio",
        "march mar marzo märz mars março",
        "april apr abril abr avril aprile",
        "may mayo mai maio maggio",
        "june jun junio juni juin junho giugno",
        "july jul julio juli juillet julho luglio",
        "august aug agosto ago août",
        "september sept sep septiembre setiembre set septembre setembro settembre",
        "october oct octubre oktober octobre outubro ottobre",
        "november nov noviembre novembre novembro",
        "december dec diciembre dic dezember décembre dezembro dicembre",
    ),
    start=1,
):
    _MONTHS.update(dict.fromkeys(_names.split(), _number))

_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.º])?"
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\.?,?\s+"
)
_CLOCK = (
    r"(?:[\sT,]+(?:at\s+)?\d{1,2}[:.]\d\d(?::\d\d(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?\s*"
    r"(?:Z|(?:[aecmpwnhk]{1,2}[sd]?|[bij]s|nz[sd]|ut)[tc]|GMT|[+-]\d\d:?\d\d)?)?"
)
_FORMS = tuple(
    re.compile(rf"(?:{_WEEKDAY})?{form}{_CLOCK}", re.IGNORECASE)
    for form in (
        rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)",
        rf"{_YEAR}/(?P<month>\d\d)/(?P<day>\d\d)",
        rf"{_DAY}(?:\s+of|\s+de)?\s+{_MONTH},?(?:\s+de)?\s+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"(?P<day>\d{{1,2}})[./](?P<month>\d{{1,2}})[./]{_YEAR}",
        rf"{_MONTH},?(?:\s+de)?\s+{_YEAR}",
        rf"{_MONTH}\s+{_DAY}\s+\d\d:\d\d(?::\d\d)?\s+(?:[A-Z]{{2,5}}\s+|[+-]\d{{4}}\s+)?{_YEAR}",
        rf"{_YEAR}-(?P<month>\d\d)",
    )
)
_YEARLESS = tuple(
    re.compile(rf"(?:{_WEEKDAY})?{form}", re.IGNORECASE)
    for form in (rf"{_DAY}(?:\s+of|\s+de)?\s+{_MONTH}", rf"{_MONTH}\s+{_DAY}")
)
_LABEL = re.compile(
    r"(?:first\s+)?(?:published|posted|date|dated|publicado|fecha)(?:\s+(?:on|el))?\s*[:\-–—]?\s+",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[^\W\d_][\w .'’-]{1,40},\s+(?=\S)")
_DASH = re.compile(r"\s*(?:[—–:]|-\s|\.\s|\()")
_MAX_DATE = 80
_IN_NAME = re.compile(r"(?<!\d)(?P<date>(?:1[5-9]|20)\d\d-\d\d(?:-\d\d)?)(?!\d)")


def parse_date(words: str, year: str | None = None) -> str | None:
    """Return a date as "2019", "2019-11" or "2019-11-23" when ``words`` are nothing but a date.

    A day and month in figures that could be read both ways ("3/4/2019") give the year alone. Where
    the ``year`` is known from elsewhere, a day and a month ("January 22") are enough.
    """
    words = " ".join(words.split()).strip(" .,()[]")
    if len(words) > _MAX_DATE:
        return None
    if re.fullmatch(_YEAR, words):
        return str(int(words))  # the digits of any script
    for form in _FORMS:
        match = form.fullmatch(words)
        if match:
            return _value(match)
    for form in _YEARLESS if year else ():
        match = form.fullmatch(words)
        if match:
            return _value(match, year)
    return None


def at_end(line: str) -> Published | None:
    """Return the date that ends a line such as "By Ann Lee, 9 March 2021"."""
    line = line.strip()[-_MAX_DATE:]
    for found in re.finditer(r"(?<![\w/.-])\w", line):
        value = parse_date(line[found.start() :])
        if value and len(value) > 4:
            return Published(value, line[found.start() :], "byline")
    return None


def year_of(words: str) -> str | None:
    """Return the one year that words name, None where they name none or several."""
    found = set(re.findall(rf"(?<![\w/-]){_YEAR}(?![\w/-])", words))
    return found.pop() if len(found) == 1 else None


def _value(match: re.Match[str], year_known: str | None = None) -> str | None:
    parts = match.groupdict()
    year, name = int(year_known or parts["year"]), parts["month"].lower()
    month = _MONTHS.get(name) or (int(name) if name.isdecimal() else 0)
    if not month:  # matched without regard to case: "ſept" is no spelling that is known
        return None
    day = int(parts["day"]) if parts.get("day") else None
    in_figures = name.isdecimal() and match.re in (_FORMS[4],)
    if in_figures and day is not None:
        if month > 12:
            month, day = day, month
        elif day <= 12 and day != month:
            return str(year)
    try:
        date(year, month, day or 1)
    except ValueError:
        return None
    return f"{year:04}-{month:02}" + (f"-{day:02}" if day else "")


def from_lines(head: Iterable[str], tail: Iterable[str]) -> Published | None:
    """Return the date that the first or the last lines of a document give as its own.

    A labelled line wins, then a line at the head that is a date, then one at the tail, then
    a dateline ("LA PAZ, 23 November 2019 — ...") that opens a line of the head.
    """
    head, tail = list(head), list(tail)
    for line in (*head, *tail):
        label = _LABEL.match(line.strip())
        if label:
            value = parse_date(line.strip()[label.end() :])
            if value:
                return Published(value, line.strip(), "label")
    for line in (*head, *reversed(tail)):
        value = parse_date(line)
        # A bare year on a line of its own is as often a heading or a page number.
        if value and len(value) > 4:
            return Published(value, line.strip(), "dateline")
    for line in head:
        found = _opening_dateline(line.strip())
        if found:
            return found
    return None


def _opening_dateline(line: str) -> Published | None:
    place = _PLACE.match(line)
    start = place.end() if place else 0
    for form in _FORMS:
        match = form.match(line, start)
        if match and _DASH.match(line, match.end()) and (place or match.end() < len(line)):
            value = _value(match)
            if value:
                return Published(value, line[: match.end()], "dateline")
    return None


def from_name(source: str) -> Published | None:
    """Return the date in a file's name, as in "2019-11-23-statement.txt"."""
    match = _IN_NAME.search(PurePosixPath(source).name)
    value = parse_date(match["date"]) if match else None
    return Published(value, match["date"], "file name") if match and value else None
