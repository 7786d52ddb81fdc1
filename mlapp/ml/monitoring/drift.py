"""Drift: how far apart two distributions are."""

from itertools import pairwise
from math import log

from mlapp.schemas import DRIFT_ROWS, Distribution, DriftLevel

LEAST_SHARE = 0.05
"""Share of the training values that a bin holds at least; smaller ones are merged."""
SMOOTHING = 0.5
"""Added to every count, so that an empty bin is no infinite surprise (Jeffreys' prior)."""


def measure_drift(training: Distribution, served: Distribution) -> tuple[float | None, DriftLevel]:
    """Return the population stability index of what was served, and what it means.

    The usual bands: below 0.1 stable, up to 0.25 some drift, above it strong drift.

    Source: Siddiqi, Credit Risk Scorecards (2006), chapter 8.
    """
    if served.total < DRIFT_ROWS:
        return None, DriftLevel.TOO_FEW
    index = psi(training, served)
    return index, DriftLevel.STABLE if index < 0.1 else DriftLevel.SOME if index <= 0.25 else DriftLevel.STRONG


def psi(training: Distribution, served: Distribution) -> float:
    """Return Σ (q − p) · ln(q / p) over bins, p and q being the shares of training and of what was served.

    Neighbouring bins are merged until each holds 5 % of training, small categories with the others; rows without a
    value are a bin of their own.

    Source: Siddiqi, Credit Risk Scorecards (2006), chapter 8.
    """
    least = LEAST_SHARE * (sum(training.counts) + training.others)
    pairs = list(zip(training.counts, served.counts, strict=True))
    if training.edges is None:
        bins = [pair for pair in pairs if pair[0] >= least]
        small = [pair for pair in pairs if pair[0] < least]
        rest = [_sum([*small, (training.others, served.others)])]
    else:
        bins, rest = _neighbours(pairs, least), []
    bins = [pair for pair in [*bins, *rest, (training.missing, served.missing)] if any(pair)]
    expected, found = ([pair[side] + SMOOTHING for pair in bins] for side in (0, 1))
    p, q = ([count / sum(counts) for count in counts] for counts in (expected, found))
    return sum((served - trained) * log(served / trained) for trained, served in zip(p, q, strict=True))


def _neighbours(pairs: list[tuple[int, int]], least: float) -> list[tuple[int, int]]:
    """Merge bins from the left until each is large enough; what is left over joins the last one."""
    ends, held = [0], 0
    for place, (trained, _) in enumerate(pairs, 1):
        held += trained
        if held >= max(least, 1):
            ends.append(place)
            held = 0
    ends = [*ends[:-1], len(pairs)] if len(ends) > 1 else [0, len(pairs)]
    return [_sum(pairs[start:end]) for start, end in pairwise(ends)]


def _sum(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
