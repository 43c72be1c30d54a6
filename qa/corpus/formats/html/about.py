"""What a web page says of itself: title, author, language, address, and when it was published.

Statements for machines are used first, then what is written for people, then what can only be guessed. A date
is stored with the words that state it. The time when a page was changed or fetched is never used.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from qa.corpus import dates
from qa.corpus.formats.html.beside import introduced_by, is_aside
from qa.corpus.formats.html.furniture import in_furniture
from qa.corpus.formats.html.title import title_of
from qa.corpus.formats.html.tree import words_of
from qa.corpus.formats.markup import Element, local_name
from qa.corpus.reading import language_code, web_address
from qa.facets import NO_FACETS, Gathered, gather
from qa.records import Published

_MAX_NODES = 5_000
_TEXTS = re.compile(
    r".*(?:Article|Posting|Report|Review|Recipe|Book|Thesis|Episode|QAPage|CreativeWork)"
)
_PAGES = re.compile(r".*(?:Page|Event|Product|VideoObject|Question|Dataset|Course)")
_TITLES = (
    "citation_title", "og:title", "dc.title", "dcterms.title", "twitter:title", "parsely-title",
    "sailthru.title",
)  # fmt: skip
_AUTHORS = (
    "citation_author", "author", "article:author", "dc.creator", "dcterms.creator", "dc.contributor",
    "parsely-author", "sailthru.author", "book:author", "byl", "twitter:data1",
)  # fmt: skip
_DATES = (
    "article:published_time", "og:article:published_time", "citation_publication_date",
    "citation_online_date", "citation_date", "datepublished", "dc.date.issued", "dcterms.issued",
    "dc.issued", "publishdate", "publish_date", "publish-date", "publication_date",
    "publication-date", "published_date", "pubdate", "parsely-pub-date", "sailthru.date",
    "article.published", "article_date_original", "og:published_time", "dc.date", "dcterms.date",
    "dcterms.created", "dc.date.created", "dc.created", "datecreated", "date", "displaydate",
    "pub_date", "pub-date", "originalpublicationdate", "rnews:datepublished", "bt:pubdate",
    "cxenseparse:recs:publishtime",
)  # fmt: skip
_FACETS = (
    ("section", "article:section"), ("tags", "article:tag"), ("subject", "dc.subject"),
    ("subject", "dcterms.subject"), ("publisher", "dc.publisher"), ("site", "og:site_name"),
)  # fmt: skip
_LANGUAGES = (
    "content-language",
    "citation_language",
    "dc.language",
    "dcterms.language",
    "language",
)
CHANGED = re.compile(
    r"modif|updat|chang|expir|revis|access|review|edited|aktualisier|geändert|bearbeitet|mis(?:e)? à jour|"
    r"actualiza|atualiza|aggiornat|bijgewerkt|uppdatera|opdatere|oppdater|обновл|изменен|zaktualiz|更新",
    re.IGNORECASE,
)
"""Words before the date when a page was changed, not published."""
_IN_ADDRESS = re.compile(
    r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01]))?(?=[/-]|$)"
)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d{1,6}\)(\S{1,2000})", re.IGNORECASE)
BY = re.compile(
    r"(?:(?:written|posted|published|reported)\s+)?(?:by|von|por|par|di)\b\s*:?\s+|"
    r"(?:words|text|author|autor)\s*:\s*",
    re.IGNORECASE,
)
MAX_NAME = 80
_LEAST_BODY = 250


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of itself. ``names`` are all titles that it gives itself."""

    title: str | None = None
    names: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    url: str | None = None
    published: Published | None = None
    is_text: bool = False
    """Whether its data say that it is an article or similar, and not a page of links to articles."""
    may_be_text: bool = False
    """Whether it says so in a place where pages of links say so too."""
    is_event: bool = False
    body: str | None = None
    """The text in its data for machines, if there is one."""
    gathered: Gathered = NO_FACETS


def address_of(root: Element, text: str, url: str | None) -> str | None:
    """Return the address of a page: the one that it names as its own, else where it was saved from."""
    base = url or _saved_from(text)
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            found = absolute(link.get("href"), base)
            if found:
                return found
    metas = _metas(root)
    return absolute(_first(metas, ("og:url",)), base) or web_address(base)


