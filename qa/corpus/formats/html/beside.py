"""The surroundings of an element in a page: the words before it, and whether it belongs to the text."""

from __future__ import annotations

from qa.corpus.formats.html.tree import words_of
from qa.corpus.formats.markup import BLOCKS, Element, local_name

_BEFORE = 40
_LEAST_LINK = 15


def is_aside(node: Element) -> bool:
    """Whether an element is beside the text, or in an entry of a list that leads to other pages."""
    for above in node.iterancestors():
        name = local_name(above)
        if name in ("aside", "nav", "footer"):
            return True
        if name == "li":
            return any(len(words_of(link)) >= _LEAST_LINK for link in above.iter("a"))
    return False


def introduced_by(node: Element) -> str:
    """Return the words directly before an element on its line, such as "Updated: "."""
    words = ""
    while local_name(node) not in BLOCKS and node.getparent() is not None and len(words) < _BEFORE:
        before = node.getprevious()
        while before is not None and len(words) < _BEFORE:
            if before.tag == "br" or next(before.iter("time"), None) is not None:
                return f"{before.tail or ''}{words}"[-_BEFORE:]
            own = words_of(before) if local_name(before) else ""
            words = f"{own} {before.tail or ''}{words}"
            if local_name(before) in BLOCKS:
                return words[-_BEFORE:]
            before = before.getprevious()
        if before is None:
            node = node.getparent()
            words = (node.text or "") + words
    return words[-_BEFORE:]
