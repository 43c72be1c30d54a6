"""Web pages as trees in which every piece of text has an element of its own.

lxml (BSD) parses any input, as browsers do. Then the tree is simplified. Parts that a page does not show are
removed. Tables that only arrange things become boxes. Loose text between boxes, and text divided by two line
breaks, becomes paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile

from lxml import etree, html

from qa.corpus.formats.html.closed import is_hidden, open_closed
from qa.corpus.formats.markup import BLOCKS, Element, local_name, walk
from qa.corpus.reading import whole_characters

_MAX_DEPTH = 200
"""Deeper elements are removed and their text is kept: real pages are not so deep, and libraries recurse."""
_UNSEEN = frozenset(
    "applet audio button canvas datalist dialog embed head iframe input link map math meta noscript object "
    "option script select style svg template textarea title video".split()
)
_OF_HEAD = frozenset(
    "base basefont bgsound link meta noframes noscript script style template title".split()
)
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_SPACES = str.maketrans("\v\f", "  ")
_CELLS = ("td", "th")
_LONG_CELL = 300
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MAX_HEADING = 300


def parse_page(text: str) -> Element | None:
    """Return the root of a page as it was written; None if it cannot be parsed.

    libxml2 reads at most 2,048 levels of elements: deeper ones are left out.
    """
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    data = _sayable(whole_characters(text)).encode()
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    if root.find("body") is None:
        body = root.makeelement("body")
        body.extend([child for child in root if local_name(child) != "head"])
        root.append(body)
    _end_head(root)
    return root


def _end_head(root: Element) -> None:
    """End the head before the first element that a head cannot have: libxml2 does not know HTML 5.

    Otherwise, if a page begins with a title and an ``article`` and omits optional tags, all of its text
    would be in its head.
    """
    head, body = root.find("head"), root.find("body")
    if head is None or body is None:
        return
    shown = list(dropwhile(lambda child: local_name(child) in ("", *_OF_HEAD), head))
    if shown:
        last = shown[-1]
        last.tail = (last.tail or "") + (body.text or "")
        body.text = None
        body[:0] = shown


def make_plain(root: Element) -> None:
    """Leave in a page only what it shows, each piece of running text in an element of its own."""
    _flatten(root)
    open_closed(root)
    for node in list(root.iter()):
        name = local_name(node)
        if not name:  # an entity, or anything else that is no element
            continue
        if name == "button" and local_name(node.getparent()) in {*HEADINGS, "dt", "summary"}:
            node.tag = "span"  # a heading that is also the switch for what is below it
        elif name in _UNSEEN and name != "head":
            _remove(node)
        elif name == "br" and node.text:
            node.text = None
    _remove_hidden(root)
    for table in list(root.iter("table")):
        if _is_layout(table):
            _as_boxes(table)
    body = root.find("body")
    if body is not None:
        _part_text(body)


def leaves(root: Element) -> list[Element]:
    """Return, in order, the elements of a plain page that hold its text: paragraphs, items, tables."""
    found = []
    inside: Element | None = None
    boxes = _boxes(root)
    for began, node in walk(root):
        if inside is not None:
            if not began and node is inside:
                inside = None
        elif began and _is_leaf(node, boxes) and words_of(node):
            inside = node
            found.append(node)
    return found


def words_of(node: Element) -> str:
    """Return the text within an element on one line."""
    if not len(node):
        return " ".join((node.text or "").split())
    return " ".join("".join(_spaced(node)).split())


def lines_of(node: Element) -> list[str]:
    """Return the text within an element, divided where its lines break."""
    words = []
    for began, part in walk(node):
        words.append((part.text or "") if began else (part.tail or "") if part is not node else "")
        if began:
            words.append("\n" if part.tag == "br" else " " if part.tag in BLOCKS else "")
    return [" ".join(line.split()) for line in "".join(words).split("\n") if line.strip()]


def _spaced(node: Element) -> Iterator[str]:
    for began, part in walk(node):
        if began:
            yield (part.text or "") if isinstance(part.tag, str) else ""
            if part.tag == "br" or part.tag in BLOCKS:
                yield " "
        else:
            if part.tag in BLOCKS:
                yield " "
            if part is not node:
                yield part.tail or ""


def remove(node: Element) -> None:
    """Remove an element from its tree; the text after it stays."""
    _remove(node)


def _remove(node: Element) -> None:
    parent = node.getparent()
    if parent is None:
        return
    tail = node.tail
    if tail:
        before = node.getprevious()
        if before is not None:
            before.tail = _sayable((before.tail or "") + tail)
        else:
            parent.text = _sayable((parent.text or "") + tail)
    parent.remove(node)


def _sayable(words: str) -> str:
    """Return text without characters that a reference can name but a tree cannot hold."""
    return _NO_TEXT.sub("", words).translate(_SPACES)


def _flatten(root: Element) -> None:
    depth = 0
    deep = []
    for began, node in walk(root):
        depth += 1 if began else -1
        if began and depth > _MAX_DEPTH and local_name(node):
            deep.append(node)
    for node in reversed(deep):
        _unwrap(node)


def _unwrap(node: Element) -> None:
    """Put an element's children in its place."""
    parent, place = node.getparent(), node.getparent().index(node)
    children = list(node)
    text, tail = node.text or "", node.tail or ""
    if children:
        children[-1].tail = _sayable((children[-1].tail or "") + " " + tail)
    else:
        text += " " + tail
    if place:
        before = parent[place - 1]
        before.tail = _sayable((before.tail or "") + " " + text)
    else:
        parent.text = _sayable((parent.text or "") + " " + text)
    node.tail = None
    parent[place : place + 1] = children


