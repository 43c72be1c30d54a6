"""HTML: a saved page as its main text, with what it says of itself.

The text is this project's own extraction: headings, paragraphs, items of lists, rows of tables, the
entries of a listing. Menus, share bars, cookie notices, related boxes, comments and pagers are left
out. So is the page's title, which the document has separately.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from qa.corpus import dates
from qa.corpus.decode import NotTextError, agreed, declared_codec, decode_page, guessed
from qa.corpus.formats.html import about, shown
from qa.corpus.formats.html.furniture import (
    is_bare,
    is_prose,
    strip_announced,
    strip_furniture,
    strip_small,
)
from qa.corpus.formats.html.listing import Entry, listing
from qa.corpus.formats.html.main import main_leaves
from qa.corpus.formats.html.tree import leaves, make_plain, parse_page, remove, words_of
from qa.corpus.formats.markup import Element, add_blocks
from qa.corpus.reading import (
    Reading,
    TextBuilder,
    UnreadableError,
    facets_note,
    joined,
    web_address,
    whole_characters,
)

_EDGE_LINES = 8
_EMPTY = Reading("", "utf-8", ())


def read_html(data: bytes) -> Reading:
    """Read a saved page. Raises UnreadableError for bytes that are no text, and for a page without text."""
    return _with_text(_page(data, None))


def read_mhtml(data: bytes, codec: str | None = None) -> Reading:
    """Read a page that a browser saved with its pictures: the first page in it.

    ``codec`` is its encoding, if that is known. Otherwise it is the one that the page declares, or its part.
    """
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                said = part.get("Content-Location") or message.get("Snapshot-Content-Location")
                if codec is None and declared_codec(body) is None:
                    codec = agreed(body, part.get_content_charset())
                reading = _page(body, web_address(str(said)), codec)
                sure = codec or reading.encoding == declared_codec(body)
                guess = None if sure else guessed(reading.encoding)
                return _with_text(replace(reading, note=joined(reading.note, guess)))
    raise UnreadableError("damaged: no page is in it")


def _with_text(reading: Reading) -> Reading:
    if not reading.text:
        raise UnreadableError("no main text: only what surrounds one, or what a script would show")
    return reading


def extract(page: bytes | str, url: str | None = None) -> Reading:
    """Return what ``qa.corpus.extract_html`` describes."""
    try:
        return read_page(page, url) if isinstance(page, str) else _page(page, url)
    except MemoryError:
        raise
    except Exception:
        # One bad page must not stop a caller with a thousand pages. No page is known to come here.
        return _EMPTY


def _page(data: bytes, url: str | None, codec: str | None = None) -> Reading:
    try:
        text, encoding = (data.decode(codec, "replace"), codec) if codec else decode_page(data)
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    return replace(read_page(text, url), encoding=encoding)


def read_page(text: str, url: str | None = None) -> Reading:
    """Read a page that was decoded; ``url`` is the address that it was fetched from, if known."""
    root = parse_page(text) if text.strip() else None
    if root is None:
        return _EMPTY
    said = about.said_by(root, text, url)
    base = about.base_of(root, said.url or url)
    told = None
    if said.published is None and not said.is_event:
        told = about.dated_by_attributes(root, said.url)
    make_plain(root)
    # While these are held, lxml keeps the same object for each element.
    held = list(root.iter())
    bare = not strip_furniture(root) and is_bare(root)
    body = root.find("body")
    parts = leaves(body)
    author, published, builder = ", ".join(said.authors), said.published, TextBuilder()
    year = published.value[:4] if published else dates.year_of(said.title or "")
    entries = (
        [] if said.is_text else listing(body, parts, base, year=year, doubted=said.may_be_text)
    )
    if entries:
        _add_entries(parts, entries, builder)
    else:
        names = (said.title, *said.names) if said.title else said.names
        author = author or shown.written_by(parts, names) or ""
        if not said.is_event:
            published = published or shown.dated_by(body, parts, names) or told
        _add_text(root, names, said.body, builder, bare=bare)
    del held
    words, blocks = builder.result(titled=False)
    if published is None and not entries and not said.is_event:
        lines = [line for line in words.splitlines() if line.strip()]
        published = dates.from_lines(lines[:_EDGE_LINES], lines[-_EDGE_LINES:])
    return Reading(
        words,
        "utf-8",
        blocks,
        title=_clean(said.title),
        published=published or about.dated_by_address(said.url),
        original_url=said.url,
        author=_clean(author),
        language=said.language,
        note=facets_note(said.gathered.left_out),
        facets=said.gathered.facets,
    )


def _add_text(
    root: Element, names: Sequence[str], said: str | None, builder: TextBuilder, *, bare: bool
) -> None:
    """Append the main text of a page; ``said`` has the text in its data for machines."""
    strip_announced(root)
    strip_small(root)
    body = root.find("body")
    parts = leaves(body)
    kept = set(main_leaves(root, parts, names, bare=bare))
    if said and 2 * sum(len(words_of(leaf)) for leaf in kept) < len(said):
        # A script shows the page's text, or the page has only its beginning.
        for line in unescape(said).splitlines():
            builder.add("paragraph", " ".join(line.split()))
        return
    for leaf in parts:
        if leaf not in kept:
            remove(leaf)
    add_blocks(body, builder)


def _clean(words: str | None) -> str | None:
    return whole_characters(words) if words else None


def _add_entries(parts: Sequence[Element], entries: Sequence[Entry], builder: TextBuilder) -> None:
    """Append the entries of a listing, and the introductions at their places."""
    entry_of = {part: entry for entry in entries for part in entry.parts}
    done: set[int] = set()
    for leaf in parts:
        entry = entry_of.get(leaf)
        if entry is None:
            if is_prose(leaf):
                builder.add("paragraph", words_of(leaf))
        elif id(entry) not in done:
            done.add(id(entry))
            builder.add("teaser", entry.words, about=entry.about)
