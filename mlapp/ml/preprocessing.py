"""Preprocessing for recipes: imputation, scaling, encoding of categories, calendar features of datetimes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.errors import shorten
from mlapp.ml.recipes.calendar import Calendar
from mlapp.ml.recipes.linear_columns import LinearColumns
from mlapp.schemas import ColumnType, Feature, Loss

MAX_CODE = 254
"""Codes of categories are at most this: the rarest categories share it.

Source: scikit-learn, HistGradientBoosting: a categorical feature has at most `max_bins` = 255 categories.
"""
DENSE_ROWS = 3_000
"""Tables of up to this many rows are one-hot encoded as a dense matrix, which linear models solve exactly. On a million
rows and 54 categories, a sparse one takes two thirds of the time and memory."""

MANY_CATEGORIES, MEANS_ROWS = 10, 200
"""Columns of more than this many categories may be encoded as means of the target, on at least this many rows."""


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
    names: tuple[str, ...] = ()
    """Names of the features, in the order of the matrix."""
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Categories of each feature that has some; their codes are the positions."""

    raw_texts: Mapping[str, int] = field(default_factory=dict)
    """Columns with the texts of features as they are, None if missing, for recipes with `raw_texts`."""

    def named(self, *names: str) -> list[int]:
        """Return the columns of features by name, for a `ColumnTransformer`; a text has many.

        Raises:
            ValueError: the table has no such feature.
        """
        if missing := [name for name in names if name not in self.names]:
            raise ValueError(f"there is no feature '{shorten(missing[0])}', which the recipe is made for.")
        texts = {own: block for block in self.texts for own in block[:1]}
        found = [self.names.index(name) for name in names]
        return [column for index in found for column in texts.get(index, [index])]

    @property
    def smooth_width(self) -> int:
        """About the number of columns that `smooth` makes of these."""
        categories = sum(min(self.distinct.get(index, MAX_CODE), MAX_CODE) for index in self.categories)
        return 6 * len(self.numbers) + 12 * len(self.datetimes) + sum(map(len, self.texts)) + categories + 1

    @property
    def many(self) -> list[int]:
        """The columns of many categories, which may be encoded as means of the target."""
        if self.rows < MEANS_ROWS:
            return []
        return [index for index in self.categories if self.distinct.get(index, 0) > MANY_CATEGORIES]

    def with_means(self) -> "FeatureColumns":
        """Return the columns as `TargetMeans` makes them: those of many categories are numbers."""
        categories = [index for index in self.categories if index not in self.many]
        return replace(self, numbers=sorted(self.numbers + self.many), categories=categories)

    @property
    def lengths_and_components(self) -> tuple[list[int], list[int]]:
        """The columns of the lengths of texts, and those of their components."""
        return [own for own, *_ in self.texts], [index for _, *components in self.texts for index in components]

    @classmethod
    def of(cls, features: Sequence[Feature], rows: float = math.inf, classes: int = 0) -> "FeatureColumns":
        """Group the columns of a feature matrix by type."""

        def indices(*types: ColumnType) -> list[int]:
            return [index for index, feature in enumerate(features) if feature.type in types]

        numbers = indices(ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN)
        return cls(
            numbers,
            indices(ColumnType.CATEGORY),
            indices(ColumnType.DATETIME),
            rows,
            classes,
            names=tuple(feature.name for feature in features),
            labels={feature.name: feature.categories for feature in features if feature.categories},
        )


def one_hot(columns: FeatureColumns) -> ColumnTransformer | LinearColumns:
    """Impute and scale numbers and calendar features, one-hot encode categories: for linear models and neighbours.

    The result is sparse for tables with categories of more than `DENSE_ROWS` rows.
    """
    if columns.rows <= DENSE_ROWS:
        return smooth(columns)
    lengths, components = columns.lengths_and_components
    return LinearColumns(columns.numbers + lengths, components, columns.datetimes, columns.categories, MAX_CODE)


