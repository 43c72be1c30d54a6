"""ODT: an OpenDocument text in order, with its numbers, headings, tables, notes and comments.

zipfile and lxml read the parts: the existing libraries for this format unpack every part without a
limit, or are under the GPL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from qa.corpus.formats.flow import Flow
from qa.corpus.formats.formulas import math_text
from qa.corpus.formats.markup import Element, local_name, parse_xml, text_of
from qa.corpus.formats.odt.body import Body, filled_in
from qa.corpus.formats.odt.names import META, OFFICE, STYLE, XLINK
from qa.corpus.formats.odt.numbering import Numbering
from qa.corpus.formats.odt.styles import Styles, of_document
from qa.corpus.formats.properties import (
    Properties,
    keywords_and_more,
    left_out_note,
    no_text,
    written,
)
from qa.corpus.formats.zipped import Package
from qa.corpus.reading import Reading, UnreadableError, facets_note, joined, language_code


def read_odt(data: bytes) -> Reading:
    """Read an OpenDocument text, packed or as one XML file."""
    package = None if data.lstrip().startswith(b"<") else Package(data)
    if package is None:
        content = styles = meta = parse_xml(data)
    else:
        manifest = package.part("META-INF/manifest.xml") or b""
        if b"encryption-data" in manifest:
            raise UnreadableError("encrypted: it needs a password")
        content = _root(package, "content.xml")
        styles, meta = _root(package, "styles.xml"), _root(package, "meta.xml")
    body = of_document(content, "body")
    text = None if body is None else body.find(f"{OFFICE}text")
    if text is None:
        raise UnreadableError("damaged: no text document is in it")
    flow, left_out = Flow(), Counter[str]()
    roots = [root for root in (styles, content) if root is not None]
    looks, numbering = Styles(roots), Numbering(roots)
    # Pages have automatic styles with names of their own.
    page_looks, page_numbering = Styles(roots[:1]), Numbering(roots[:1])
    for edge in _edges(styles, looks, "header"):
        Body(flow, page_looks, page_numbering, left_out=left_out, edge=True).read(edge)
    Body(
        flow,
        looks,
        numbering,
        left_out=left_out,
        embedded=lambda node: _formula(package, node),
        filled=filled_in(text),
    ).read(text)
    for edge in _edges(styles, looks, "footer"):
        Body(flow, page_looks, page_numbering, left_out=left_out, edge=True).read(edge)
    about = _properties(meta)
    found = flow.written(about.title)
    note = left_out_note(left_out)
    no_text(found.text, note)
    return Reading(
        found.text,
        "utf-8",
        found.blocks,
        title=found.title,
        author=about.author,
        language=about.language,
        made=about.made,
        note=joined(note, facets_note(about.gathered.left_out)),
        facets=about.gathered.facets,
    )


def _root(package: Package, name: str) -> Element | None:
    part = package.part(name)
    return parse_xml(part) if part else None


def _edges(styles: Element | None, looks: Styles, kind: str) -> Iterator[Element]:
    """Yield the headers or footers of the document's pages, each text once."""
    masters = of_document(styles, "master-styles")
    used = {"Standard", *looks.masters()}
    told: set[str] = set()
    for master in () if masters is None else masters:
        if master.get(f"{STYLE}name") not in used:
            continue
        for node in master:
            name = local_name(node)
            if name == kind or (name.startswith(f"{kind}-") and name != f"{kind}-style"):
                words = text_of(node)
                if words not in told and node.get(f"{STYLE}display") != "false":
                    told.add(words)
                    yield node


def _formula(package: Package | None, node: Element) -> str | None:
    """Return the text of an embedded formula; None for other things."""
    root = next((child for child in node if local_name(child) == "math"), None)
    place = node.get(f"{XLINK}href", "").removeprefix("./").strip("/")
    if root is None and package is not None and place:
        try:
            root = _root(package, f"{place}/content.xml")
        except UnreadableError:
            return None
    if root is None or local_name(root) != "math":
        return None
    return math_text(root)


def _properties(meta: Element | None) -> Properties:
    about = of_document(meta, "meta")
    if about is None:
        return Properties()
    told = {local_name(node): text_of(node) for node in about if local_name(node)}
    keywords = [text_of(node) for node in about if local_name(node) == "keyword"]
    author = told.get("initial-creator") or told.get("creator") or ""
    title = told.get("title", "")
    template = about.find(f"{META}template")
    made = written(told.get("creation-date"), told.get("date"))
    if made and template is not None and template.get(f"{META}date", "")[:10] == made.value:
        made = None
    return Properties(
        title=title if len(title) > 2 else None,
        author=author if " " in author else None,
        language=language_code(told.get("language")),
        made=made,
        gathered=keywords_and_more(",".join(keywords), subject=told.get("subject")),
    )
