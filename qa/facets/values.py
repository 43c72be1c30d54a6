"""Names and values in their normal forms, gathered within bounds."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from qa.records import Facets, FacetValue
from qa.text.folding import fold_name
from qa.text.printable import as_text

MAX_NAMES, MAX_VALUES = 40, 20
"""Facets of a document, and values of each."""
MAX_NAME, MAX_VALUE = 60, 200
"""Characters of a name, and of a value."""
_LOOKED_AT = 10 * MAX_VALUES
"""Values of a list that are looked at."""

Known = Mapping[str, Sequence[FacetValue]]
"""The values of a document by name."""

_NO_NAME = re.compile(r"[\s<>=\x00-\x1f\x7f-\x9f]+")
_NUMBERED = re.compile(r"\.\d+(?=\.|$)")
_WRITTEN = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{0,9}[1-9])?", re.ASCII)
_MAX_NUMBER = 10**15


def facet_name(words: str) -> str:
    """Return the normal form of a name; empty where nothing is left of it."""
    return _NO_NAME.sub("_", fold_name(as_text(words))).strip("_")


def facet_value(raw: object) -> FacetValue | None:
    """Return a value as it is kept, a text in one line; None for what is none."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, int | float):
        if isinstance(raw, float) and not math.isfinite(raw):
            return None
        return raw if abs(raw) < _MAX_NUMBER else str(raw)
    if not isinstance(raw, str):
        return None
    words = unicodedata.normalize("NFC", " ".join(as_text(raw).split()))
    if _WRITTEN.fullmatch(words):
        return float(words) if "." in words else int(words)
    return words or None


def canonical(value: FacetValue) -> str:
    """Return what two values share that are the same."""
    return fold_name(value) if isinstance(value, str) else str(value)


class Gathered(NamedTuple):
    """The facets that were gathered, and the names of those of which something was left out."""

    facets: Facets
    left_out: tuple[str, ...] = ()


NO_FACETS = Gathered(())


def gather(pairs: Iterable[tuple[str, object]]) -> Gathered:
    """Return facets of names and values, each value one or a list of some; what is no value is passed over.

    A name may be a path: the numbers in it that count things in a list are left out of it.
    """
    found: dict[str, dict[str, FacetValue]] = {}
    left_out: dict[str, None] = {}
    for words, raw in pairs:
        name = facet_name(_NUMBERED.sub("", words[: 4 * MAX_NAME]))
        many = raw if isinstance(raw, list | tuple) else (raw,)
        if len(many) > _LOOKED_AT:
            left_out[words] = None
        for value in map(facet_value, many[:_LOOKED_AT]):
            if value is None:
                continue
            values = found.get(name, {})
            if (
                not name
                or len(name) > MAX_NAME
                or (isinstance(value, str) and len(value) > MAX_VALUE)
                or (name not in found and len(found) == MAX_NAMES)
                or (len(values) == MAX_VALUES and canonical(value) not in values)
            ):
                left_out[words] = None
                continue
            found.setdefault(name, values).setdefault(canonical(value), value)
    facets = tuple((name, tuple(values.values())) for name, values in sorted(found.items()))
    return Gathered(facets, tuple(left_out))


def bounded(rows: Iterable[Any]) -> Facets:
    """Return facets as another process gives them. Raises TypeError or ValueError for what are none."""
    facets = tuple((name, tuple(values)) for name, values in rows)
    if gather((name, list(values)) for name, values in facets).facets != facets:
        raise ValueError("facets beyond their bounds")
    return facets


def known_of(
    own: Iterable[tuple[str, Sequence[FacetValue]]],
    *,
    author: str | None,
    language: str | None,
    published: str | None,
) -> Known:
    """Return all facets of a document: its ``own`` and those of what is known of every document."""
    known = dict(own)
    if author:
        known.setdefault("author", (author,))
    if language:
        known["language"] = (language,)
    if published:
        known["published"] = tuple(filter(None, [facet_value(published)]))
        known.setdefault("year", (int(published[:4]),))
    return known
