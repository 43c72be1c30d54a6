"""Footnotes and references in words: Chicago's notes and APA's list.

Chicago Manual of Style, 18th edition: 13.18 to 13.26 (notes), 14.103 (documents of an archive), 14.104 (web
pages). Publication Manual of the APA, 7th edition: 9.7 to 9.28 (authors, dates, titles), 10.16 (web pages).
"""

from __future__ import annotations

import re

from qa.present.citing.csl import Item, names_of, title_of
from qa.present.citing.names import Name
from qa.present.citing.titles import curly, headline, quoted

_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_MOST_IN_NOTE = 2
_MOST_IN_LIST = 20


def chicago(item: Item, place: str | None) -> str:
    """Return a full note: authors, title, date, place, and where the document is."""
    title, may_be_headline = title_of(item)
    date = _date(item)
    parts = [
        _in_note(names_of(item)),
        quoted(headline(title) if may_be_headline else title).removesuffix("”") + ",”",
        # What is not on the web and has no date says so.
        _american(date) or ("n.d." if "archive_location" in item else ""),
        curly(place) if place else "",
        item.get("URL") or item.get("archive_location", ""),
    ]
    head, rest = [part for part in parts[:2] if part], [part for part in parts[2:] if part]
    return f"{', '.join(head)} {', '.join(rest)}."


def apa(item: Item) -> str:
    """Return an entry of a list of references; it names no place within the document."""
    title = curly(title_of(item)[0])
    authors = _in_list(names_of(item))
    date = f"({_year_first(_date(item))})."
    ended = title if title.endswith(("?", "!", ".")) else f"{title}."
    head = [authors if authors.endswith(".") else f"{authors}.", date, ended] if authors else []
    undone = title if title.endswith(("?", "!", ".")) else f"{title}."
    head = head or [undone, date]
    where = item["URL"] if "URL" in item else f"({item['archive_location']})."
    return " ".join([*head, where])


def _date(item: Item) -> list[int]:
    parts: list[int] = item["issued"]["date-parts"][0] if "issued" in item else []
    return parts


def _american(date: list[int]) -> str:
    """Return "November 23, 2019", no more precise than it is known."""
    if len(date) < 2:
        return "".join(map(str, date))
    day = f" {date[2]}," if len(date) == 3 else ""
    return f"{_MONTHS[date[1] - 1]}{day} {date[0]}"


def _year_first(date: list[int]) -> str:
    """Return "2019, November 23", no more precise than it is known."""
    if not date:
        return "n.d."
    month = f", {_MONTHS[date[1] - 1]}" if len(date) > 1 else ""
    day = f" {date[2]}" if len(date) == 3 else ""
    return f"{date[0]}{month}{day}"


def _in_note(names: tuple[Name, ...]) -> str:
    if len(names) > _MOST_IN_NOTE:
        return f"{names[0].plain} et al."
    return " and ".join(name.plain for name in names)


def _in_list(names: tuple[Name, ...]) -> str:
    listed = [_inverted(name) for name in names]
    if len(listed) > _MOST_IN_LIST:
        return f"{', '.join(listed[: _MOST_IN_LIST - 1])}, . . . {listed[-1]}"
    return ", & ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))


def _inverted(name: Name) -> str:
    if not name.given:
        return name.family
    initials = [
        "-".join(f"{bit[0].upper()}." for bit in word.split("-") if bit)
        for word in re.sub(r"\.(?=\w)", ". ", name.given).split()
    ]
    return f"{f'{name.particle} {name.family}'.strip()}, {' '.join(initials)}"
