"""Web addresses: recognising two of one page, and making ones that open a page at a sentence.

A browser scrolls to the words of ``…#:~:text=WORDS`` and marks them (the WICG's "Scroll to Text
Fragment"). A browser that does not know this opens the page at its beginning.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_WHOLE_WORDS, _EDGE_WORDS = 12, 5
# Markup of Markdown, which readers of the page do not see, and the border of a table's cell.
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_MARKUP = re.compile(
    r"^(?:[#>*+\-]+|\d{1,3}[.)])\s+|\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.!?,])[*_](?!\w)"
)
_PIECES = re.compile(r"[\r\n]+|\s\|\s")
_FOLLOWED = re.compile(r"(?:^|(?<=&))(?:utm_\w+|fbclid|gclid)=[^&]*&?")


def same_page(url: str) -> str:
    """Return the same text for all addresses of a page: no scheme, fragment, "www." or tracking."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = (parts.netloc or "").lower().removeprefix("www.")
    query = _FOLLOWED.sub("", parts.query).rstrip("&")
    return f"{host}{parts.path.rstrip('/')}{'?' if query else ''}{query}"


def without_words(url: str) -> str:
    """Return the address of a page without its text fragment; the name of an anchor stays."""
    address, mark, fragment = url.partition("#")
    name = fragment.partition(":~:")[0]
    return f"{address}{mark}{name}" if name else address


def at_words(url: str, words: str) -> str:
    """Return the address that opens the page at ``url`` at the place of ``words``.

    Long ones are given by their first and last words. ``words`` may have several lines, as paragraphs do,
    and may have the markup of Markdown.
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
    # A hyphen beside a comma has a meaning in text fragments, so it is encoded too.
    joined = " ".join(words).encode("utf-8", "replace")
    return quote(joined, safe="").replace("-", "%2D")
