"""Compiled steps: fitted transformers as functions of arrays, and their products with weights.

Linear models multiply what their transformers return by weights. Where the product is simpler than the transformer, it
is compiled as one function: a category selects a weight, without the one-hot columns, and a spline is a cubic.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.ml.inference.compiled.columns import positions
from mlapp.ml.inference.compiled.functions import Compiled, chain, concatenated, plus, sum_of
from mlapp.ml.inference.compiled.splines import spline_product
from mlapp.ml.recipes.kernel import RbfFeatures
from mlapp.ml.recipes.linear_columns import LinearColumns
from mlapp.ml.recipes.splines import SplineBasis
from mlapp.ml.recipes.target_means import TargetMeans


def compile_steps(steps: Sequence[Any]) -> Compiled:
    """Compile transformers that are applied one after the other."""
    return chain([_COMPILERS.get(type(step), _other)(step) for step in flat(steps)])


def flat(steps: Sequence[Any]) -> list[Any]:
    """Return steps with pipelines replaced by their own steps."""
    found: list[Any] = []
    for step in steps:
        found += flat([own for _, own in step.steps]) if isinstance(step, Pipeline) else [step]
    return found


def product_of(steps: Sequence[Any], weights: np.ndarray) -> Compiled:
    """Compile the product of what transformers return, one after the other, and weights (columns, sums)."""
    steps = flat(steps)
    last = steps[-1] if steps else None
    if type(last) in _PRODUCTS:
        return chain([compile_steps(steps[:-1]), _PRODUCTS[type(last)](last, weights)])
    if isinstance(last, StandardScaler) and len(steps) > 1 and isinstance(steps[-2], SplineBasis):
        scaled = weights / last.scale_[:, None]
        return plus(product_of(steps[:-1], scaled), -last.mean_ @ scaled)
    return chain([compile_steps(steps), Compiled(lambda x: x @ weights)])


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

    return Compiled(many)


def linear_columns_product(step: LinearColumns, weights: np.ndarray) -> Compiled:
    """Compile the product of dense and one-hot columns, and weights."""
    dense, *rows = np.split(weights, np.cumsum([len(step.mean_), *map(len, step.levels_)])[:-1])
    tables = [np.concatenate([own, np.zeros_like(own[:1])]) for own in rows]

    def many(x: np.ndarray) -> np.ndarray:
        found = [table[indices] for table, indices in zip(tables, step.level_indices(x), strict=True)]
        return reduce(np.add, found, step.dense(x) @ dense)

    return Compiled(many)


def kernel_product(step: RbfFeatures, weights: np.ndarray) -> Compiled:
    """Compile the product of kernel features and weights (components, sums).

    The features are similarities times a matrix; both matrices become one. The squared distance to a component c is
    |x|² - 2 x·c + |c|².
    """
    weights = step.normalization_ @ weights
    products = np.ascontiguousarray(2 * step.gamma_ * step.components_.T)
    constants = -step.gamma_ * (step.components_**2).sum(axis=1)
    gamma = step.gamma_

    def many(x: np.ndarray) -> np.ndarray:
        # A product for each row: the weighted similarities are 10⁴ times as large as their sum, so that the order of
        # the sum matters, which in one product of matrices depends on the number of rows.
        rows = x[:, None, :]
        exponents = rows @ products + constants - gamma * (rows**2).sum(axis=2, keepdims=True)
        values: np.ndarray = (np.exp(np.minimum(exponents, 0.0)) @ weights)[:, 0]
        return values

    return Compiled(many)


def _columns_product(step: ColumnTransformer, weights: np.ndarray) -> Compiled:
    parts = [
        (list(columns), product_of([part], weights[step.output_indices_[name]]))
        for name, part, columns in step.transformers_
        if len(columns)
    ]
    return sum_of(parts)


def _columns(step: ColumnTransformer) -> Compiled:
    return concatenated(
        [(list(columns), compile_steps([part])) for _, part, columns in step.transformers_ if len(columns)]
    )


def _imputer(step: SimpleImputer) -> Compiled:
    """Compile an imputer, with or without indicator columns."""
    fill = np.asarray(step.statistics_, dtype=float)
    indicated = step.indicator_.features_ if step.add_indicator else None

    def many(x: np.ndarray) -> np.ndarray:
        missing = np.isnan(x)
        filled = np.where(missing, fill, x)
        return filled if indicated is None else np.concatenate([filled, missing[:, indicated]], axis=1)

    return Compiled(many)


def _scaler(step: StandardScaler) -> Compiled:
    mean, scale = step.mean_, step.scale_
    return Compiled(lambda x: (x - mean) / scale)


def _function(step: FunctionTransformer) -> Compiled:
    if step.func is None:
        return Compiled(lambda x: x)
    return Compiled(partial(step.func, **(step.kw_args or {})))


def _target_means(step: TargetMeans) -> Compiled:
    """Compile target encoding as a lookup of each code."""
    lookups = [(index, *found) for index, found in zip(step.columns, step.means(), strict=True)]

    def many(x: np.ndarray) -> np.ndarray:
        found = [means[positions(x[:, index], codes)] for index, codes, means in lookups]
        result = np.hstack([x, *(means[:, 1:] for means in found)])
        for (index, *_), means in zip(lookups, found, strict=True):
            result[:, index] = means[:, 0]
        return result

    return Compiled(many)


def _one_hot(step: OneHotEncoder) -> Compiled:
    """Compile the one-hot columns themselves, for estimators that need them."""
    return one_hot_product(step, np.eye(sum(map(len, step.categories_))))


def _other(step: Any) -> Compiled:
    return Compiled(step.transform)


def _indices(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return the indices of values in sorted categories, where NaN is last; `len(categories)` for unknown ones."""
    indices = np.searchsorted(categories, values).clip(max=len(categories) - 1)
    found = categories[indices]
    return np.where((found == values) | (np.isnan(found) & np.isnan(values)), indices, len(categories))


_PRODUCTS: dict[type, Callable[[Any, np.ndarray], Compiled]] = {
    ColumnTransformer: _columns_product,
    OneHotEncoder: one_hot_product,
    SplineBasis: spline_product,
    RbfFeatures: kernel_product,
    LinearColumns: linear_columns_product,
}

_COMPILERS: dict[type, Callable[[Any], Compiled]] = {
    ColumnTransformer: _columns,
    SimpleImputer: _imputer,
    StandardScaler: _scaler,
    FunctionTransformer: _function,
    OneHotEncoder: _one_hot,
    TargetMeans: _target_means,
}
