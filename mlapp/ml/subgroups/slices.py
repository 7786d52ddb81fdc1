"""Error slices: rows by one or two features on which a version is worse than elsewhere.

They are found on half of the folds, and confirmed on the other half, so that none is reported that is mere chance.

Source: Chung et al., Slice Finder: Automated Data Slicing for Model Validation, ICDE (2019).
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import t

from mlapp.ml.subgroups.conditions import Levels
from mlapp.ml.subgroups.means import Rows, difference_of
from mlapp.schemas import Slice

MIN_ROWS = 20
"""Rows of a slice in each half."""
MIN_RATIO = 1.25
"""How many times as large as elsewhere the error is, at least."""
MAX_CANDIDATES = 5
"""Slices that are tested for confirmation."""
MAX_SLICES = 3
SIGNIFICANCE = 0.02
"""Probability that any slice is reported by chance, at most; divided by the number of tested ones."""
MAX_FEATURES = 20
"""Features that pairs are made of: those on which the error depends most."""
MAX_OVERLAP = 0.5
"""Share of common rows up to which two slices are different ones."""


class Candidate(NamedTuple):
    """A slice that may be worse than elsewhere."""

    score: float
    """By how many standard errors the errors differ from those elsewhere."""
    parts: tuple[tuple[int, int], ...]
    """Indices of features and of their conditions."""


def find_slices(levels: Sequence[Levels], losses: np.ndarray, searched: np.ndarray, rows: Rows) -> list[Slice]:
    """Return the worst slices, the largest error first.

    Args:
        levels: Of each feature.
        losses: Error of each held-out row, (rows,).
        searched: Whether slices are found on a row, and not confirmed on it, (rows,).
        rows: How the rows count.
    """
    tested = _distinct(_candidates(levels, losses, searched), levels)
    found = [_confirmed(parts, levels, losses, rows, ~searched, SIGNIFICANCE / len(tested)) for parts in tested]
    return sorted((each for each in found if each), key=lambda each: -each.error)[:MAX_SLICES]


def _candidates(levels: Sequence[Levels], losses: np.ndarray, searched: np.ndarray) -> list[Candidate]:
    """Return slices with large errors among the searched rows, the best score first."""
    losses = losses[searched]
    # A row without a level counts as one of an extra level, which no condition contains.
    codes = [np.where(each.codes[searched] < 0, each.size, each.codes[searched]) for each in levels]
    members = [np.pad(each.members, ((0, 0), (0, 1))).astype(float) for each in levels]
    found: list[Candidate] = []
    dependence = np.zeros(len(levels))
    for index, (code, member) in enumerate(zip(codes, members, strict=True)):
        counts, sums = (member @ np.bincount(code, weights, member.shape[1]) for weights in (None, losses))
        scores = _scores(counts, sums, losses)
        found += [Candidate(scores[k], ((index, k),)) for k in np.flatnonzero(scores > 0).tolist()]
        means = np.divide(sums, counts, out=np.full(len(sums), losses.mean()), where=counts > 0)
        dependence[index] = np.max(counts * (means - losses.mean()) ** 2, initial=0)
    chosen = np.sort(np.argsort(-dependence, kind="stable")[:MAX_FEATURES])
    for one, other in combinations(chosen.tolist(), 2):
        left, right = members[one], members[other]
        width = right.shape[1]
        joint = codes[one] * width + codes[other]
        counts, sums = (
            left @ np.bincount(joint, weights, left.shape[1] * width).reshape(-1, width) @ right.T
            for weights in (None, losses)
        )
        scores = _scores(counts, sums, losses)
        best = np.argsort(-scores, axis=None)[:MAX_CANDIDATES]
        for index in best[scores.flat[best] > 0].tolist():
            found.append(
                Candidate(scores.flat[index], ((one, index // scores.shape[1]), (other, index % scores.shape[1])))
            )
    return sorted(found, key=lambda each: (-each.score, len(each.parts), each.parts))


def _scores(counts: np.ndarray, sums: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return by how many standard errors mean losses inside and outside of slices differ; 0 if it is not relevant."""
    others = len(losses) - counts
    inside, outside = sums / np.maximum(counts, 1), (losses.sum() - sums) / np.maximum(others, 1)
    error = losses.std() * np.sqrt(1 / np.maximum(counts, 1) + 1 / np.maximum(others, 1))
    relevant = (counts >= MIN_ROWS) & (others >= MIN_ROWS) & (inside >= MIN_RATIO * outside)
    return np.where(relevant, (inside - outside) / np.maximum(error, np.finfo(float).tiny), 0.0)


def _distinct(candidates: list[Candidate], levels: Sequence[Levels]) -> list[tuple[tuple[int, int], ...]]:
    """Return the first candidates that have mostly different rows."""
    kept: list[tuple[tuple[int, int], ...]] = []
    masks: list[np.ndarray] = []
    for candidate in candidates[: 20 * MAX_CANDIDATES]:
        mask = _rows_of(candidate.parts, levels)
        if all((mask & other).sum() <= MAX_OVERLAP * min(mask.sum(), other.sum()) for other in masks):
            kept.append(candidate.parts)
            masks.append(mask)
        if len(kept) == MAX_CANDIDATES:
            break
    return kept


def _rows_of(parts: tuple[tuple[int, int], ...], levels: Sequence[Levels]) -> np.ndarray:
    return np.asarray(np.logical_and.reduce([levels[feature].holds(condition) for feature, condition in parts]))


def _confirmed(  # noqa: PLR0913, PLR0917 - a candidate, and the rows that may confirm it
    parts: tuple[tuple[int, int], ...],
    levels: Sequence[Levels],
    losses: np.ndarray,
    rows: Rows,
    confirming: np.ndarray,
    significance: float,
) -> Slice | None:
    """Return a slice with its errors among the confirming rows; None if it is no worse than elsewhere there."""
    among = _rows_of(parts, levels)[confirming]
    if min(among.sum(), (~among).sum()) < MIN_ROWS:
        return None
    inside, outside, error = difference_of(losses[confirming], among, rows.at(confirming))
    is_worse = inside.value >= MIN_RATIO * outside and error > 0 and inside.units >= 2
    if not is_worse or t.sf((inside.value - outside) / error, inside.units - 1) > significance:
        return None
    return Slice(
        conditions=[levels[feature].conditions[condition] for feature, condition in parts],
        rows=int(among.sum()),
        error=inside.value,
        elsewhere=outside,
        standard_error=error,
    )
