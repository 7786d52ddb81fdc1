"""Columns for linear models of large tables: scaled numbers, waves of the calendar, one-hot encoded categories.

A `ColumnTransformer` holds the results of all steps and parts at once; here each column is written into the only
matrix, which takes a third of the memory.
"""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin

from mlapp.ml.recipes.calendar import Calendar


class LinearColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Dense columns, followed by one-hot encoded categories; sparse if there are categories.

    Dense columns are numbers, indicators of missing values, components of texts and calendar features. They are
    centred and scaled, so that missing values are 0; components of texts have one scale, and so keep their proportions.

    Args:
        numbers: Indices of the columns of numbers.
        texts: Indices of the components of texts.
        datetimes: Indices of the columns of days.
        categories: Indices of the columns of codes.
        max_code: Higher codes count as this one.

    Attributes:
        indicated_: Indices of the columns whose missing values are indicated.
        mean_: Of the dense columns, (columns,).
        scale_: What they are divided by, (columns,).
        levels_: Codes of each column of categories, in ascending order; NaN is the last one.
    """

    def __init__(
        self,
        numbers: Sequence[int],
        texts: Sequence[int],
        datetimes: Sequence[int],
        categories: Sequence[int],
        max_code: int,
    ) -> None:
        self.numbers = numbers
        self.texts = texts
        self.datetimes = datetimes
        self.categories = categories
        self.max_code = max_code

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Find means, scales and categories."""
        self.calendar_ = Calendar(smooth=True).fit(X[:, list(self.datetimes)])
        self.indicated_ = [index for index in [*self.numbers, *self.datetimes] if np.isnan(X[:, index]).any()]
        self.levels_ = [np.unique(np.minimum(X[:, index], self.max_code)) for index in self.categories]
        found = np.array([_mean_and_scale(column) for column in self._columns(X)]).reshape(-1, 2)
        self.mean_, self.scale_ = found.T
        first = len(self.numbers) + len(self.indicated_)
        components = slice(first, first + len(self.texts))
        self.scale_[components] = self.scale_[components].max(initial=0.0)
        self.scale_[self.scale_ == 0] = 1.0
        return self

    def transform(self, X: np.ndarray) -> np.ndarray | csr_array:
        """Return the columns, (rows, dense columns + categories)."""
        dense, more = len(self.mean_), len(self.categories)
        values = np.empty((len(X), dense + more))
        self._write(X, values)
        if not more:
            return values
        columns = np.empty(values.shape, dtype=np.int32)
        columns[:, :dense] = np.arange(dense)
        start = dense
        for index, (levels, found) in enumerate(zip(self.levels_, self.level_indices(X), strict=True), dense):
            values[:, index] = found < len(levels)
            columns[:, index] = start + np.where(found < len(levels), found, 0)
            start += len(levels)
        ends = np.arange(len(X) + 1, dtype=np.int32) * values.shape[1]
        return csr_array((values.ravel(), columns.ravel(), ends), shape=(len(X), start))

    def dense(self, X: np.ndarray) -> np.ndarray:
        """Return the dense columns, (rows, columns)."""
        values = np.empty((len(X), len(self.mean_)))
        self._write(X, values)
        return values

    def level_indices(self, X: np.ndarray) -> Iterator[np.ndarray]:
        """Yield for each column of categories the index of its level, (rows,); an unknown one has the next index."""
        for column, levels in zip(self.categories, self.levels_, strict=True):
            codes = np.minimum(X[:, column], self.max_code)
            indices = np.searchsorted(levels, codes).clip(max=len(levels) - 1)
            found = levels[indices]
            yield np.where((found == codes) | (np.isnan(found) & np.isnan(codes)), indices, len(levels))

    def _write(self, X: np.ndarray, values: np.ndarray) -> None:
        """Write the dense columns into the first ones of a matrix."""
        for index, column in enumerate(self._columns(X)):
            values[:, index] = np.nan_to_num((column - self.mean_[index]) / self.scale_[index])

    def _columns(self, X: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the dense columns before they are scaled."""
        yield from (X[:, index] for index in self.numbers)
        yield from (np.isnan(X[:, index]).astype(float) for index in self.indicated_)
        yield from (X[:, index] for index in self.texts)
        yield from self.calendar_.features(X[:, list(self.datetimes)])


def _mean_and_scale(column: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation, with the mean in place of missing values."""
    mean = float(column[~np.isnan(column)].sum() / max(1, np.count_nonzero(~np.isnan(column))))
    return mean, float(np.sqrt(np.mean(np.nan_to_num(column - mean) ** 2)))
