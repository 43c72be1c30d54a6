"""Side files: ``letter.pdf.meta.json`` gives the title, author, date and address of ``letter.pdf``.

The fields have the same names as the columns of a table; all others are facets. They replace what the file
says of itself, because somebody wrote them for the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qa.corpus import dates
from qa.corpus.contents import Item
from qa.corpus.formats.records import facets_of, fields_of, first_of, line_of_field
from qa.corpus.reading import Columns, Skipped, facets_note, language_code, web_address
from qa.facets import gather
from qa.records import Document, Published

MAX_SIDE = 1 << 16
"""The most bytes of a side file."""


def with_side(items: Iterable[Item], source: str, side: str, columns: Columns) -> Iterator[Item]:
    """Yield what a file holds; a single document gets the fields of its side file."""
    said, others, note = _said(side), False, None
    described = isinstance(said, dict)
    for item in items:
        if isinstance(item, Document):
            if item.source == source and isinstance(said, dict):
                item, left_out = _described(item, said, columns)
                note = facets_note(left_out)
            else:
                others = True
        yield item
    if not described:
        yield Skipped(source, f"its side file is no JSON object{said}: not used")
    elif others:
        yield Skipped(source, "its side file is of one document, and here are others: not used")
    if note:
        yield Skipped(source, note)


def _said(side: str) -> dict[str, object] | str:
    """Return the fields of a side file; if it has none, where it is wrong, in brackets or empty."""
    try:
        value = json.loads(side)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno}: {error.msg})" if side.strip() else ""
    except (ValueError, RecursionError):
        return ""
    return value if isinstance(value, dict) else ""


def _described(
    document: Document, said: dict[str, object], columns: Columns
) -> tuple[Document, Sequence[str]]:
    """Return a document as it is described, and the names of facets of which something is left out."""
    fields = fields_of(said)
    title, titled_by = first_of(fields, columns.title)
    author, by = first_of(fields, columns.author)
    words, dated_by = first_of(fields, columns.date)
    address, at = first_of(fields, columns.url)
    value = dates.parse_date(words) if words else None
    language, in_field = first_of(fields, ("language", "lang"))
    used = {titled_by, by, dated_by if value else "", at, in_field}
    own = facets_of(fields, used, by)
    both = gather((dict(document.facets) | dict(own.facets)).items())
    described = replace(
        document,
        title=(line_of_field(title) if title else None) or document.title,
        author=(line_of_field(author) if author else None) or document.author,
        published=Published(value, words, "side file") if value and words else document.published,
        original_url=web_address(address) or document.original_url,
        language=language_code(language) or document.language,
        facets=both.facets,
    )
    return described, [*own.left_out, *both.left_out]
