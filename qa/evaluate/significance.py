"""Whether a difference between two systems is more than chance.

For what each question has a value of: a paired randomisation test (Fisher, 1935; for retrieval Smucker,
Allan and Carterette, 2007). Were A and B alike, each question's difference could as well have had the
other sign. The p-value is the share of sign patterns whose mean difference is at least as far from 0 as
the one seen; all patterns are counted for up to 16 questions that differ, else 10,000 drawn from a fixed
seed.

For what only a whole set has a value of, as AUROC: a paired bootstrap (Efron and Tibshirani, 1993). The
questions are resampled, A and B are computed of the same resample, and the p-value is twice the share of
resamples in which the difference has not the sign that most have.

Of many tests some show a difference by chance. Holm's correction (1979) keeps the chance that any of
them does so below the level, whatever the tests have to do with one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qa.evaluate.measures import Statistic, resamples

SIGNIFICANT = 0.05
DRAWS = 10_000
_EXACT = 16
_SEED = 20240607


class Tested(NamedTuple):
    """A difference with its 95% interval and its p-value."""

    change: float
    low: float
    high: float
    p: float


def show_p(p: float) -> str:
    """Return a p-value as it is written: ``p = 0.003``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def randomisation_test(changes: Sequence[float]) -> float:
    """Return the two-sided p-value of the paired randomisation test on differences.

    The pattern of signs that was seen counts as one of those drawn (Phipson and Smyth, 2010), so that
    p is never 0. Where all patterns are looked at it is among them.
    """
    from scipy import stats  # a second to import: only a comparison needs it

    moved = np.asarray([change for change in changes if change != 0])
    if len(moved) < 2:  # with one, the other sign is as far from 0
        return 1.0
    found = stats.permutation_test(
        (moved,),
        lambda signed, axis: np.abs(signed.mean(axis=axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=1 << _EXACT if len(moved) <= _EXACT else DRAWS,
        batch=1000,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def bootstrap_test(before: Statistic, after: Statistic, n: int) -> Tested | None:
    """Return the difference of two statistics over the same ``n`` questions, tested; None where undefined.

    As in the randomisation test what was seen counts as one of those drawn, so that p is never 0.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.ones((1, n))
        change = float((after(whole) - before(whole))[0])
        drawn = np.concatenate([after(weights) - before(weights) for weights in resamples(n)])
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(change) or not len(drawn):
        return None
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    fewest = int(min((drawn <= 0).sum(), (drawn >= 0).sum()))
    return Tested(change, low, high, min(1.0, 2 * (1 + fewest) / (1 + len(drawn))))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's step-down correction, in the order given."""
    order = np.argsort(np.asarray(values, float), kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.maximum.accumulate(np.asarray(values, float)[order] * factors).clip(max=1.0)
    found = np.empty(len(values))
    found[order] = adjusted
    return [float(p) for p in found]


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share."""
    from scipy import stats

    found = stats.binomtest(part, whole).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