def base_of(root: Element, url: str | None) -> str | None:
    """Return the address that the links of a page are relative to."""
    for node in root.iter("base"):
        if node.get("href"):
            return absolute(node.get("href"), url) or url
    return url


def absolute(href: str | None, base: str | None) -> str | None:
    """Return the absolute web address of a link; None if it has none."""
    if not href or href.strip().startswith("#"):
        return None
    try:
        return web_address(urljoin(base or "", href.strip()))
    except ValueError:
        return None


def _saved_from(text: str) -> str | None:
    found = _SAVED_FROM.search(text, 0, 4096)
    return web_address(found[1]) if found else None


def said_by(root: Element, text: str, url: str | None) -> Said:
    """Return what a page, as parsed, says for machines."""
    metas = _metas(root)
    things = list(_things(root))
    texts = [thing for thing in things if _TEXTS.fullmatch(_type(thing))]
    pages = [thing for thing in things if _PAGES.fullmatch(_type(thing))]
    address = address_of(root, text, url)
    headline = next(filter(None, (_words(t.get("headline") or t.get("name")) for t in texts)), None)
    title = next((words_of(node) for node in root.iter("title") if words_of(node)), None)
    names = (headline, _first(metas, _TITLES), title)
    said_type = (_first(metas, ("og:type",)) or "").lower()
    return Said(
        title=title_of(
            root, headline, _first(metas, _TITLES), title, _first(metas, ("og:site_name",))
        ),
        names=tuple(name for name in names if name),
        authors=_authors(texts or pages, metas),
        language=_language(root, texts, metas),
        url=address,
        published=_published(texts, metas) or _published(pages, {}),
        is_text=0 < len(texts) <= 3,
        may_be_text=said_type == "article" or bool(pages and not _type(pages[0]).endswith("Page")),
        is_event=any(_type(thing).endswith("Event") for thing in things),
        body=_body(texts) if len(texts) == 1 else None,
        gathered=_facets(texts or pages, metas),
    )


def _facets(things: Sequence[Mapping[str, Any]], metas: Mapping[str, list[str]]) -> Gathered:
    found: list[tuple[str, object]] = [
        ("author", _authors(things, metas)),
        ("keywords", [word for line in metas.get("keywords", ()) for word in line.split(",")]),
    ]
    found += [(name, metas[meta]) for name, meta in _FACETS if meta in metas]
    return gather(found)


def _metas(root: Element) -> dict[str, list[str]]:
    """Return what the meta elements of a page say, by their names in lower case."""
    found: dict[str, list[str]] = {}
    for node in root.iter("meta"):
        content = " ".join((node.get("content") or "").split())
        for attribute in ("name", "property", "itemprop", "http-equiv"):
            name = (node.get(attribute) or "").strip().lower()
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def _first(metas: Mapping[str, list[str]], names: Sequence[str]) -> str | None:
    return next((metas[name][0] for name in names if name in metas), None)


def _things(root: Element) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a page's JSON-LD, in the order in which they stand."""
    for node in root.iter("script"):
        if "ld+json" not in (node.get("type") or "").lower():
            continue
        source = (node.text or "").strip().removesuffix(";")
        try:
            value = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue
        waiting, count = [value], 0
        while waiting and count < _MAX_NODES:
            value, count = waiting.pop(0), count + 1
            if isinstance(value, list):
                waiting[:0] = value[:_MAX_NODES]
            elif isinstance(value, dict):
                yield value
                inner = (
                    value.get("@graph"),
                    value.get("mainEntity"),
                    value.get("mainEntityOfPage"),
                )
                waiting[:0] = [part for part in inner if isinstance(part, dict | list)]


def _type(thing: Mapping[str, Any]) -> str:
    kind = thing.get("@type")
    kinds = [str(one) for one in kind] if isinstance(kind, list) else [str(kind or "")]
    return next((one for one in kinds if _TEXTS.fullmatch(one)), kinds[0] if kinds else "")


