"""The threshold curve: out-of-fold counts by threshold, from which the threshold for any costs or limit is found."""

import numpy as np

from mlapp.schemas.decisions import ThresholdCurve

MAX_THRESHOLDS = 200
EVEN, TAIL = 100, 49
"""Of more thresholds, this many are kept at even distances in rows, and at either end at growing ones: limits are often
a few rows of a thousand."""
DEFAULT_THRESHOLD = 0.5
MAX_DIGITS = 17


def threshold_curve(is_positive: np.ndarray, probability: np.ndarray, weights: np.ndarray | None) -> ThresholdCurve:
    """Return the counts by threshold of out-of-fold probabilities of the class of interest, all (rows,)."""
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    counted = np.ones(len(ranked)) if weights is None else weights[order]
    true = np.concatenate([[0.0], np.cumsum(counted * is_positive[order])])
    false = np.concatenate([[0.0], np.cumsum(counted * ~is_positive[order])])
    # How many rows are predicted as the class of interest: rows with the same probability are on the same side.
    ends = np.concatenate([[0], np.flatnonzero(np.diff(ranked)) + 1, [len(ranked)]])
    usual = int((ranked >= DEFAULT_THRESHOLD).sum())
    kept = [int(count) for count in np.unique([*_thinned(ends), usual])[::-1]]
    return ThresholdCurve(
        thresholds=[DEFAULT_THRESHOLD if count == usual else _between(ranked, count) for count in kept],
        true_positives=[_rounded(true[count]) for count in kept],
        false_positives=[_rounded(false[count]) for count in kept],
        positives=_rounded(true[-1]),
        negatives=_rounded(false[-1]),
    )


def _thinned(ends: np.ndarray) -> np.ndarray:
    last = len(ends) - 1
    if last < MAX_THRESHOLDS - 1:
        return ends
    tail = np.geomspace(1, last, TAIL)
    places = np.concatenate([np.linspace(0, last, EVEN), tail, last - tail])
    return np.asarray(ends[np.unique(places.round().astype(int))])


def _between(ranked: np.ndarray, count: int) -> float:
    """Return a probability between those of two rows, with as few digits as it takes: `count` rows have a higher one.

    Where rows have the probability of a threshold, the last digit of a computation would decide.
    """
    if count == len(ranked):
        return 0.0
    upper = float(ranked[count - 1]) if count else 1.0
    lower = float(ranked[count])
    if count == 0 and lower >= upper:
        # Above all probabilities.
        return float(np.nextafter(1, 2))
    middle = (lower + upper) / 2
    found = (round(middle, digits) for digits in range(2, MAX_DIGITS))
    return next((each for each in found if lower < each < upper), upper)


def _rounded(count: float) -> float:
    return float(f"{count:.8g}")
