"""What ``measure.py`` computes, without any engine: answers by their words, pairs, controls, errors.

Weights, statistics and intervals are those of ``qa.evaluate.measures``.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

from qa.evaluate.measures import Statistic

T = TypeVar("T")
Span = tuple[int, int]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = str.maketrans("", "", string.punctuation)


def words_of(text: str) -> list[str]:
    """Return the words that SQuAD's measures compare (Rajpurkar and others, 2016).

    Lower case, ASCII punctuation taken out, articles taken out, split at white space.
    """
    return _ARTICLES.sub(" ", text.lower().translate(_MARKS)).split()


def token_f1(given: str | None, wanted: Sequence[str]) -> float:
    """Return the best F1 of the words of an answer and those of any wanted one; 0 for no answer.

    Where one of the two has no word left, 1 if neither has, else 0, as in SQuAD 2.0.
    """
    if given is None:
        return 0.0
    return max((_f1(words_of(given), words_of(one)) for one in wanted), default=0.0)


def _f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(list(given) == list(wanted))
    shared = (Counter(given) & Counter(wanted)).total()
    return 2 * shared / (len(given) + len(wanted))


def exact_match(given: str | None, wanted: Sequence[str]) -> float:
    """Return 1 where an answer has the words of a wanted one, in order; 0 for no answer."""
    return float(given is not None and words_of(given) in [words_of(one) for one in wanted])


def overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span shares a character with one of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def cut(text: str, sentences: Sequence[Span], answers: Sequence[Span]) -> str:
    """Return the sentences of a text that no answer touches, a space between them."""
    return " ".join(text[s:e] for s, e in sentences if not overlaps((s, e), answers))


def without(source: str) -> tuple[str, ...]:
    """Return globs that match every source but one: a source filter that leaves it out.

    A source that is not this one differs first at some character, is the beginning of it, or goes on
    after it.
    """
    globs = [f"{_literal(source[:n])}[!{char}]*" for n, char in enumerate(source)]
    globs += [_literal(source[:n]) for n in range(1, len(source))]
    return (*globs, f"{_literal(source)}?*")


def _literal(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def partner_of(name: str) -> str:
    """Return the id of the answerable question that ``paired-NAME`` is the partner of."""
    return name.removeprefix("paired-")


def within_pairs(pairs: Sequence[tuple[float, float]]) -> list[float]:
    """Return for each pair 1 where the first is the higher, 0.5 where both are equal, else 0."""
    return [float(first > second) + 0.5 * (first == second) for first, second in pairs]


def strangers(keys: Sequence[Hashable], seed: int) -> list[int]:
    """Return for each thing the place of another one whose key differs, in a seeded random order.

    Each place is drawn about as often as any other. Raises ValueError where all keys are equal.
    """
    order = list(range(len(keys)))
    random.Random(seed).shuffle(order)
    found = [0] * len(keys)
    for place, one in enumerate(order):
        later = (order[(place + step) % len(order)] for step in range(1, len(order)))
        other = next((n for n in later if keys[n] != keys[one]), None)
        if other is None:
            raise ValueError("a control needs texts of at least two kinds")
        found[one] = other
    return found


def framed(frame: str, question: str, source: str) -> str:
    """Return a question within a frame; ``{source}`` in it is the name of a document."""
    return frame.replace("{source}", source).replace("{q}", question)


def spread(things: Sequence[T], most: int | None) -> list[T]:
    """Return at most so many things, as far apart as they come; all of them for None."""
    if most is None or len(things) <= most:
        return list(things)
    return [things[n] for n in np.linspace(0, len(things) - 1, most).round().astype(int).tolist()]


def of_pairs(area: Statistic) -> Statistic:
    """Return an AUROC whose n positives and n negatives are n pairs, drawn together."""
    return lambda weights: area(np.concatenate([weights, weights], axis=1))


def mean_statistic(statistics: Sequence[Statistic]) -> Statistic:
    """Return the mean of statistics over the same questions."""
    return lambda weights: np.mean([statistic(weights) for statistic in statistics], axis=0)


def less(first: Statistic, second: Statistic) -> Statistic:
    """Return the difference of two statistics over the same questions."""
    return lambda weights: first(weights) - second(weights)


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the ratio of two medians."""
    return float(np.median(above) / np.median(below))
