"""Texts that no person writes: dense marks in every arrangement that costs some reader or splitter dearly.

Each shape is a period that is repeated up to a size; a benchmark and the tests read the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping

_DEEP = "".join(f"{'  ' * depth}- a\n" for depth in range(12))

PERIODS: Mapping[str, str] = {
    "list marks": "- a\n",
    "bare list marks": "-\n",
    "numbers": "1. a\n2) b\n",
    "nested lists": _DEEP,
    "lists on a line": "- " * 40 + "a\n",
    "nested quotes": ">" * 30 + "a\n",
    "quotes between lines": "> #\na\n",
    "quotes of fences": "> ```\na\n",
    "quotes in a list": "- > #\n  a\n",
    "emphasis": "**a _b* __c ",
    "brackets": "[a](![b",
    "link openers": "[a\n",
    "link targets": "[a]: b 'c\n",
    "one long target": "[a]: b '",
    "backticks": "`a ``b ```c ",
    "fences": "```\na\n~~~\n",
    "tables": "|a|b|\n|-|-|\n|\n|\n\n",
    "pipes": "|",
    "wide tables": "|a" * 200 + "\n" + "|-" * 200 + "\n" + "|\n" * 200 + "\n",
    "rules": "***\na\n",
    "underlines": "a\n-\n",
    "headings": "# a\n",
    "many signs": "#",
    "tags": "<div>\n\n<b\n",
    "tag openers": "<a b=c ",
    "comments": "<!-- a\n--> b\n",
    "code": "a\n\n    b\n\n",
    "one line": "some words of a text ",
    "one word": "a",
    "one-letter words": "a b ",
    "short lines": "a\n",
    "lines and blanks": "a\n\n",
    "blanks": "a" + "\n" * 99,
    "carriage returns": "a\r",
    "buttons": "Search\nAbout us\nA\nB\nC\n",
    "pagers": "Next »\nPage 1 of 2\na b\n",
    "dots": "a. B! ",
    "stops": ". ",
    "quotes": "“A.” ",
    "references": "a (1). ",
    "characters beyond": "\U0001f600. ",
}


def shape(name: str, size: int) -> str:
    """Return the text of a shape with about so many bytes of UTF-8, words at its end."""
    period = PERIODS[name]
    return period * (size // len(period.encode())) + "\n\nThe harbour was dug in 1872.\n"
