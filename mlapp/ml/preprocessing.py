"""Preprocessing for recipes: imputation, scaling, encoding of categories, calendar features of datetimes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.schemas import ColumnType, Feature, Loss

DAYS_PER_YEAR = 365.2425
DENSE_ROWS = 3_000
"""Tables of up to this many rows are one-hot encoded as a dense matrix, which linear models solve exactly. On a million
rows and 54 categories, a sparse one takes two thirds of the time and memory."""


@dataclass(frozen=True)
class FeatureColumns:
    """The columns of the feature matrix by type, as indices, and the size of the training set."""

    numbers: list[int]
    """Numbers, integers and booleans."""
    categories: list[int]
    """Codes from 0 by falling frequency, without an upper bound."""
    datetimes: list[int]
    rows: float = math.inf
    """Rows of the whole training set, also when a fold is fitted, so that all fits have the same hyperparameters."""
    classes: int = 0
    """Number of classes of the target; 0 for regression."""
    texts: list[list[int]] = field(default_factory=list)
    """For each text its columns: the number of characters, and the components of its embedding, which follow all
    features."""
    distinct: dict[int, int] = field(default_factory=dict)
    """Number of distinct values of each column of categories."""
    lowest: float = -math.inf
    """Lowest value of a regression target: recipes that predict positive values need a target from 0."""
    loss: Loss = Loss.SQUARED_ERROR
    """What a regression minimizes; the recipe names it in its `losses`."""

    @classmethod
    def of(cls, features: Sequence[Feature], rows: float = math.inf, classes: int = 0) -> "FeatureColumns":
        """Group the columns of a feature matrix by type."""

        def indices(*types: ColumnType) -> list[int]:
            return [index for index, feature in enumerate(features) if feature.type in types]

        numbers = indices(ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN)
        return cls(numbers, indices(ColumnType.CATEGORY), indices(ColumnType.DATETIME), rows, classes)


def one_hot(columns: FeatureColumns) -> ColumnTransformer:
    """Impute and scale numbers and calendar features, one-hot encode categories: for linear models and neighbours.

    The result is sparse for tables of more than `DENSE_ROWS` rows.
    """
    large = columns.rows > DENSE_ROWS
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*_impute_and_scale(large)), columns.numbers),
            ("dates", make_pipeline(FunctionTransformer(calendar), *_impute_and_scale(large)), columns.datetimes),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=large), columns.categories),
        ]
    )


def _impute_and_scale(large: bool) -> list[TransformerMixin]:  # noqa: FBT001 - which of two
    # Beside an indicator column the imputed value hardly matters, and the median of a million rows takes 1.4 s.
    strategy = "mean" if large else "median"
    steps = [SimpleImputer(strategy=strategy, add_indicator=True, keep_empty_features=True), StandardScaler()]
    return [*steps, FunctionTransformer(to_sparse_rows)] if large else steps


def to_sparse_rows(x: np.ndarray) -> csr_array:
    """Return a dense matrix in compressed sparse row format, with its zeros stored.

    scikit-learn's own conversion searches for zeros and sorts the rest by row, in twice the time and memory.
    """
    rows, columns = x.shape
    indices = np.tile(np.arange(columns, dtype=np.int32), rows)
    return csr_array((x.ravel(), indices, np.arange(rows + 1, dtype=np.int32) * columns), shape=x.shape)


def native(columns: FeatureColumns) -> FunctionTransformer:
    """Keep all columns and append calendar features: for estimators with native missing values and categories.

    A `ColumnTransformer` would copy the matrix three times.
    """
    return FunctionTransformer(with_calendar, kw_args={"datetimes": columns.datetimes})


def ordinal(columns: FeatureColumns) -> ColumnTransformer:
    """Keep numbers, and category codes with -1 for missing ones, and add calendar features: for tree ensembles.

    Codes follow the frequency of the categories, so that a split separates frequent from rare ones.
    """
    imputer = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return ColumnTransformer(
        [
            ("numbers", "passthrough", columns.numbers),
            ("categories", imputer, columns.categories),
            ("dates", FunctionTransformer(calendar), columns.datetimes),
        ]
    )


def with_calendar(x: np.ndarray, datetimes: list[int]) -> np.ndarray:
    """Append the calendar features of the datetime columns to a matrix (rows, features): four for each."""
    return np.hstack([x, calendar(x[:, datetimes])[:, len(datetimes) :]]) if datetimes else x


def calendar(days: np.ndarray) -> np.ndarray:
    """Return days since 1970-01-01, followed by sine and cosine of the time of year, weekday and hour.

    (rows, datetimes) becomes (rows, 5 · datetimes). A missing datetime is missing in all five.
    """
    year = 2 * np.pi * days / DAYS_PER_YEAR
    # 1970-01-01 was a Thursday, day 3 of the week.
    return np.hstack([days, np.sin(year), np.cos(year), np.floor(days + 3) % 7, days % 1 * 24])


def calendar_values(days: list[float]) -> list[float]:
    """Return what `calendar` returns for a single row."""
    years = [2 * math.pi * day / DAYS_PER_YEAR for day in days]
    weekdays = [math.floor(day + 3) % 7 for day in days]
    return [*days, *map(math.sin, years), *map(math.cos, years), *weekdays, *(day % 1 * 24 for day in days)]
