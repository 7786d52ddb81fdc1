"""Drift detection by the population stability index (PSI)."""

from itertools import pairwise
from math import log

from mlapp.schemas import DRIFT_ROWS, Distribution, DriftLevel

MIN_BIN_SHARE = 0.05
"""Share of the training values in a bin, at least; smaller bins are merged."""
SMOOTHING = 0.5
"""Added to every count (Jeffreys prior), as an empty bin would make the index infinite."""


def measure_drift(training: Distribution, production: Distribution) -> tuple[float | None, DriftLevel]:
    """Return the population stability index of production data, and its usual interpretation.

    Below 0.1 the distribution is stable, up to 0.25 there is some drift, above it strong drift.

    Source: Siddiqi, Credit Risk Scorecards (2006), chapter 8.
    """
    if production.total < DRIFT_ROWS:
        return None, DriftLevel.TOO_FEW
    index = psi(training, production)
    return index, DriftLevel.STABLE if index < 0.1 else DriftLevel.SOME if index <= 0.25 else DriftLevel.STRONG


def psi(training: Distribution, production: Distribution) -> float:
    """Return Σ (q − p) · ln(q / p) over bins, where p and q are the shares of training and production values.

    Adjacent bins are merged until each has 5 % of the training values, and rare categories are merged with the other
    ones. Missing values have a bin of their own.

    Source: Siddiqi, Credit Risk Scorecards (2006), chapter 8.
    """
    min_count = MIN_BIN_SHARE * (sum(training.counts) + training.others)
    pairs = list(zip(training.counts, production.counts, strict=True))
    if training.edges is None:
        frequent = [pair for pair in pairs if pair[0] >= min_count]
        rare = [pair for pair in pairs if pair[0] < min_count]
        bins = [*frequent, _sum([*rare, (training.others, production.others)])]
    else:
        bins = _merge_small_bins(pairs, min_count)
    bins = [pair for pair in [*bins, (training.missing, production.missing)] if any(pair)]
    expected, actual = ([pair[side] + SMOOTHING for pair in bins] for side in (0, 1))
    p, q = ([count / sum(counts) for count in counts] for counts in (expected, actual))
    return sum((q_i - p_i) * log(q_i / p_i) for p_i, q_i in zip(p, q, strict=True))


def _merge_small_bins(pairs: list[tuple[int, int]], min_count: float) -> list[tuple[int, int]]:
    """Merge adjacent bins from the left until each is large enough; the remainder is merged into the last one."""
    ends, count = [0], 0
    for end, (training, _) in enumerate(pairs, 1):
        count += training
        if count >= max(min_count, 1):
            ends.append(end)
            count = 0
    ends = [*ends[:-1], len(pairs)] if len(ends) > 1 else [0, len(pairs)]
    return [_sum(pairs[start:end]) for start, end in pairwise(ends)]


def _sum(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
