"""Writes texts from documents as Markdown that shows them and contains no markup of theirs.

as_text     a text, with every character that could be markup as a character reference
line_of     one line of such a text, whose beginning is no markup either
in_line     a text in one line
with_bold   a text with spans of it in bold
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from qa.records import Highlight
from qa.text.printable import printable

# In the middle of a line these characters begin markup, an entity, a formula or a link.
_INLINE = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*[~|$^@"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
# These do too; but an underscore within a word, as in names of files, does not.
_BETWEEN = re.compile(r":(?=//)|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])")
# At the beginning of a line these make a heading, a list, or a heading of the line before.
_LINE = re.compile(r"^([-+=#:]|\d+(?=[.)]))(.?)")


def as_text(text: str) -> str:
    """Return a text from documents so that Markdown and HTML show it and find no markup in it.

    Characters that could be markup become character references: ``html.unescape`` gives the text back.
    Characters that control a terminal or change the direction of writing are replaced.
    """
    text = printable(text).translate(_INLINE)
    return _BETWEEN.sub(lambda match: f"&#{ord(match.group())};", text)


def line_of(text: str) -> str:
    """Return a line of a text whose beginning is no markup either."""

    def neutral(match: re.Match[str]) -> str:
        first, second = match.groups()
        if first.isdigit():
            return f"{first}&#{ord(second)};"
        return f"&#{ord(first)};{second}"

    return _LINE.sub(neutral, text.lstrip(), count=1)


def in_line(text: str) -> str:
    """Return a text from documents in one line."""
    return as_text(" ".join(text.split()))


def with_bold(text: str, spans: Sequence[Highlight]) -> str:
    """Return a text as Markdown that shows it, with its spans, which are in order, in bold.

    A span that Markdown cannot show in bold is shown like the rest.
    """
    pieces, at = [], 0
    for span in spans:
        marked = text[span.start : span.end].rstrip()
        start = span.start + len(marked) - len(marked := marked.lstrip())
        end = start + len(marked)
        if start >= at and _can_be_bold(text[at:start], marked, text[end:], first=at == 0):
            pieces += [as_text(text[at:start]), f"**{as_text(marked)}**"]
            at = end
    return "".join([*pieces, as_text(text[at:])])


def _can_be_bold(before: str, marked: str, after: str, *, first: bool) -> bool:
    """Whether CommonMark reads two asterisks around ``marked`` as bold: its flanking rule.

    The arguments are in their written form, where a character may be a character reference.
    ``first``: whether ``before`` is all the text before, and not only the text after an earlier bold
    span.
    """
    if not marked or re.search(r"(\n|\r\n?)[ \t]*[\n\r]", marked) or not (before or first):
        return False
    written = as_text(marked)
    opens = _is_word(written[0]) or _is_apart(as_text(before)[-1:])
    return opens and (_is_word(written[-1]) or _is_apart(as_text(after)[:1]))


def _is_word(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


def _is_apart(sign: str) -> bool:
    """Whether a character is missing, a space or punctuation; for symbols renderers differ."""
    return not sign or sign in " \t\n\r" or unicodedata.category(sign)[0] in ("P", "Zs")
