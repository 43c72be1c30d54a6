"""Side files: ``letter.pdf.meta.json`` gives the title, author, date and address of ``letter.pdf``.

The fields have the same names as the columns of a table. They replace what the file says of itself,
because somebody wrote them for the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from qa.corpus import dates
from qa.corpus.contents import Item
from qa.corpus.formats.records import fields_of, first_of, line_of_field
from qa.corpus.reading import Columns, Skipped, language_code, web_address
from qa.records import Document, Published

MAX_SIDE = 1 << 16
"""The most bytes of a side file."""


def with_side(items: Iterable[Item], source: str, side: str, columns: Columns) -> Iterator[Item]:
    """Yield what a file holds; a single document gets the fields of its side file."""
    said, others = _said(side), False
    for item in items:
        if isinstance(item, Document):
            if item.source == source and said is not None:
                item = _described(item, said, columns)
            else:
                others = True
        yield item
    if said is None:
        yield Skipped(source, "its side file is no JSON object: not used")
    elif others:
        yield Skipped(source, "its side file is of one document, and here are others: not used")


def _said(side: str) -> dict[str, object] | None:
    try:
        value = json.loads(side)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _described(document: Document, said: dict[str, object], columns: Columns) -> Document:
    fields = fields_of(said)
    title, author = (first_of(fields, names)[0] for names in (columns.title, columns.author))
    words, _ = first_of(fields, columns.date)
    value = dates.parse_date(words) if words else None
    language = first_of(fields, ("language", "lang"))[0]
    return replace(
        document,
        title=(line_of_field(title) if title else None) or document.title,
        author=(line_of_field(author) if author else None) or document.author,
        published=Published(value, words, "side file") if value and words else document.published,
        original_url=web_address(first_of(fields, columns.url)[0]) or document.original_url,
        language=language_code(language) or document.language,
    )
