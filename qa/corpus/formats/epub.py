"""EPUB: the chapters of a book in the order of its spine, read with zipfile and lxml."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from qa.corpus import dates
from qa.corpus.formats.markup import (
    Element,
    add_blocks,
    local_name,
    parse_xhtml,
    parse_xml,
    text_of,
)
from qa.corpus.formats.names import is_no_title
from qa.corpus.formats.zipped import Package
from qa.corpus.reading import (
    Reading,
    TextBuilder,
    UnreadableError,
    facets_note,
    language_code,
    web_address,
)
from qa.facets import Gathered, gather
from qa.records import Published

_CONTAINER = "META-INF/container.xml"
_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(data: bytes) -> Reading:
    """Read a book that has no copy protection; its title is the one that it gives itself."""
    package = Package(data)
    place, book = _book(package)
    builder = TextBuilder()
    chapters = _chapters(book, place)
    for chapter in chapters:
        part = package.part(chapter)
        root = parse_xhtml(part) if part else None
        if root is not None:
            add_blocks(root, builder)
    # The first chapter's heading is a heading: the title is the book's.
    text, blocks = builder.result(titled=False)
    if chapters and not blocks and "META-INF/encryption.xml" in package:
        raise UnreadableError("encrypted: it is protected against copying")
    gathered = _facets(book)
    published, made = _dated(book)
    return Reading(
        text,
        "utf-8",
        blocks,
        title=next((words for words in _all(book, "title") if not is_no_title(words)), None),
        published=published,
        made=made,
        original_url=next(filter(None, map(web_address, _all(book, "source", "identifier"))), None),
        author=", ".join(_all(book, "creator")[:20]) or None,
        language=language_code(_said(book, "language")),
        note=facets_note(gathered.left_out),
        facets=gathered.facets,
    )


def _book(package: Package) -> tuple[str, Element]:
    """Return the place of the book's description, and its root."""
    container = package.part(_CONTAINER)
    if container is None:
        raise UnreadableError("damaged: no book is in it")
    for node in parse_xml(container).iter():
        if local_name(node) == "rootfile":
            place = unquote(node.get("full-path", ""))
            part = package.part(place)
            if part is not None:
                return place, parse_xml(part)
    raise UnreadableError("damaged: the book's description is not in it")


def _chapters(book: Element, place: str) -> list[str]:
    """Return the places of the chapters in reading order; a table of contents is none of them."""
    items: dict[str, str] = {}
    for node in book.iter():
        chapter = local_name(node) == "item" and node.get("media-type", "") in _CHAPTERS
        if chapter and "nav" not in node.get("properties", "").split():
            items[node.get("id", "")] = node.get("href", "")
    folder = posixpath.dirname(place)
    found = []
    for node in book.iter():
        href = items.pop(node.get("idref", ""), None) if local_name(node) == "itemref" else None
        if href:
            found.append(posixpath.normpath(posixpath.join(folder, unquote(href.split("#")[0]))))
    return found


def _all(book: Element, name: str, *others: str) -> list[str]:
    found = []
    for wanted in (name, *others):
        for node in book.iter():
            if local_name(node) == wanted and "purl.org/dc/" in node.tag:
                found.append(text_of(node))
    return [words for words in found if words]


def _said(book: Element, name: str) -> str | None:
    return next(iter(_all(book, name)), None)


def _facets(book: Element) -> Gathered:
    named = (
        ("author", "creator"),
        *((n, n) for n in ("contributor", "publisher", "subject", "type")),
    )
    said: list[tuple[str, object]] = [(name, _all(book, element)) for name, element in named]
    for node in book.iter():
        if local_name(node) == "meta":
            if node.get("property") == "belongs-to-collection":
                said.append(("series", text_of(node)))
            elif node.get("name") == "calibre:series":
                said.append(("series", node.get("content", "")))
    return gather(said)


_CLOCK = re.compile(r"[T ]\d\d:\d\d(?::(?P<seconds>\d\d(?:[.,]\d+)?))?")


def _dated(book: Element) -> tuple[Published | None, Published | None]:
    """Return the date that the publisher gives, and a weaker one that a program may have written.

    A day is the publisher's; a moment with seconds was written by a program, which knows when it ran. If it ran
    to convert the book, the moment is near the last change of the file, and says nothing of the book.
    """
    changed = [
        text_of(node)[:10]
        for node in book.iter()
        if local_name(node) == "meta" and node.get("property") == "dcterms:modified"
    ]
    made = None
    for node in book.iter():
        if local_name(node) != "date" or "purl.org/dc/" not in node.tag:
            continue
        words = text_of(node)
        value = dates.parse_date(words) or dates.parse_date(words[:10])
        event = next((v for name, v in node.attrib.items() if name.endswith("event")), "").lower()
        if value is None or not (event in ("", "creation") or "publication" in event):
            continue
        said = Published(value, words, "book's description")
        clock = _CLOCK.search(words)
        seconds = (clock["seconds"] or "").strip("0.,") if clock else ""
        if "publication" in event:
            return said, None
        if not event and not seconds and words[:10] not in changed:
            return said, None
        if not (seconds and words[:10] in changed):
            made = made or said
    return None, made