def _remove_hidden(root: Element) -> None:
    """Remove hidden parts, unless they are most of the page: then a script was to show them."""
    body = root.find("body")
    if body is None:
        return
    hidden = [node for node in body.iter() if local_name(node) and is_hidden(node)]
    if not hidden:
        return
    whole = len(words_of(body))
    for node in hidden:
        size = len(words_of(node))
        if node is not body and 2 * size < whole:
            _remove(node)
            whole -= size


def _is_layout(table: Element) -> bool:
    """Whether a table only arranges things on a page and has no data."""
    if table.get("role") in ("presentation", "none"):
        return True
    rows = cells = widest = 0
    for node in table.iter():
        name = local_name(node)
        if name == "table" and node is not table:
            return True
        if name in ("th", "caption"):
            return False
        if name == "tr":
            rows += 1
            widest = max(widest, sum(local_name(cell) in _CELLS for cell in node))
        elif name in _CELLS:
            cells += 1
            boxes = sum(local_name(child) in BLOCKS for child in node)
            if boxes > 1 or len(words_of(node)) > _LONG_CELL:
                return True
            if any(local_name(child) in ("h1", "h2", "h3", "ul", "ol") for child in node):
                return True
    return rows < 2 or widest < 2


def _as_boxes(table: Element) -> None:
    """Make boxes of a table's parts; tables inside it are judged separately."""
    parts = [table]
    while parts:
        node = parts.pop()
        node.tag = "div"
        parts += [
            child
            for child in node
            if local_name(child)
            in ("thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col")
        ]


def _boxes(root: Element) -> set[Element]:
    """Return the elements that divide text: boxes, and elements with a box or two line breaks inside."""
    found: set[Element] = set()
    for began, node in walk(root):
        if began or not local_name(node):
            continue
        if local_name(node) in BLOCKS or any(child in found for child in node) or _parts(node):
            found.add(node)
    return found


def _parts(node: Element) -> bool:
    """Whether two line breaks follow each other among an element's children."""
    if local_name(node) == "pre":
        return False
    return any(_breaks_with_next(child) for child in node)


def _breaks_with_next(node: Element) -> bool:
    after = node.getnext()
    return (
        node.tag == "br"
        and after is not None
        and after.tag == "br"
        and not (node.tail or "").strip()
    )


def _is_whole(node: Element) -> bool:
    """Whether an element's text is one piece, whatever is in it."""
    name = local_name(node)
    return name in ("table", "pre") or (name in HEADINGS and len(words_of(node)) <= _MAX_HEADING)


def _is_leaf(node: Element, boxes: set[Element]) -> bool:
    if _is_whole(node):
        return True
    return node in boxes and not any(child in boxes for child in node)


def _part_text(body: Element) -> None:
    """Put loose text beside boxes, or between two line breaks, into paragraphs."""
    boxes = _boxes(body)
    inside: Element | None = None
    order = []
    for began, node in walk(body):
        if inside is not None:
            inside = None if not began and node is inside else inside
        elif began and _is_whole(node):
            inside = node
        elif began and node in boxes:
            order.append(node)
    for node in order:
        if any(child in boxes for child in node) or _parts(node) or local_name(node) == "body":
            name = local_name(node)
            # Only a box may hold paragraphs; a link with boxes inside stays a link.
            if name != "a" and (name in {"p", *HEADINGS} or name not in BLOCKS):
                node.tag = "div"
            _wrap_runs(node, boxes)


def _wrap_runs(node: Element, boxes: set[Element]) -> None:
    """Wrap each run of text and inline elements among an element's children in a paragraph."""
    children = list(node)
    run: list[Element] = []
    words, node.text = node.text or "", None
    for child in children:
        node.remove(child)

    def close() -> None:
        nonlocal run, words
        if words.strip() or any(words_of(part) or (part.tail or "").strip() for part in run):
            paragraph = node.makeelement("p")
            paragraph.text = _sayable(words)
            paragraph.extend(run)
            node.append(paragraph)
        else:
            node.extend(part for part in run if part.tag != "br")
        run, words = [], ""

    skip = False
    for n, child in enumerate(children):
        tail, child.tail = child.tail or "", None
        if child in boxes:
            close()
            node.append(child)
            words = tail
        elif skip or (child.tag == "br" and not tail.strip() and _next_is_break(children, n)):
            if not skip:
                close()
            # One of several breaks; the text after the last one begins the next paragraph.
            skip = not tail.strip() and _next_is_break(children, n)
            words += tail
        else:
            child.tail = _sayable(tail) or None
            run.append(child)
    close()


def _next_is_break(children: list[Element], n: int) -> bool:
    return n + 1 < len(children) and children[n + 1].tag == "br"
