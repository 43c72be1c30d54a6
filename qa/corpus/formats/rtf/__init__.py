"""RTF: a text in order, with its headings, tables, notes and comments."""

from __future__ import annotations

from qa.corpus.formats.flow import Flow
from qa.corpus.formats.properties import keywords_and_more, left_out_note, no_text, written
from qa.corpus.formats.rtf.body import Body
from qa.corpus.formats.rtf.tokens import tokens
from qa.corpus.reading import Reading, UnreadableError, facets_note, joined

_BEGINS = (b"{\\rtf", b"{\\urtf")
_CUT = "damaged: its end is missing"


def read_rtf(data: bytes) -> Reading:
    """Read a rich text; if it is cut short, read it up to the cut and say so in the note."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(_BEGINS):
        raise UnreadableError("damaged: it does not begin as a rich text does")
    body = Body()
    for token in tokens(start):
        body.take(token)
        if token.kind == "}" and not body.depth:
            break
    cut = body.depth > 0
    body.end()
    flow = Flow()
    for paragraph in (*body.headers, *body.flow.paragraphs(), *body.footers):
        flow.add(paragraph)
    about = {name: " ".join(words.split()) for name, words in body.head.about.items()}
    title, author = about.get("title", ""), about.get("author", "")
    found = flow.written(title if len(title) > 2 else None)
    note = joined(_CUT if cut else None, left_out_note(body.left_out))
    gathered = keywords_and_more(
        about.get("keywords"), subject=about.get("subject"), category=about.get("category")
    )
    no_text(found.text, note)
    return Reading(
        found.text,
        "utf-8",
        found.blocks,
        title=found.title,
        author=author if " " in author else None,
        made=written(
            _day(body.head.times.get("creatim")),
            _day(body.head.times.get("revtim")),
            about.get("doccomm"),
        ),
        note=joined(note, facets_note(gathered.left_out)),
        facets=gathered.facets,
    )


def _day(parts: list[int] | None) -> str | None:
    if parts is None:
        return None
    year, month, day = parts
    return f"{year:04}-{month:02}-{day:02}" if 0 < year < 10_000 else None
