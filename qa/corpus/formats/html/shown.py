"""The author and the date that a web page shows to people: bylines, datelines, time elements."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.corpus import dates
from qa.corpus.formats.html.about import BY, CHANGED, MAX_NAME, dated
from qa.corpus.formats.html.beside import introduced_by, is_aside
from qa.corpus.formats.html.furniture import is_prose, names_of
from qa.corpus.formats.html.title import letters
from qa.corpus.formats.html.tree import lines_of, words_of
from qa.corpus.formats.markup import Element, local_name, walk
from qa.records import Published

_PUBLISHED = frozenset(
    {"published", "pubdate", "datepublished", "entry-date", "post-date", "dt-published"}
)
_ON = re.compile(
    r"[\s,|·–—-]+(?:(?:published|posted|publié|publicado|veröffentlicht)\s*)?(?:on|le|el|am|the)?$",
    re.I,
)
_SAYS_PUBLISHED = re.compile(
    r"(?:first )?(?:published|posted|publicado|publié|veröffentlicht)\b", re.I
)
_NAME = re.compile(r"[^\W\d_][\w.'’\-]*(?: (?:[^\W\d_][\w.'’\-]*|&)){0,6}")


def written_by(parts: Sequence[Element], names: Sequence[str]) -> str | None:
    """Return the author that a page shows: by a link, a class, or a line "By ..."."""
    found: dict[str, None] = {}
    for leaf in parts:
        for began, node in walk(leaf):
            if began and local_name(node) and _names_author(node):
                found[_by(words_of(node)) or ""] = None
        for above in leaf.iterancestors():
            if _names_author(above):
                found[_by(words_of(above)) or ""] = None
                break
    people = [name for name in found if name]
    if len(people) == 1 or (people and all(people[0] in name for name in people)):
        return people[0]
    if people:  # in a forum, each post has one
        return None
    for leaf in _head(parts, names):
        words = words_of(leaf)
        if BY.match(words):
            name = _by(words)
            if name:
                return name
    return None


def _names_author(node: Element) -> bool:
    if "author" in (node.get("rel") or "").lower().split() or node.get("itemprop") == "author":
        return True
    words = set(names_of(node))
    return bool(words & {"byline", "author", "autor", "vcard"}) and not words & {
        "bio", "box", "info", "avatar", "image", "about",
    }  # fmt: skip


def _by(words: str) -> str | None:
    """Return the name in a byline; None if there is more than a name."""
    when = dates.at_end(words)
    if when:
        words = words.strip().removesuffix(when.evidence).rstrip(" ,|·–—-")
        words = _ON.sub("", words)
    words = BY.sub("", words, count=1).strip(" ,|·–—-") if BY.match(words) else words
    if len(words) <= MAX_NAME and _NAME.fullmatch(words) and words[0].isupper():
        return words
    return None


def _head(parts: Sequence[Element], names: Sequence[str]) -> list[Element]:
    """Return the leaves between a page's title and its first paragraph; a summary does not count."""
    titles = {letters(name) for name in names}
    start = max(
        (n + 1 for n, leaf in enumerate(parts[:200]) if letters(words_of(leaf)) in titles),
        default=0,
    )
    found: list[Element] = []
    prose = 0
    for leaf in parts[start : start + 12]:
        prose += is_prose(leaf)
        if prose > 1:
            break
        found.append(leaf)
    return found


def dated_by(root: Element, parts: Sequence[Element], names: Sequence[str]) -> Published | None:
    """Return the date of publication that a plain page shows: a time element, or a line at its head."""
    shown = [node for node in root.iter("time") if not is_aside(node)]
    before = {node: introduced_by(node) for node in shown}
    times = [
        node
        for node in shown
        if not CHANGED.search(node.get("class") or "") and not CHANGED.search(before[node])
    ]
    marked = [
        node
        for node in root.iter()
        if local_name(node)
        and (
            (node.get("itemprop") or "") in ("datePublished", "dateCreated")
            or node.get("pubdate") is not None
        )
        and not is_aside(node)
    ]
    named = [node for node in times if _PUBLISHED & set(names_of(node))]
    head = _head(parts, names)
    first = [node for leaf in head for node in leaf.iter("time") if node in times]
    told = [node for node in times if _SAYS_PUBLISHED.search(before[node])]
    for node in (*marked, *named, *told, *first):
        for words in (node.get("datetime"), node.get("content"), words_of(node)):
            found = dated(words, "time element")
            if found:
                return found
    shapes = [(leaf.tag, leaf.get("class")) for leaf in parts]
    for leaf in head:
        words = words_of(leaf)
        if len(words) > 2 * MAX_NAME or CHANGED.search(words) or is_prose(leaf):
            continue
        alone = dates.from_lines([words], [], named=False)
        if alone:
            return alone
        single = not leaf.get("class") or shapes.count((leaf.tag, leaf.get("class"))) == 1
        ending = dates.at_end(words) if single else None
        if ending:
            return ending
    for leaf in parts:
        for line in lines_of(leaf) if len(words_of(leaf)) <= 2 * MAX_NAME else ():
            if _SAYS_PUBLISHED.match(line):
                found = dates.from_lines([line], []) or dates.at_end(line)
                if found:
                    return found
    return None
