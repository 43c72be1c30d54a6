"""A citation as CSL-JSON, the one form that all others are made from.

See https://docs.citationstyles.org/en/stable/specification.html and its appendix of variables.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from qa.present.citations import citation_text, original_address
from qa.present.citing.names import Name, authors
from qa.records import Citation
from qa.search.cited import CHANGED, Cited
from qa.text.printable import encodable, printable

Item = dict[str, Any]
_AS_IT_IS = re.compile(r'<span class="nocase">(.*)</span>', re.DOTALL)
_FULL_STOP = re.compile(r"(?<=[^\W\d_]{4})\.$")


def csl_item(cited: Cited, base: str) -> Item:
    """Return a citation as an item of CSL-JSON; ``base`` is the address of the service.

    A document is a ``webpage`` where it has an address of its own on the web, else a ``document`` whose
    ``archive_location`` is its source. The place that is cited is no part of an item: it stands in
    ``note``, with the exact form. A title that is a file's name, or is not surely in English, is kept as it is by
    CSL's ``nocase``.
    """
    citation = cited.citation
    original = original_address(citation)
    item: Item = {
        "id": citation.id,
        "type": "webpage" if original else "document",
        "title": _title(cited),
        "author": [_author(name) for name in authors(_clean(citation.author))],
        "issued": {"date-parts": [[int(part) for part in citation.published.split("-")]]}
        if citation.published
        else None,
        "language": cited.language,
        "URL": original,
        "archive_location": None if original else _clean(citation.source),
        "note": note_of(cited, base),
    }
    return {name: value for name, value in item.items() if value}


def note_of(cited: Cited, base: str) -> str:
    """Return the exact form, and whether the document has changed since."""
    exact = _clean(citation_text(cited.citation, base))
    return f"{exact} ({CHANGED})" if cited.changed else exact


def name_of(citation: Citation) -> str:
    """Return what a document is called: its title, else the name of its file."""
    title = _clean(citation.title)
    return _FULL_STOP.sub("", title) if title else PurePosixPath(_clean(citation.source)).name


def title_of(item: Item) -> tuple[str, bool]:
    """Return an item's title, and whether its capitals may be those of a headline."""
    kept = _AS_IT_IS.fullmatch(item["title"])
    return (kept[1], False) if kept else (item["title"], True)


def names_of(item: Item) -> tuple[Name, ...]:
    """Return an item's authors."""
    return tuple(
        Name(
            one.get("literal") or one["family"],
            one.get("given", ""),
            one.get("non-dropping-particle", ""),
        )
        for one in item.get("author", ())
    )


def place_of(citation: Citation) -> str | None:
    """Return where in its document a citation stands, as a footnote says it; None where nothing says so.

    Its page as a number alone, a place as it is called, lines, else the section.
    """
    first, last = citation.line_start, citation.line_end
    if citation.page:
        return str(citation.page)
    if citation.place:
        return _clean(citation.place)
    if first is not None:
        return f"line {first}" if first == last else f"lines {first}–{last}"
    return f"sec. {_clean(citation.section)}" if citation.section else None


def _title(cited: Cited) -> str:
    name = name_of(cited.citation)
    english = cited.language == "en" and cited.citation.title
    return name if english else f'<span class="nocase">{name}</span>'


def _author(name: Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.particle}
    return {part: value for part, value in parts.items() if value}


def _clean(words: str | None) -> str:
    """Return words in one line, without what steers a terminal."""
    return " ".join(printable(encodable(words or "")).split())


__all__ = ["Item", "csl_item", "name_of", "names_of", "note_of", "place_of", "title_of"]