def _words(value: Any) -> str | None:
    return (" ".join(value.split()) or None) if isinstance(value, str) else None


def _body(things: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the text in the data of an article, without its markup."""
    body = next((thing.get("articleBody") for thing in things), None)
    if not isinstance(body, str) or len(body) < _LEAST_BODY:
        return None
    return (
        re.sub(r"</?\w[^<>]{0,500}>", "\n", body)
        if re.search(r"</(?:p|div|br)\b|<br", body)
        else body
    )


def _published(
    things: Sequence[Mapping[str, Any]], metas: Mapping[str, list[str]]
) -> Published | None:
    for thing in things:
        for name in ("datePublished", "dateCreated", "uploadDate"):
            found = dated(_words(thing.get(name)), "JSON-LD")
            if found:
                return found
    for name in _DATES:
        for content in metas.get(name, ()):
            found = dated(content, "meta element")
            if found:
                return found
    return None


_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{4,6}\S*)?$")


def dated(words: str | None, origin: str) -> Published | None:
    """Return the date that the words are, with the place where they stood; None if they are no date."""
    compact = _COMPACT.match(words.strip()) if words else None
    said = "-".join(compact.groups()) if compact else words
    value = (dates.parse_date(said) or dates.parse_date(said[:10])) if said else None
    # Programs write these if they know no date.
    return Published(value, words, origin) if value and words and value != "1970-01-01" else None


def _authors(
    things: Sequence[Mapping[str, Any]], metas: Mapping[str, list[str]]
) -> tuple[str, ...]:
    for thing in things:
        found = _names(thing.get("author") or thing.get("creator"))
        if found:
            return found
    for name in _AUTHORS:
        label = _first(metas, ("twitter:label1",)) or "by"
        if name == "twitter:data1" and not re.search(r"\b(?:by|von|por|par|author)\b", label, re.I):
            continue
        found = _names(metas.get(name))
        if found:
            return found
    return ()


def _names(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    found: dict[str, None] = {}
    for one in many[:20]:
        name = _words(one.get("name") if isinstance(one, dict) else one)
        if name and len(name) <= 2 * MAX_NAME and not re.search(r"://|@|^www\.|[<>{}]", name):
            found[BY.sub("", name, count=1).strip() if BY.match(name) else name] = None
    return tuple(name for name in found if name)


def _language(
    root: Element, things: Sequence[Mapping[str, Any]], metas: Mapping[str, list[str]]
) -> str | None:
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    given = [
        root.get("lang"),
        root.get(xml),
        root.get("xml:lang"),
        *(t.get("inLanguage") for t in things),
    ]
    given += [_first(metas, (name,)) for name in (*_LANGUAGES, "og:locale")]
    return next(filter(None, map(language_code, given)), None)


def dated_by_address(url: str | None) -> Published | None:
    """Return the date in a page's address, as in "/2018/06/17/fig-tree/"."""
    try:
        found = _IN_ADDRESS.search(urlsplit(url or "").path)
    except ValueError:
        return None
    if not found:
        return None
    words = "-".join(part.zfill(2) for part in found.groups() if part)
    value = dates.parse_date(words)
    return Published(value, found[0].strip("/"), "address") if value else None


def dated_by_attributes(root: Element, url: str | None) -> Published | None:
    """Return the date that htmldate (Apache-2.0) finds, if an attribute of the page confirms it."""
    import htmldate

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    try:
        value = htmldate.find_date(root, extensive_search=False, original_date=True, url=url)
    except Exception:
        # If it raises any error for an odd page, the page has no date.
        return None
    if not value:
        return None
    for node in root.iter("meta", "time", "abbr", "span"):
        told = " ".join(
            str(node.get(name) or "") for name in ("name", "property", "itemprop", "class")
        )
        if CHANGED.search(told) or CHANGED.search(introduced_by(node)):
            continue
        if is_aside(node) or in_furniture(node):
            continue
        for name in ("content", "datetime", "title", "data-date"):
            found = dated(node.get(name), f"{local_name(node)} element")
            if found and found.value == value:
                return found
    return None
