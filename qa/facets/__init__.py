"""Facets: what is known of a document by name, and the conditions that a filter puts on it.

A name is without case, in one of Unicode's forms, with ``_`` for spaces. A value is a text or a number; a
text that is written as a number is one. Texts are compared without case and in one form, too. A value that
is no whole date, as "2019-11", stands for any day within it.

Beside its own facets a document has ``author``, ``language``, ``published`` and ``year``, as far as they are
known of it.
"""

from qa.facets.conditions import (
    MAX_ALTERNATIVES,
    MAX_CONDITIONS,
    WHERE,
    Condition,
    Sieve,
    conditions,
    typed,
    unknown_name,
)
from qa.facets.counts import count
from qa.facets.values import (
    MAX_NAME,
    MAX_NAMES,
    MAX_VALUE,
    MAX_VALUES,
    NO_FACETS,
    Gathered,
    Known,
    bounded,
    facet_name,
    facet_value,
    gather,
    known_of,
)

__all__ = [
    "MAX_ALTERNATIVES",
    "MAX_CONDITIONS",
    "MAX_NAME",
    "MAX_NAMES",
    "MAX_VALUE",
    "MAX_VALUES",
    "NO_FACETS",
    "WHERE",
    "Condition",
    "Gathered",
    "Known",
    "Sieve",
    "bounded",
    "conditions",
    "count",
    "facet_name",
    "facet_value",
    "gather",
    "known_of",
    "typed",
    "unknown_name",
]