def smooth(columns: FeatureColumns, basis: TransformerMixin | None = None) -> ColumnTransformer:
    """Impute and scale numbers, calendar features and texts, one-hot encode categories.

    Args:
        columns: The columns of the matrix.
        basis: Transforms numbers and datetimes further.
    """
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    steps = _impute_and_scale()
    lengths, components = columns.lengths_and_components
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*steps, *([basis] if basis else [])), columns.numbers + lengths),
            ("dates", make_pipeline(Calendar(smooth=True), *_impute_and_scale()), columns.datetimes),
            ("texts", BlockScaler(), components),
            ("categories", make_pipeline(FunctionTransformer(cap_codes), encoder), columns.categories),
        ]
    )


def beside_texts(columns: FeatureColumns, features: TransformerMixin, texts: TransformerMixin) -> ColumnTransformer:
    """Transform encoded features by `features`, such as `one_hot(columns)`, and each text by a copy of `texts`.

    For recipes with `raw_texts`: `texts`, such as `TfidfVectorizer()`, gets a list, with empty texts for missing ones.
    """
    encoded = make_pipeline(FunctionTransformer(as_numbers), features)
    documents = make_pipeline(FunctionTransformer(as_documents), texts)
    raw = [(f"text {column}", documents, column) for column in columns.raw_texts.values()]
    return ColumnTransformer([("features", encoded, slice(0, len(columns.names))), *raw])


def as_numbers(x: np.ndarray) -> np.ndarray:
    """Return encoded features of a matrix of objects as float64."""
    return np.asarray(x, dtype=float)


def as_documents(texts: np.ndarray) -> list[str]:
    """Return texts, (rows,), with empty ones for missing ones."""
    return [text or "" for text in texts]


def _impute_and_scale() -> list[TransformerMixin]:
    return [SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()]


def cap_codes(codes: np.ndarray) -> np.ndarray:
    """Return codes of categories up to `MAX_CODE`; missing ones stay NaN."""
    return np.asarray(np.minimum(codes, MAX_CODE))


def native(columns: FeatureColumns) -> "NativeColumns":
    """Keep all columns and append calendar features: for estimators with native missing values and categories."""
    return NativeColumns(columns.categories, columns.datetimes)


class NativeColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """All columns, with codes of categories up to `MAX_CODE`, followed by the calendar features of the datetimes.

    A `ColumnTransformer` would copy the matrix three times.
    """

    def __init__(self, categories: Sequence[int], datetimes: Sequence[int]) -> None:
        self.categories = categories
        self.datetimes = datetimes

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Find the calendar features."""
        self.calendar_ = Calendar().fit(X[:, self.datetimes])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the columns, (rows, columns + calendar features)."""
        datetimes = list(self.datetimes)
        added = self.calendar_.transform(X[:, datetimes])[:, len(datetimes) :] if datetimes else X[:, :0]
        result = np.hstack([X, added])
        for index in self.categories:
            np.minimum(result[:, index], MAX_CODE, out=result[:, index])
        return result

    def transform_row(self, row: list[float]) -> list[float]:
        """Return the columns of a single row without missing values."""
        days = [row[index] for index in self.datetimes]
        result = row + self.calendar_.transform_row(days)[len(days) :]
        for index in self.categories:
            result[index] = min(result[index], MAX_CODE)
        return result


def ordinal(columns: FeatureColumns) -> ColumnTransformer:
    """Keep numbers, and category codes with -1 for missing ones, and add calendar features: for tree ensembles.

    Codes follow the frequency of the categories, so that a split separates frequent from rare ones.
    """
    imputer = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    texts = [index for block in columns.texts for index in block]
    return ColumnTransformer(
        [
            ("numbers", "passthrough", columns.numbers + texts),
            ("categories", make_pipeline(FunctionTransformer(cap_codes), imputer), columns.categories),
            ("dates", Calendar(), columns.datetimes),
        ]
    )


class BlockScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Centers columns, and divides all of them by one number: the components of a text keep their proportions.

    Missing values become the mean.
    """

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Find the means, and the largest standard deviation."""
        # By column, as numpy would copy the matrix several times.
        self.mean_ = np.nan_to_num([np.nanmean(column) for column in X.T])
        self.scale_ = float(np.nan_to_num([np.nanstd(column) for column in X.T]).max()) or 1.0
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the scaled columns."""
        scaled = X - self.mean_
        scaled /= self.scale_
        return np.asarray(np.nan_to_num(scaled, copy=False))
