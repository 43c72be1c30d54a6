"""A citation in the form that a reader's own text wants it in.

csl        CSL-JSON, from which the others are made
names      who wrote it: family and given names, where that is sure
titles     capitals of headlines, quotation marks
printed    Chicago's notes, APA's references
exports    BibTeX, RIS
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from qa.errors import UsageError
from qa.present.citing.csl import csl_item, note_of, place_of
from qa.present.citing.exports import bibtex, ris
from qa.present.citing.printed import apa, chicago
from qa.present.wire import json_bytes
from qa.search.cited import CHANGED, Cited

__all__ = ["DEFAULT", "STYLES", "Style", "UnknownStyleError", "cite", "style_named"]

DEFAULT = "chicago"


class UnknownStyleError(UsageError):
    """A style that there is none of."""

    code = "unknown_style"
    status = 422


class Style(NamedTuple):
    """A form of citation: how it is made, with its media type and what it is called on the page."""

    write: Callable[[Cited, str], str]
    media_type: str
    name: str


def _said(words: str, cited: Cited) -> str:
    return f"{words} ({CHANGED})" if cited.changed else words


def _chicago(cited: Cited, base: str) -> str:
    return _said(chicago(csl_item(cited, base), place_of(cited.citation)), cited)


def _apa(cited: Cited, base: str) -> str:
    return _said(apa(csl_item(cited, base)), cited)


def _csl_json(cited: Cited, base: str) -> str:
    return json_bytes([csl_item(cited, base)]).decode()


STYLES: Mapping[str, Style] = {
    "chicago": Style(_chicago, "text/plain", "Chicago"),
    "apa": Style(_apa, "text/plain", "APA"),
    "exact": Style(note_of, "text/plain", "Exact"),
    "bibtex": Style(lambda cited, base: bibtex(csl_item(cited, base)), "application/x-bibtex", "BibTeX"),
    "ris": Style(
        lambda cited, base: ris(csl_item(cited, base)),
        "application/x-research-info-systems",
        "RIS",
    ),
    "csl-json": Style(_csl_json, "application/vnd.citationstyles.csl+json", "CSL-JSON"),
}  # fmt: skip
"""By the names that ``style=`` and ``--style`` take."""


def style_named(name: str) -> Style:
    """Return a style. Raises UnknownStyleError, which lists those there are."""
    try:
        return STYLES[name]
    except KeyError:
        raise UnknownStyleError(
            f"there is no such style: {', '.join(STYLES)} are known", field="style"
        ) from None


def cite(cited: Cited, style: str, base: str) -> str:
    """Return a citation in a style; ``base`` is the address of the service. Raises UnknownStyleError."""
    return style_named(style).write(cited, base)
