"""Compiled steps: fitted scikit-learn transformers and estimators as functions of arrays and of single rows."""

from collections.abc import Callable
from functools import reduce
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.ml.inference.compiled_functions import Compiled, Row, added, chain, probabilities_of
from mlapp.ml.inference.compiled_trees import compile_trees
from mlapp.ml.preprocessing import MAX_CODE, NativeColumns, cap_codes, to_sparse_rows
from mlapp.ml.recipes.calendar import Calendar

MAX_PRODUCTS = 300
"""Maximum number of products of a row and weights in Python; numpy is faster at more."""
MakeProduct = Callable[[np.ndarray], Compiled]
"""Takes weights (columns, …), and returns the function that multiplies a matrix by them."""


def compile_imputer(step: SimpleImputer) -> Compiled:
    """Compile an imputer, with or without indicator columns."""
    fill = np.asarray(step.statistics_, dtype=float)
    indicated = step.indicator_.features_ if step.add_indicator else None

    def many(x: np.ndarray) -> np.ndarray:
        missing = np.isnan(x)
        filled = np.where(missing, fill, x)
        return filled if indicated is None else np.concatenate([filled, missing[:, indicated]], axis=1)

    if indicated is None or not len(indicated):
        return Compiled(many, ())
    zeros = [0.0] * len(indicated)
    return Compiled(many, (lambda row: row + zeros,))


def compile_scaler(step: StandardScaler) -> Compiled:
    """Compile a scaler."""
    mean, scale = step.mean_, step.scale_
    means, scales = mean.tolist(), scale.tolist()

    def one(row: Row) -> Row:
        return list(map(truediv, map(sub, row, means), scales))

    return Compiled(lambda x: (x - mean) / scale, (one,))


def compile_function(step: FunctionTransformer) -> Compiled:
    """Compile a function; the conversion to a sparse matrix is skipped."""
    if step.func is None or step.func is to_sparse_rows:
        return Compiled(_identity, ())
    row = (lambda row: [min(code, MAX_CODE) for code in row],) if step.func is cap_codes else None
    return Compiled(step.func, row)


def compile_calendar(step: Calendar | NativeColumns) -> Compiled:
    """Compile calendar features."""
    return Compiled(step.transform, (step.transform_row,))


def one_hot_product(step: OneHotEncoder, weights: np.ndarray) -> Compiled:
    """Compile the product of one-hot columns and weights, as a lookup; unknown categories have weight 0.

    Creating the columns would take twice as long as everything else.
    """
    tables, start = [], 0
    for names in step.categories_:
        categories = np.asarray(names, dtype=float)
        rows = weights[start : start + len(categories)]
        tables.append((categories, np.concatenate([rows, np.zeros_like(rows[:1])])))
        start += len(categories)

    def many(x: np.ndarray) -> np.ndarray:
        products = [table[_indices(x[:, index], categories)] for index, (categories, table) in enumerate(tables)]
        return reduce(np.add, products)

    of_code = [
        dict(zip(categories.tolist(), table[:-1].reshape(len(categories), -1).tolist(), strict=True))
        for categories, table in tables
    ]
    nothing = np.zeros(weights[0].size).tolist()

    def one(row: Row) -> Row:
        return added([found.get(code, nothing) for found, code in zip(of_code, row, strict=True)])

    return Compiled(many, (one,))


def matrix_product(weights: np.ndarray) -> Compiled:
    """Return the function that multiplies a matrix by weights."""
    columns = np.atleast_2d(weights.T).tolist()

    def one(row: Row) -> Row:
        return [sum(map(mul, row, column)) for column in columns]

    return Compiled(lambda x: x @ weights, (one,) if weights.size <= MAX_PRODUCTS else None)


def compile_linear(step: Any, product_with: MakeProduct = matrix_product) -> Compiled:
    """Compile a linear regression."""
    product, intercept = product_with(np.asarray(step.coef_).T), step.intercept_
    return _plus(product, intercept)


def _plus(product: Compiled, intercept: Any) -> Compiled:
    constants = np.atleast_1d(intercept).tolist()
    return chain([product, Compiled(lambda x: x + intercept, (lambda row: list(map(add, row, constants)),))])


def compile_logistic(step: LogisticRegression, product_with: MakeProduct = matrix_product) -> Compiled:
    """Compile a logistic regression: sigmoid for two classes, softmax for more."""
    scores = _plus(product_with(step.coef_.T), step.intercept_)

    def sigmoid(x: np.ndarray) -> np.ndarray:
        second = 1 / (1 + np.exp(-x))
        return np.concatenate([1 - second, second], axis=1)

    def softmax(x: np.ndarray) -> np.ndarray:
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        probabilities: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    return chain([scores, Compiled(sigmoid if len(step.classes_) == 2 else softmax, (probabilities_of,))])


def compile_boosting(step: Any) -> Compiled:
    """Compile histogram gradient boosting, with its encoder of categories."""
    preprocessor = step._preprocessor  # noqa: SLF001 - its trees are private, too
    if preprocessor is None:
        return compile_trees(step, None)
    # Known categories become 0, 1, …, and unknown ones missing values; the other columns follow.
    is_category = step.is_categorical_
    order, others = np.flatnonzero(is_category).tolist(), np.flatnonzero(~is_category).tolist()
    encoder = preprocessor.named_transformers_["encoder"]
    known = [np.asarray(categories, dtype=float) for categories in encoder.categories_]
    codes = [{category: float(code) for code, category in enumerate(categories.tolist())} for categories in known]

    def many(x: np.ndarray) -> np.ndarray:
        columns = zip(order, known, strict=True)
        return np.column_stack([*(_codes(x[:, index], categories) for index, categories in columns), x[:, others]])

    def one(row: Row) -> Row:
        coded = [code[row[index]] for index, code in zip(order, codes, strict=True)]
        return coded + [row[index] for index in others]

    return compile_trees(step, Compiled(many, (one,)))


def compile_forest(step: Any) -> Compiled:
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

    return Compiled(run)


def _identity(x: Any) -> Any:
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
