"""Dates as people write them: their places in a line, and their values.

A date includes its weekday and its time of day, so that a line with only a date can be recognised. The
patterns do not contain the names of months and days, which are looked up; each pattern starts at a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from qa.corpus.calendars import BUDDHIST, ERAS, THAI_MONTHS, WEEKDAYS, month_of

_YEAR = r"(?<!\d)(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
_DAY = r"(?<![\d.,/:-])(?P<day>\d{1,2})(?!\d)[»\"”]?(?:\s?(?:st|nd|rd|th|er|ère|[.ºª°]|-?(?:go|ого|е|й))(?![^\W\d_]))?"
_WORD = r"[^\s\d.,;:/|()\[\]<>\"“”„«»—–_+*#=-]"
_MONTH = rf"(?P<month>{_WORD}+)"
_OF = r"(?:\s*(?:of|de|del|di|da|d[’'])(?=\s)|(?:(?<=\s)d[’']))?\s*"
_YEARS = r"(?:\s*(?:г(?:ода|\.)?|р(?:оку|\.)?|r(?:oku|\.)?|m\.?)(?![^\W\d_]))?"
_THAI = "|".join(sorted(THAI_MONTHS, key=len, reverse=True))
_NUMERAL = "〇零一二三四五六七八九十"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2019-03-04, 2019/03/04, 2019. 3. 4.
        rf"{_YEAR}(?P<mark>[-/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!\d)",
        rf"{_YEAR}\.\s?(?P<month>\d{{1,2}})\.\s?(?P<day>\d{{1,2}})(?!\d)\.?",
        # 4 March 2019, 4. März 2019, 4 de marzo de 2019, 4 марта 2019 г., 4.III.2019
        rf"{_DAY}{_OF}{_MONTH}[.,]*{_OF}{_YEAR}{_YEARS}",
        rf"(?<!\d)(?P<day>\d{{1,2}})\.?\s?(?P<month>[IVX]{{1,4}})\.?\s?{_YEAR}",
        # March 4, 2019
        rf"{_MONTH}\.?\s+{_DAY},?\s+{_YEAR}",
        # 2019. március 4., 2019 m. kovo 4 d., 2019. gada 4. marts
        rf"{_YEAR}(?:\.|\s*m\.|\.?\s*gada)?\s+{_MONTH}\.?\s+{_DAY}(?:\s*d\b\.?)?",
        rf"{_YEAR}\.?\s*gada\s+{_DAY}\s+{_MONTH}",
        # 4.3.2019: with dots the day always comes first
        rf"(?<![\d.,])(?P<day>\d{{1,2}})\s?\.\s?(?P<month>\d{{1,2}})\s?\.\s?{_YEAR}(?!\.\d){_YEARS}",
        # 3/4/2019, 3-4-2019: either may be first
        rf"(?<![\d./-])(?P<first>\d{{1,2}})(?P<mark>[/-])(?P<second>\d{{1,2}})(?P=mark){_YEAR}(?![/-])",
        # Tue Mar  9 21:14:02 CET 2004
        rf"{_MONTH}\s+{_DAY}\s+\d\d:\d\d(?::\d\d)?\s+(?:[A-Z]{{2,5}}\s+|[+-]\d{{4}}\s+)?{_YEAR}",
        # 2019年3月4日, 2019년 3월 4일, 平成31年3月4日, 二〇一九年三月四日
        r"(?P<era>明治|大正|昭和|平成|令和|民[國国])\s?(?P<count>\d{1,3}|元)\s?年\s?"
        rf"(?P<month>[\d{_NUMERAL}]{{1,2}})\s?月(?:\s?(?P<day>[\d{_NUMERAL}]{{1,3}})\s?日)?",
        rf"{_YEAR}\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월](?:\s?(?P<day>\d{{1,2}})\s?[日일号號])?",
        rf"(?P<year>[{_NUMERAL}]{{4}})年(?P<month>[{_NUMERAL}]{{1,2}})月(?:(?P<day>[{_NUMERAL}]{{1,3}})[日号號])?",
        # ngày 4 tháng 3 năm 2019
        rf"(?:ngày\s+)?{_DAY}\s+tháng\s+(?P<month>\d{{1,2}}),?\s+năm\s+{_YEAR}",
        # 4 มีนาคม 2562, of the Buddhist era
        rf"{_DAY}\s*(?P<thai>{_THAI})\.?\s*(?:พ\.?ศ\.?\s*)?(?P<buddhist>2[45]\d\d)(?!\d)",
        # March 2019, marzo de 2019; 2019-03
        rf"(?<![^\W\d_]){_MONTH}[.,]*{_OF}{_YEAR}{_YEARS}",
        rf"{_YEAR}\.\s+{_MONTH}(?![^\W\d_])",
        rf"{_YEAR}-(?P<month>\d\d)(?![\d-])",
    )
)  # fmt: skip
_YEARLESS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (rf"{_DAY}{_OF}{_MONTH}\.?", rf"{_MONTH}\.?\s+{_DAY}")
)
_CLOCK = re.compile(
    r"(?:[\sT,]+(?:(?:at|um|à|alle|ore|om|kl\.?|в|о|о?\s?godz\.?|v|saat|às|a\s+las)\s+)?"
    r"\d{1,2}[:.h]\d\d(?::\d\d(?:\.\d+)?)?(?!\d)\s*(?:[ap]\.?m\.?|uhr|h)?\s*"
    r"(?:Z\b|(?:[aecmpwnhk]{1,2}[sd]?|[bij]s|nz[sd]|ut)[tc]\b|GMT|[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(
    rf"(?:(?<=\s)|(?<=^))(?P<day>(?:{_WORD}+[ -])?{_WORD}+)\.?\s?,?\s*(?:(?:den|le|el|dnia|dne)\s+)?$"
)
_DAY_BEHIND = re.compile(rf",?\s*[(（]?(?P<day>(?:{_WORD}+-)?{_WORD}+)\.?[)）]?")
_CJK_DAY = re.compile(r"\s*[(（]?[月火水木金土日월화수목금토일](?:曜日?|요일)?[)）]")
_FIGURES = re.compile(r"(?<![\d./-])(\d{1,2})[/-](\d{1,2})[/-](?:1[5-9]|20)\d\d(?![\d/-])")
_HAS_YEAR = re.compile(r"(?:1[5-9]|2[045])\d\d|[年년]")
_LOOKED_AT = 400
"""How many characters of a line are searched for dates."""


@dataclass(frozen=True, slots=True)
class Written:
    """A date in a line: ``line[start:end]``, with its weekday and time of day, has the value ``value``.

    ``value`` is ``"2019"``, ``"2019-11"`` or ``"2019-11-23"``.
    """

    start: int
    end: int
    value: str


def dates_in(line: str, *, day_first: bool | None = None) -> list[Written]:
    """Return the dates of a line, in order; none lies within another.

    Figures with two readings ("3/4/2019") give the year alone, unless it is known whether the day comes
    first. Only the beginning of a long line is searched.
    """
    line = ascii_digits(line[:_LOOKED_AT])
    if not _HAS_YEAR.search(line):
        return []
    found: list[Written] = []
    for form in _FORMS:
        for match in form.finditer(line):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in found):
                continue
            value = _value(match, day_first)
            if value:
                found.append(Written(start, end, value))
    found.sort(key=lambda one: one.start)
    return [_whole(line, one) for one in found]


def order_of_figures(text: str) -> bool | None:
    """Return whether a text puts the day first in its dates; None if no date shows it."""
    found = {
        int(first) > 12
        for first, second in _FIGURES.findall(text)
        if (int(first) > 12) != (int(second) > 12)
    }
    return found.pop() if len(found) == 1 else None


def ascii_digits(line: str) -> str:
    """Replace the digits of any script with ASCII, and apostrophes with one kind; offsets stay."""
    if line.isascii():
        return line
    line = line.replace("\u02bc", "’")
    return "".join(str(int(char)) if char.isdecimal() else char for char in line)


def of_year(words: str, year: str) -> str | None:
    """Return the date of words without a year ("January 22") in a known year."""
    for form in _YEARLESS:
        match = form.fullmatch(_without_weekday(words))
        if match:
            return _value(match, None, year)
    return None


def _without_weekday(words: str) -> str:
    first, _, rest = words.partition(" ")
    return rest if first.strip(".,").lower() in WEEKDAYS else words


def _whole(line: str, found: Written) -> Written:
    """Extend a date by the weekday before or after it, and by the time of day."""
    start, end = found.start, found.end
    before = _DAY_BEFORE.search(line[max(0, start - 40) : start])
    for name in _names(before["day"]) if before else ():
        if name.lower() in WEEKDAYS:
            start = line.lower().rindex(name.lower(), 0, start)
            break
    behind = _DAY_BEHIND.match(line, end)
    if behind and behind["day"].lower() in WEEKDAYS:
        end = behind.end()
    else:
        cjk = _CJK_DAY.match(line, end)
        end = cjk.end() if cjk else end
    clock = _CLOCK.match(line, end)
    return Written(start, clock.end() if clock else end, found.value)


def _names(words: str) -> Iterator[str]:
    """Yield two words, and then the second alone: the weekday may be either."""
    yield words
    if " " in words:
        yield words.rpartition(" ")[2]


def _value(
    match: re.Match[str], day_first: bool | None, year_known: str | None = None
) -> str | None:
    parts = match.groupdict()
    if parts.get("first"):
        return _in_figures(int(parts["first"]), int(parts["second"]), int(parts["year"]), day_first)
    month = _month(parts)
    if parts.get("era"):
        year = ERAS[parts["era"]] + (1 if parts["count"] == "元" else int(parts["count"]))
    elif parts.get("buddhist"):
        year = int(parts["buddhist"]) - BUDDHIST
    else:
        year = int(year_known or _numeral(parts["year"]))
    day = _numeral(parts["day"]) if parts.get("day") else None
    in_order = parts.get("month") and parts.get("day") and match.start("day") < match.start("month")
    if in_order and day is not None and month > 12 >= day:  # with dots, but the month first
        month, day = day, month
    return _checked(year, month, day)


def _month(parts: dict[str, str | None]) -> int:
    word = parts.get("thai") or parts["month"] or ""
    if word[0].isdecimal() or word[0] in _NUMERAL:
        return _numeral(word)
    if word.isupper() and not parts.get("day"):
        return month_of(word.lower()) or 0  # "Volume III 2019" is no month
    return month_of(word) or 0


def _numeral(words: str | None) -> int:
    """Return a number in figures, or in Chinese numerals: 二〇一九, 十一, 二十三."""
    words = words or ""
    if words.isdecimal():
        return int(words)
    digits = {char: max(0, n - 1) for n, char in enumerate(_NUMERAL)}
    if "十" not in words:
        return int("".join(str(digits[char]) for char in words))
    tens, _, units = words.partition("十")
    return 10 * (digits[tens] if tens else 1) + (digits[units] if units else 0)


def _in_figures(first: int, second: int, year: int, day_first: bool | None) -> str | None:
    if first <= 12 and second <= 12 and first != second and day_first is None:
        return str(year)
    if second > 12 or (first <= 12 and day_first is False):
        first, second = second, first
    day, month = first, second
    return _checked(year, month, day)


def _checked(year: int, month: int, day: int | None) -> str | None:
    try:
        date(year, month, day or 1)
    except ValueError:
        return None
    if not 1500 <= year < 2100:
        return None
    return f"{year:04}-{month:02}" + (f"-{day:02}" if day else "")
