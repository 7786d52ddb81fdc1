"""Novelty detection: whether a row is unlike the training table, so that nothing was verified for rows of its kind.

A row is novel if it has an unknown category or a value that was never missing in training, if one of its numbers lies
far outside the training data, or if they are an unusual combination: their squared Mahalanobis distance, after a
transformation that compresses tails, exceeds that of nearly all held-out rows.

Source: Rousseeuw & van Zomeren, Unmasking Multivariate Outliers and Leverage Points, JASA 85 (1990).
"""

from dataclasses import dataclass

import numpy as np

from mlapp.ml.data.plain_rows import UNKNOWN
from mlapp.ml.pipelines.raw_texts import feature_values

RIDGE = 0.01
"""Added to the variance of each direction, so that columns that repeat each other do not decide alone."""
TAIL = 0.02
"""Share of the rows beyond the quantiles that set the scale of a column."""
MIN_SPREAD = 1e-300
CHUNK_ROWS = 20_000
"""Rows that are tested at a time."""


def quantiles(x: np.ndarray, *shares: float) -> list[np.ndarray]:
    """Return quantiles of each column of a matrix, (columns,), without its missing values: one of the values each."""
    ordered, last = np.sort(x, axis=0), np.maximum(np.sum(~np.isnan(x), axis=0) - 1, 0)
    return [ordered[np.rint(share * last).astype(int), np.arange(x.shape[1])] for share in shares]


@dataclass(frozen=True)
class Distance:
    """Squared Mahalanobis distance from training rows; missing values count as mean ones. Arrays are (columns,)."""

    columns: np.ndarray
    """Indices of the columns."""
    slope: np.ndarray
    """Reciprocal scale of each column."""
    centre: np.ndarray
    """Median of each column, in units of its scale."""
    whitening: np.ndarray
    """Maps transformed columns to uncorrelated ones of variance 1, (columns, columns)."""
    mean: np.ndarray
    """Mean of each of these."""
    fill: np.ndarray
    """Mean of each transformed column, which stands for missing values."""

    @classmethod
    def fit(cls, x: np.ndarray, columns: np.ndarray) -> "Distance":
        """Fit it on some columns of a matrix of training rows, (rows, columns)."""
        part = x[:, columns]
        least, low, median, high, most = np.nan_to_num(quantiles(part, 0, TAIL, 0.5, 1 - TAIL, 1))
        missing = np.isnan(part)
        spread = np.std(np.where(missing, median, part), axis=0)
        # Of a column that nearly always has the same value, quantiles are no scale; a constant one does not count.
        slope = 4 / np.maximum(np.where(high > low, high - low, 4 * spread), MIN_SPREAD) * (least < most)
        z = np.arcsinh(part * slope - median * slope)
        fill = np.sum(z, axis=0, where=~missing) / np.maximum(np.sum(~missing, axis=0), 1)
        z = np.where(missing, 0.0, z - fill)
        values, vectors = np.linalg.eigh(z.T @ z / max(len(z), 1))
        whitening = vectors / np.sqrt(np.maximum(values, 0) + RIDGE)
        return cls(columns, slope, median * slope, whitening, fill @ whitening, fill)

    def of_rows(self, x: np.ndarray) -> np.ndarray:
        """Return the distances of the rows of a matrix (rows, columns), (rows,)."""
        z = np.arcsinh(x[:, self.columns] * self.slope - self.centre)
        uncorrelated = np.where(np.isnan(z), self.fill, z) @ self.whitening - self.mean
        return np.asarray(np.einsum("ij,ij->i", uncorrelated, uncorrelated))

    def of_row(self, row: np.ndarray) -> float:
        """Return the distance of a row, (columns,), without missing values, in a few microseconds."""
        uncorrelated = np.arcsinh(row[self.columns] * self.slope - self.centre).dot(self.whitening) - self.mean
        return uncorrelated.dot(uncorrelated)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Novelty:
    """What makes a row novel. Arrays are (features,)."""

    required: np.ndarray
    """Whether a missing value does."""
    closed: np.ndarray
    """Whether an unknown category does: not in columns where many held-out rows have one, as these are verified."""
    low: np.ndarray
    """The lowest value that is not far outside; -inf for none."""
    high: np.ndarray
    """The highest one."""
    distance: Distance | None
    """Of combinations of numbers; None if fewer than two columns are numeric."""
    limit: float
    """The largest distance of rows that are not novel."""

    def is_novel(self, x: np.ndarray) -> np.ndarray:
        """Return whether each row of an encoded matrix, (rows, columns), is novel, (rows,)."""
        starts = range(0, max(len(x), 1), CHUNK_ROWS)
        return np.concatenate(
            [self._is_novel(feature_values(x[start : start + CHUNK_ROWS], len(self.low))) for start in starts]
        )

    def _is_novel(self, x: np.ndarray) -> np.ndarray:
        cells = (x < self.low) | (x > self.high) | (np.isnan(x) & self.required) | ((x == UNKNOWN) & self.closed)
        novel = np.asarray(cells.any(axis=1))
        return novel if self.distance is None else novel | (self.distance.of_rows(x) > self.limit)

    def is_near(self, row: np.ndarray) -> bool:
        """Return whether a row, (columns,), is not novel; its values are known, and within the training data."""
        return self.distance is None or self.distance.of_row(row) <= self.limit
