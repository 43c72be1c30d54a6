"""Facets of an archive, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from qa.facets.values import Known, canonical
from qa.records import FacetCount, FacetValue

COUNTED_NAMES, COUNTED_VALUES = 100, 20
"""Facets that are counted in an archive, and values of each."""
_MOST_DISTINCT = 100_000
"""Values of a name that are told apart while they are counted."""


def count(documents: Iterable[Known]) -> tuple[FacetCount, ...]:
    """Count the documents by facet and value: those with the most first, then by name.

    A value is told as the first document has it. Beyond 100,000 different ones of a name, those that were
    not met before are left uncounted.
    """
    having: Counter[str] = Counter()
    times: dict[str, Counter[str]] = {}
    shown: dict[str, dict[str, FacetValue]] = {}
    for known in documents:
        for name, values in known.items():
            having[name] += 1
            counts, words = times.setdefault(name, Counter()), shown.setdefault(name, {})
            for value in values:
                key = canonical(value)
                if key in counts or len(counts) < _MOST_DISTINCT:
                    counts[key] += 1
                    words.setdefault(key, value)
    names = sorted(having, key=lambda name: (-having[name], name))[:COUNTED_NAMES]
    return tuple(
        FacetCount(name, having[name], _most(times[name], shown[name]), len(times[name]))
        for name in names
    )


def _most(
    times: Mapping[str, int], shown: Mapping[str, FacetValue]
) -> tuple[tuple[FacetValue, int], ...]:
    keys = sorted(times, key=lambda key: (-times[key], key))[:COUNTED_VALUES]
    return tuple((shown[key], times[key]) for key in keys)
