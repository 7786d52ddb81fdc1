"""Compiled steps: fitted scikit-learn transformers and estimators as functions of arrays."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.ml.inference.compiled_trees import compile_trees
from mlapp.ml.preprocessing import to_sparse_rows

ArrayFunction = Callable[[np.ndarray], np.ndarray]
"""Maps a matrix (rows, features) to a matrix (rows, columns), values (rows,) or probabilities (rows, classes)."""
MakeProduct = Callable[[np.ndarray], ArrayFunction]
"""Takes weights (columns, …), and returns the function that multiplies a matrix by them."""


def compile_imputer(step: SimpleImputer) -> ArrayFunction:
    """Compile an imputer, with or without indicator columns."""
    fill = np.asarray(step.statistics_, dtype=float)
    indicated = step.indicator_.features_ if step.add_indicator else None

    def run(x: np.ndarray) -> np.ndarray:
        missing = np.isnan(x)
        filled = np.where(missing, fill, x)
        return filled if indicated is None else np.concatenate([filled, missing[:, indicated]], axis=1)

    return run


def compile_scaler(step: StandardScaler) -> ArrayFunction:
    """Compile a scaler."""
    mean, scale = step.mean_, step.scale_
    return lambda x: (x - mean) / scale


def compile_function(step: FunctionTransformer) -> ArrayFunction:
    """Compile a function; the conversion to a sparse matrix is skipped."""
    if step.func is to_sparse_rows:
        return _identity
    return partial(step.func or _identity, **step.kw_args or {})


def one_hot_product(step: OneHotEncoder, weights: np.ndarray) -> ArrayFunction:
    """Compile the product of one-hot columns and weights, as a lookup; unknown categories have weight 0.

    Creating the columns would take twice as long as everything else.
    """
    tables, start = [], 0
    for names in step.categories_:
        categories = np.asarray(names, dtype=float)
        rows = weights[start : start + len(categories)]
        tables.append((categories, np.concatenate([rows, np.zeros_like(rows[:1])])))
        start += len(categories)

    def run(x: np.ndarray) -> np.ndarray:
        products = [table[_indices(x[:, index], categories)] for index, (categories, table) in enumerate(tables)]
        return reduce(np.add, products)

    return run


def matrix_product(weights: np.ndarray) -> ArrayFunction:
    """Return the function that multiplies a matrix by weights."""
    return lambda x: x @ weights


def compile_linear(step: Any, product_with: MakeProduct = matrix_product) -> ArrayFunction:
    """Compile a linear regression."""
    product, intercept = product_with(np.asarray(step.coef_).T), step.intercept_
    return lambda x: product(x) + intercept


def compile_logistic(step: LogisticRegression, product_with: MakeProduct = matrix_product) -> ArrayFunction:
    """Compile a logistic regression: sigmoid for two classes, softmax for more."""
    product, intercept = product_with(step.coef_.T), step.intercept_

    def sigmoid(x: np.ndarray) -> np.ndarray:
        second = 1 / (1 + np.exp(-(product(x) + intercept)))
        return np.concatenate([1 - second, second], axis=1)

    def softmax(x: np.ndarray) -> np.ndarray:
        scores = product(x) + intercept
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    return sigmoid if len(step.classes_) == 2 else softmax


def compile_boosting(step: Any) -> ArrayFunction:
    """Compile histogram gradient boosting, with its encoder of categories."""
    preprocessor = step._preprocessor  # noqa: SLF001 - its trees are private, too
    if preprocessor is None:
        return compile_trees(step, None)
    # Known categories become 0, 1, …, and unknown ones missing values; the other columns follow.
    is_category = step.is_categorical_
    encoder = preprocessor.named_transformers_["encoder"]
    known = [np.asarray(categories, dtype=float) for categories in encoder.categories_]

    def encode(x: np.ndarray) -> np.ndarray:
        columns = zip(np.flatnonzero(is_category), known, strict=True)
        return np.column_stack(
            [*(_codes(x[:, index], categories) for index, categories in columns), x[:, ~is_category]]
        )

    return compile_trees(step, encode)


def compile_forest(step: Any) -> ArrayFunction:
    """Compile a random forest or extremely randomized trees."""
    trees = [tree.tree_ for tree in step.estimators_]
    classifies = isinstance(step, RandomForestClassifier | ExtraTreesClassifier)

    def run(x: np.ndarray) -> np.ndarray:
        x32 = np.ascontiguousarray(x, dtype=np.float32)
        total = trees[0].predict(x32)
        for tree in trees[1:]:
            total += tree.predict(x32)
        mean: np.ndarray = total / len(trees)
        return mean if classifies else mean[:, 0]

    return run


def _identity(x: np.ndarray) -> np.ndarray:
    return x


def _codes(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return the indices of values in sorted categories, NaN for unknown and missing ones."""
    categories = categories[~np.isnan(categories)]
    indices = _indices(values, categories)
    return np.where(indices < len(categories), indices, np.nan)


def _indices(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return the indices of values in sorted categories, where NaN is last; `len(categories)` for unknown ones."""
    indices = np.searchsorted(categories, values).clip(max=len(categories) - 1)
    found = categories[indices]
    return np.where((found == values) | (np.isnan(found) & np.isnan(values)), indices, len(categories))
