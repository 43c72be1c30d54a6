"""The title of a web page: the author's title, found among the names that the page has."""

from __future__ import annotations

import re
from copy import deepcopy
from itertools import islice

from qa.corpus.formats.html.furniture import in_furniture
from qa.corpus.formats.html.tree import HEADINGS, remove, words_of
from qa.corpus.formats.markup import Element, local_name
from qa.corpus.formats.names import is_no_title, is_numbered

_SITE = re.compile(r"\s+[|–—·•»«\-]+\s+|\s+::\s+")
_PRINTED = re.compile(r"(?:printable version|print version|transcript)\s*[:–—-]\s*", re.IGNORECASE)
_NO_WORDS = frozenset("button script style svg noscript".split())
_MAX_HEADS = 50


def title_of(
    root: Element, headline: str | None, named: str | None, title: str | None, site: str | None
) -> str | None:
    """Return the title: a heading that the page's names confirm, else one of these names.

    The names in a page's metadata are for search engines and include the site; the page itself shows the
    author's title. None if the names are only the site, a file, or a part such as "Contents".
    """
    headline, named, title = (
        None if name is None or name == site or is_no_title(name) else name
        for name in (headline, named, title)
    )
    given = [name for name in (headline, named, title) if name]
    heads = [
        words
        for node in islice(root.iter("h1"), _MAX_HEADS)
        if (words := _heading(node)) and _names_a_page(words, site) and not in_furniture(node)
    ]
    if title and len(heads) == 1 and _is_site(heads[0], title, root):
        heads = []
    named_so = {letters(name) for name in given}
    heads.sort(key=lambda words: letters(words) not in named_so)
    for words in heads:
        if any(_akin(words, name) for name in given):
            return words
    if title:
        bare, parts = letters(title), {letters(part) for part in _SITE.split(title)}
        for node in islice(root.iter(*sorted(HEADINGS - {"h1"})), _MAX_HEADS):
            words = _heading(node)
            ours = letters(words)
            much = len(words.split()) > 1 and 5 * len(ours) > 2 * len(bare) and ours in bare
            if (much or (ours and ours in parts)) and not in_furniture(node):
                return words
    if headline or named:
        return headline or _without_site(named or "", site)
    if len(set(heads)) == 1 and not is_numbered(heads[0]):
        return heads[0]
    if title:
        return _without_site(title, site)
    return None if heads else _lone_heading(root, site)


def _names_a_page(heading: str, site: str | None) -> bool:
    return heading != site and not is_no_title(heading)


def _lone_heading(root: Element, site: str | None) -> str | None:
    """Return the one heading that stands above all others on a page without a name, if there is one."""
    for level in ("h2", "h3"):
        heads = [
            words
            for node in islice(root.iter(level), _MAX_HEADS)
            if (words := _heading(node)) and _names_a_page(words, site) and not in_furniture(node)
        ]
        if heads:
            return heads[0] if len(heads) == 1 and not is_numbered(heads[0]) else None
    return None


def _is_site(head: str, title: str, root: Element) -> bool:
    """Whether the only top heading names the site: it ends the title, and another heading begins it."""
    parts = [letters(part) for part in _SITE.split(title)]
    if len(parts) < 2 or parts[-1] != letters(head):
        return False
    return any(
        letters(_heading(node)) == parts[0] for node in islice(root.iter("h2", "h3"), _MAX_HEADS)
    )


def _heading(node: Element) -> str:
    if any(local_name(part) in _NO_WORDS for part in node.iter()):
        node = deepcopy(node)
        for part in [part for part in node.iter() if local_name(part) in _NO_WORDS]:
            remove(part)
    return re.sub(r"\s*[¶#§]$", "", words_of(node))


def letters(words: str) -> str:
    """Return the letters and figures of a name, for comparing it with another."""
    return re.sub(r"[\W_]+", "", words.casefold())


def _akin(heading: str, name: str) -> bool:
    ours, theirs = (set(re.findall(r"\w+", words.casefold())) for words in (heading, name))
    return bool(ours) and 2 * len(ours & theirs) >= len(ours)


def _without_site(title: str, site: str | None) -> str:
    """Return a page's title without the name of its site, which is short and at its end."""
    title = _PRINTED.sub("", title, count=1) if _PRINTED.match(title) else title
    marks = list(_SITE.finditer(title))
    if not marks:
        return title
    before, after = title[: marks[-1].start()].strip(), title[marks[-1].end() :].strip()
    if site and title[: marks[0].start()].strip() == site:
        return title[marks[0].end() :].strip() or title
    if after == site or len(after.split()) <= min(4, len(before.split())):
        return before or title
    return title
