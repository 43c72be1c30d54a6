"""Pages that announce other pages: home pages, categories, search results.

Such a page is a row of entries of one form, each with its own link, and little other text. Each entry is
extracted with its title, its link, its date and its few lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from qa.corpus import dates
from qa.corpus.formats.html.about import absolute
from qa.corpus.formats.html.furniture import is_prose, is_saying, is_small, link_chars
from qa.corpus.formats.html.tree import HEADINGS, leaves, lines_of, words_of
from qa.corpus.formats.markup import BLOCKS, Element, local_name
from qa.records import About, Published

_LEAST = 3
_MAX_ENTRY = 700
_MAX_PARTS = 150
_MAX_MEAN = 450
_MIN_TITLE = 12
_PROSE_BESIDE = 0.25
_ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a listing: what it says of another page, and its leaves."""

    about: About
    words: str
    parts: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate: its link, and the elements that belong to it."""

    link: Element
    nodes: tuple[Element, ...]


def listing(
    body: Element,
    parts: Sequence[Element],
    base: str | None,
    *,
    year: str | None = None,
    doubted: bool = False,
) -> list[Entry]:
    """Return the entries of a listing page; none if the page is something else.

    ``parts`` are the leaves of ``body`` without boilerplate; ``year`` completes dates without a year. A page
    that is ``doubted``, because it calls itself an article, must have nothing but entries.
    """
    found = _candidates(body, base)
    if len(found) < _LEAST:
        return []
    taken: set[Element] = set()
    entries = []
    for candidate in found:
        own = tuple(leaf for node in candidate.nodes for leaf in leaves(node) or [node])
        own = tuple(leaf for leaf in own if leaf not in taken)
        entry = _entry(candidate.link, own, base, year)
        if entry:
            taken.update(own)
            entries.append(entry)
    entries = _dated_above(entries, parts, taken)
    beside = [leaf for leaf in parts if leaf not in taken and is_prose(leaf)]
    listed = sum(len(entry.words) for entry in entries)
    prose = sum(len(words_of(leaf)) for leaf in beside)
    if len(entries) < _LEAST or listed / len(entries) > _MAX_MEAN:
        return []
    other = sum(len(words_of(leaf)) - link_chars(leaf) for leaf in parts if leaf not in taken)
    if other > listed:
        return []
    if doubted:
        return entries if not beside and len(entries) >= 2 * _LEAST else []
    return entries if len(beside) <= 1 or prose < _PROSE_BESIDE * listed else []


def _dated_above(
    entries: list[Entry], parts: Sequence[Element], taken: Collection[Element]
) -> list[Entry]:
    """Give entries without dates the date above them, if the first entry has one there."""
    if any(entry.about.published for entry in entries):
        return entries
    above: dict[Element, Published | None] = {}
    date: Published | None = None
    for leaf in parts:
        if leaf not in taken:
            date = _date((words_of(leaf),), None) or date
        above[leaf] = date
    first = above.get(entries[0].parts[0]) if entries else None
    if first is None:
        return entries
    return [
        replace(entry, about=replace(entry.about, published=above.get(entry.parts[0])))
        for entry in entries
    ]


def _candidates(body: Element, base: str | None) -> list[_Found]:
    """Return the entries of every row of entries on a page, outermost rows first, in order."""
    found: list[_Found] = []
    covered: set[Element] = set()
    shapes: set[tuple[str, str]] = set()
    for node in _uncovered(body, covered):
        row = _row(node, base) or _flat_row(node, base)
        if row:
            found += row
            covered.update(part for entry in row for part in entry.nodes)
            shapes.update(_shape(entry.nodes[0]) for entry in row if len(entry.nodes) == 1)
    if not found:
        return []
    # An entry of the same form may stand alone, such as the first one on a home page.
    named = {shape for shape in shapes if shape[1]}
    for node in _uncovered(body, covered):
        link = _main_link(node) if _shape(node) in named and _is_short(node) else None
        if link is not None:
            found.append(_Found(link, (node,)))
            covered.add(node)
    return found


def _uncovered(body: Element, covered: Collection[Element]) -> Iterator[Element]:
    for node in body.iter():
        if local_name(node) and not any(a in covered for a in (node, *node.iterancestors())):
            yield node


def _row(node: Element, base: str | None) -> list[_Found]:
    """Return the entries that the children of an element are, if they have one form."""
    groups: dict[tuple[str, str], list[Element]] = {}
    for child in node:
        if local_name(child) and local_name(child) not in HEADINGS:
            groups.setdefault(_shape(child), []).append(child)
    best: list[_Found] = []
    for children in groups.values():
        if len(children) < _LEAST:
            continue
        row = []
        for child in children:
            link = _main_link(child) if _is_short(child) else None
            if link is not None:
                row.append(_Found(link, (child,)))
        if len(row) >= max(_LEAST, _ALIKE * len(children)) and _apart(row, base) > len(best):
            best = row
    return best


def _is_short(node: Element) -> bool:
    """Whether an element has the size of an entry, in its parts and in its text."""
    if sum(1 for _ in islice(node.iter(), _MAX_PARTS + 1)) > _MAX_PARTS:
        return False
    return len(words_of(node)) <= _MAX_ENTRY


def _flat_row(node: Element, base: str | None) -> list[_Found]:
    """Return entries that each begin with a linked heading, without an element around each."""
    row: list[list[Element]] = []
    links: list[Element] = []
    for child in node:
        if not local_name(child):
            continue
        if local_name(child) in HEADINGS:
            link = _main_link(child)
            if link is None:
                if row:
                    break
                continue
            row.append([child])
            links.append(link)
        elif row:
            row[-1].append(child)
    found = [
        _Found(link, tuple(nodes))
        for link, nodes in zip(links, row, strict=True)
        if sum(len(words_of(part)) for part in nodes) <= _MAX_ENTRY
    ]
    if len(found) < max(_LEAST, _ALIKE * len(row)) or not _apart(found, base):
        return []
    return found


def _shape(node: Element) -> tuple[str, str]:
    names = (node.get("class") or "").split()
    return local_name(node), next(
        (name for name in names if not any(c.isdigit() for c in name)), ""
    )


def _apart(row: Sequence[_Found], base: str | None) -> int:
    """Return how much text a row has; 0 unless its links lead to as many pages."""
    places = {absolute(entry.link.get("href"), base) or entry.link.get("href") for entry in row}
    if len(places) < max(_LEAST, _ALIKE * len(row)):
        return 0
    titles = sum(len(words_of(entry.link)) for entry in row)
    if titles < _MIN_TITLE * len(row):  # the words of a menu are short
        return 0
    return sum(len(words_of(node)) for entry in row for node in entry.nodes)


def _main_link(node: Element) -> Element | None:
    """Return the main link of an entry: the one in its heading, else the first that is long enough."""
    links = [link for link in _links(node) if _leads_on(link)]
    for link in links:
        around = {local_name(above) for above in link.iterancestors()}
        if around & HEADINGS or any(local_name(part) in HEADINGS for part in link.iter()):
            return link
    longest = max(links, key=lambda link: len(words_of(link)), default=None)
    if longest is None or is_saying(longest):
        return None
    # A link in running text is no title; a link on a line of its own, perhaps with a date, is one.
    home = next((above for above in longest.iterancestors() if local_name(above) in BLOCKS), node)
    title = words_of(longest)
    line = next((line for line in lines_of(home) if title in line), title)
    return longest if 2 * len(title) >= len(line) or home is node.getparent() else None


def _links(node: Element) -> Iterator[Element]:
    if local_name(node) == "a":
        yield node
    yield from (link for link in node.iter("a") if link is not node)


def _leads_on(link: Element) -> bool:
    href = (link.get("href") or "").strip().lower()
    return (
        bool(href)
        and not href.startswith(("#", "javascript:", "mailto:", "tel:"))
        and bool(words_of(link))
    )


def _entry(
    link: Element, parts: Sequence[Element], base: str | None, year: str | None
) -> Entry | None:
    title = _title_of(link)
    if not title:
        return None
    published: Published | None = None
    lines: list[str] = []
    for leaf in parts:
        times = list(leaf.iter("time"))
        for node in times:
            published = published or _date((node.get("datetime"), words_of(node)), None)
        if times and "".join(map(words_of, times)) == words_of(leaf):
            continue
        if _is_small(leaf, parts) and not _date((words_of(leaf),), year):
            continue
        for whole in lines_of(leaf):
            rest = whole.replace(title, "", 1).strip(" |·•–—-:,") if title in whole else whole
            date = _date((rest,), year) or dates.from_lines([rest], [], named=False)
            if date:
                published = published or date
            elif rest == whole or any(char.isalpha() for char in rest):
                lines += [] if is_saying(leaf) or _is_label(leaf, rest, link) else [rest]
    about = About(title, absolute(link.get("href"), base), published)
    return Entry(about, "\n".join((title, *dict.fromkeys(filter(None, lines)))), tuple(parts))


def _title_of(link: Element) -> str:
    """Return an entry's title; if the link is around the whole entry, its heading or its first line."""
    for node in link.iter():
        if local_name(node) in HEADINGS and words_of(node):
            return words_of(node)
    whole = words_of(link)
    lines = [words_of(leaf) for leaf in leaves(link)]
    return next((line for line in lines if len(line) >= _MIN_TITLE), whole)


def _is_label(leaf: Element, rest: str, link: Element) -> bool:
    """Whether a line names an author or a topic, or is another link to the page."""
    if len(rest) >= 30 or local_name(leaf) in HEADINGS or link in leaf.iterancestors():
        return False
    return 10 * link_chars(leaf) > 6 * len(words_of(leaf))


def _is_small(leaf: Element, parts: Sequence[Element]) -> bool:
    """Whether a line is about the entry: its author, its category and so on."""
    for node in (leaf, *leaf.iterancestors()):
        if node is not leaf and all(node in part.iterancestors() for part in parts):
            return False  # the entry itself, or what holds it
        if is_small(node):
            return True
    return False


def _date(many: Sequence[str | None], year: str | None) -> Published | None:
    for words in many:
        value = (dates.parse_date(words, year) or dates.parse_date(words[:10])) if words else None
        if words and value and len(value) > 4:
            return Published(value, words, "entry")
    return None
