"""Means over some of the rows, with standard errors that respect weights and groups of dependent rows."""

from typing import NamedTuple

import numpy as np

ONE_UNIT = 1 + 1e-9
"""A larger number of units is more than one, in spite of rounding."""


class Rows(NamedTuple):
    """How held-out rows count. Arrays are (rows,)."""

    weights: np.ndarray
    """Their weights."""
    groups: np.ndarray | None = None
    """Group of each row; rows of one group depend on each other."""

    def at(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(self.weights[rows], None if self.groups is None else self.groups[rows])


class Mean(NamedTuple):
    """A mean and its standard error."""

    value: float
    standard_error: float
    units: float
    """Number of independent rows or groups; if some have more weight, as many equal ones are as accurate.

    Source: Kish, Survey Sampling (1965).
    """


def mean_of(values: np.ndarray, among: np.ndarray, rows: Rows) -> Mean:
    """Return the mean of values, (rows,), among the rows of a mask, (rows,); NaN without such rows."""
    weights = rows.weights * among
    total = weights.sum()
    if total <= 0:
        return Mean(np.nan, np.nan, 0)
    mean = weights @ values / total
    sums, shares = (_by_unit(each, among, rows) for each in (weights * (values - mean) / total, weights / total))
    count = float(1 / (shares @ shares))
    # A single unit says nothing about the spread.
    correction = count / (count - 1) if count > ONE_UNIT else 1.0
    return Mean(float(mean), float(np.sqrt(sums @ sums * correction)), count)


def difference_of(values: np.ndarray, among: np.ndarray, rows: Rows) -> tuple[Mean, float, float]:
    """Return the mean among the rows of a mask, that of all others, and the standard error of their difference."""
    inside, outside = mean_of(values, among, rows), mean_of(values, ~among, rows)
    if rows.groups is None:
        return inside, outside.value, float(np.hypot(inside.standard_error, outside.standard_error))
    # Rows of one group may be on both sides.
    shares = [rows.weights * part / (rows.weights @ part) for part in (among, ~among)]
    deviations = shares[0] * (values - inside.value) - shares[1] * (values - outside.value)
    sums = _by_unit(deviations, np.ones(len(values), dtype=bool), rows)
    return inside, outside.value, float(np.sqrt(sums @ sums))


def _by_unit(values: np.ndarray, among: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the sums of values by group, or the values themselves, of the rows of a mask."""
    if rows.groups is None:
        return np.asarray(values[among])
    return np.asarray(np.bincount(np.unique(rows.groups[among], return_inverse=True)[1], values[among]))
