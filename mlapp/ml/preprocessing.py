"""What recipes put before an estimator: gaps filled, numbers scaled, categories coded, dates unfolded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.schemas import ColumnType, Feature

DAYS_A_YEAR = 365.2425
DENSE_ROWS = 3_000
"""Tables up to here are one-hot coded as a dense matrix, which linear models solve exactly. On a million rows and
54 categories a sparse one takes two thirds of the time and of the memory."""


@dataclass(frozen=True)
class Columns:
    """Which columns of the matrix are what, by index, and what else recipes go by."""

    numbers: list[int]
    """Numbers, integers and booleans."""
    categories: list[int]
    datetimes: list[int]
    rows: float = math.inf
    """Of the whole table, also where a part of it is fitted: what suits a small one is chosen by it."""
    classes: int = 0
    """Of the target; 0 where it is a quantity."""

    @classmethod
    def of(cls, features: Sequence[Feature], rows: float = math.inf, classes: int = 0) -> "Columns":
        """Sort the columns of the features' matrix by type."""
        kinds = [feature.type for feature in features]
        special = (ColumnType.CATEGORY, ColumnType.DATETIME)
        return cls(
            [place for place, kind in enumerate(kinds) if kind not in special],
            [place for place, kind in enumerate(kinds) if kind is ColumnType.CATEGORY],
            [place for place, kind in enumerate(kinds) if kind is ColumnType.DATETIME],
            rows,
            classes,
        )


def one_hot(columns: Columns) -> ColumnTransformer:
    """Fill and scale numbers and dates, make a column of every category: for linear estimators.

    The matrix is sparse where that is smaller, and dense for small tables.
    """
    large = columns.rows > DENSE_ROWS
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*_scaled(large)), columns.numbers),
            ("dates", make_pipeline(FunctionTransformer(calendar), *_scaled(large)), columns.datetimes),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=large), columns.categories),
        ]
    )


def _scaled(large: bool) -> list[TransformerMixin]:  # noqa: FBT001 - which of two
    # Beside a column that marks the gaps, what they are filled with hardly matters; a million rows take 1.4 s to sort.
    filling = "mean" if large else "median"
    steps = [SimpleImputer(strategy=filling, add_indicator=True, keep_empty_features=True), StandardScaler()]
    return [*steps, FunctionTransformer(by_row)] if large else steps


def by_row(x: np.ndarray) -> csr_array:
    """Return a matrix (rows, columns) as a sparse one of the same values, zeros among them.

    Left to itself, scikit-learn looks for the zeros, and sorts what is left by row: twice the time and memory.
    """
    rows, columns = x.shape
    places = np.tile(np.arange(columns, dtype=np.int32), rows)
    return csr_array((x.ravel(), places, np.arange(rows + 1, dtype=np.int32) * columns), shape=x.shape)


def unfolded(columns: Columns) -> FunctionTransformer:
    """Leave every column where it is, and unfold dates into further ones: for trees that split on gaps and categories.

    A `ColumnTransformer` would copy a matrix of many rows three times.
    """
    return FunctionTransformer(with_calendar, kw_args={"datetimes": columns.datetimes})


def filled(columns: Columns) -> ColumnTransformer:
    """Leave numbers and codes as they are, gaps marked by a value of their own: for trees without categories.

    Category codes follow the categories' frequency, so that a split separates frequent from rare ones.
    """
    gaps = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return ColumnTransformer(
        [
            ("numbers", "passthrough", columns.numbers),
            ("categories", gaps, columns.categories),
            ("dates", FunctionTransformer(calendar), columns.datetimes),
        ]
    )


def with_calendar(x: np.ndarray, datetimes: list[int]) -> np.ndarray:
    """Return a matrix (rows, features), followed by what its datetimes unfold into: four more columns for each."""
    return np.hstack([x, calendar(x[:, datetimes])[:, len(datetimes) :]]) if datetimes else x


def calendar(days: np.ndarray) -> np.ndarray:
    """Unfold days since 1970-01-01 into the day, the turn of the year as an angle, the weekday and the hour.

    Takes rows × datetimes, returns rows × (5 · datetimes); a gap is a gap in all five.
    """
    year = 2 * np.pi * days / DAYS_A_YEAR
    # 1970-01-01 was a Thursday: day 3 of the week.
    return np.hstack([days, np.sin(year), np.cos(year), np.floor(days + 3) % 7, days % 1 * 24])
