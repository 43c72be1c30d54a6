"""Addresses on the web: those that lead to one page, and those that open it at a sentence.

A browser that is given ``…#:~:text=WORDS`` scrolls to these words and marks them (the WICG's
"Scroll to Text Fragment"); one that does not know this opens the page at its beginning.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_WHOLE_WORDS, _EDGE_WORDS = 12, 5
# Marks of Markdown, which its readers never see, and the border of a table's cell.
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_MARKUP = re.compile(
    r"^(?:[#>*+\-]+|\d{1,3}[.)])\s+|\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.!?,])[*_](?!\w)"
)
_PIECES = re.compile(r"[\r\n]+|\s\|\s")
_FOLLOWED = re.compile(r"(?:^|(?<=&))(?:utm_\w+|fbclid|gclid)=[^&]*&?")


def same_page(url: str) -> str:
    """Return what two addresses of one page have in common: no scheme, fragment, "www." or tracking."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = (parts.netloc or "").lower().removeprefix("www.")
    query = _FOLLOWED.sub("", parts.query).rstrip("&")
    return f"{host}{parts.path.rstrip('/')}{'?' if query else ''}{query}"


def without_words(url: str) -> str:
    """Return the address of a page without the words that it opens at; a name within it stays."""
    address, mark, fragment = url.partition("#")
    name = fragment.partition(":~:")[0]
    return f"{address}{mark}{name}" if name else address


def at_words(url: str, words: str) -> str:
    """Return the address that opens the page at ``url`` where it says ``words``.

    Long ones are given by their first and their last words. ``words`` may run over several lines, as
    paragraphs do, and may hold the markup of Markdown.
    """
    pieces = [piece for piece in map(_shown, _PIECES.split(words)) if re.search(r"\w", piece)]
    if not pieces:
        return url
    first, last = pieces[0].split(), pieces[-1].split()
    if len(pieces) == 1 and len(first) <= _WHOLE_WORDS:
        text = _encoded(first)
    else:
        start, end = first[:_EDGE_WORDS], last[-_EDGE_WORDS:]
        text = f"{_encoded(start)},{_encoded(end)}"
    address, _, fragment = url.partition("#")
    fragment = fragment.partition(":~:")[0]
    return f"{address}#{fragment}:~:text={text}"


def _shown(piece: str) -> str:
    return _MARKUP.sub("", _LINK.sub(r"\1", piece.strip())).strip()


def _encoded(words: list[str]) -> str:
    # A hyphen beside a comma has a meaning of its own there, and so is encoded as well.
    joined = " ".join(words).encode("utf-8", "replace")
    return quote(joined, safe="").replace("-", "%2D")
