"""Fitted pipelines as bare array functions: what they answer, without what scikit-learn does around it.

A `ColumnTransformer` alone takes two milliseconds a call, whatever the number of rows; what it stands for takes
twenty microseconds. A kernel is only used where it answers as the pipeline does (`compile_pipeline`).
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.ml.evaluation.calibration import CalibratedClassifier, apply_temperature
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled_trees import compile_trees
from mlapp.ml.preprocessing import to_sparse_rows

Kernel = Callable[[np.ndarray], np.ndarray]
"""Takes a matrix (rows, features), and returns a matrix (rows, columns), values (rows,) or probabilities."""
Product = Callable[[np.ndarray], Kernel]
"""Takes weights (columns, …), and returns what multiplies a matrix by them."""

TOLERANCE = 1e-12
"""How far a kernel may be from its pipeline, relative to the answer: sums are taken in another order."""
SHARE_TOLERANCE = 1e-15
"""How far a probability may be besides: of two classes one is 1 minus the other, which is no finer than that."""


def compile_pipeline(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> Kernel:
    """Return what answers as `evaluation.predict` does: a kernel, or the pipeline itself where there is none for it.

    `rows` (rows, features) are what both are asked, alone and together, before the kernel is trusted: it knows the
    steps of our own recipes, and not all that they can be set to.
    """
    whole = partial(predict, estimator, classes=classes)
    try:
        kernel = _kernel(estimator)
        if classes is not None:
            kernel = _in_all_classes(kernel, estimator.classes_, classes)
        found = [kernel(rows), np.concatenate([kernel(row[None, :]) for row in rows])]
        expected = whole(rows)
    except Exception:  # noqa: BLE001 - whatever is unlike our recipes, the pipeline answers
        return whole
    least = 0 if classes is None else SHARE_TOLERANCE
    same = all(np.allclose(answer, expected, rtol=TOLERANCE, atol=least) for answer in found)
    return kernel if same else whole


def _kernel(step: Any) -> Kernel:
    return _KERNELS[type(step)](step)


def _in_all_classes(kernel: Kernel, known: np.ndarray, classes: int) -> Kernel:
    if len(known) == classes:
        return kernel

    def run(x: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(x), classes))
        probabilities[:, known] = kernel(x)
        return probabilities

    return run


def _pipeline(step: Pipeline) -> Kernel:
    *first, last = [part for _, part in step.steps]
    if type(last) in _WEIGHTED and first and type(first[-1]) is ColumnTransformer:
        closing = _WEIGHTED[type(last)](last, partial(_weighed, first.pop()))
    else:
        closing = _kernel(last)
    kernels = [*map(_kernel, first), closing]

    def run(x: np.ndarray) -> np.ndarray:
        for kernel in kernels:
            x = kernel(x)
        return x

    return run


def _columns(step: ColumnTransformer) -> Kernel:
    parts = [(columns, _kernel(part)) for _, part, columns in step.transformers_ if len(columns)]

    def run(x: np.ndarray) -> np.ndarray:
        found = [kernel(x[:, columns]) for columns, kernel in parts]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    return run


def _weighed(step: ColumnTransformer, weights: np.ndarray) -> Kernel:
    """Return what a matrix gives once its columns are made and multiplied by weights (columns, …).

    The weight of a category is looked up: to make a column of each took twice as long as all else.
    """
    parts = []
    for name, part, columns in step.transformers_:
        if len(columns):
            its = weights[step.output_indices_[name]]
            product = _looked_up(part, its) if type(part) is OneHotEncoder else _times(_kernel(part), its)
            parts.append((columns, product))

    def run(x: np.ndarray) -> np.ndarray:
        return reduce(np.add, [product(x[:, columns]) for columns, product in parts])

    return run


def _times(kernel: Kernel, weights: np.ndarray) -> Kernel:
    return lambda x: kernel(x) @ weights


def _looked_up(step: OneHotEncoder, weights: np.ndarray) -> Kernel:
    """Return the sum of the weights of the categories that values are of; unknown ones weigh nothing."""
    tables, start = [], 0
    for names in step.categories_:
        categories = np.asarray(names, dtype=float)
        its = weights[start : start + len(categories)]
        tables.append((categories, np.concatenate([its, np.zeros_like(its[:1])])))
        start += len(categories)

    def run(x: np.ndarray) -> np.ndarray:
        found = [table[_places(x[:, place], categories)] for place, (categories, table) in enumerate(tables)]
        return reduce(np.add, found)

    return run


def _same(x: np.ndarray) -> np.ndarray:
    return x


def _imputer(step: SimpleImputer) -> Kernel:
    fill = np.asarray(step.statistics_, dtype=float)
    marked = step.indicator_.features_ if step.add_indicator else None

    def run(x: np.ndarray) -> np.ndarray:
        gaps = np.isnan(x)
        filled = np.where(gaps, fill, x)
        return filled if marked is None else np.concatenate([filled, gaps[:, marked]], axis=1)

    return run


def _scaler(step: StandardScaler) -> Kernel:
    mean, scale = step.mean_, step.scale_
    return lambda x: (x - mean) / scale


def _function(step: FunctionTransformer) -> Kernel:
    if step.func is to_sparse_rows:
        return _same
    return partial(step.func or _same, **step.kw_args or {})


def _product(weights: np.ndarray) -> Kernel:
    return lambda x: x @ weights


def _linear(step: Any, times: Product = _product) -> Kernel:
    product, start = times(np.asarray(step.coef_).T), step.intercept_
    return lambda x: product(x) + start


def _logistic(step: LogisticRegression, times: Product = _product) -> Kernel:
    product, start = times(step.coef_.T), step.intercept_
    if len(step.classes_) == 2:

        def run(x: np.ndarray) -> np.ndarray:
            second = 1 / (1 + np.exp(-(product(x) + start)))
            return np.concatenate([1 - second, second], axis=1)

        return run

    def softmax(x: np.ndarray) -> np.ndarray:
        scores = product(x) + start
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return shares

    return softmax


def _boosting(step: Any) -> Kernel:
    preprocessor = step._preprocessor  # noqa: SLF001 - its trees are private, too
    if preprocessor is None:
        return compile_trees(step, None)
    # Known categories become 0, 1, …, others gaps; the other columns follow.
    coded = step.is_categorical_
    encoder = preprocessor.named_transformers_["encoder"]
    known = [np.asarray(categories, dtype=float) for categories in encoder.categories_]

    def encode(x: np.ndarray) -> np.ndarray:
        codes = [
            _place(x[:, place], categories) for place, categories in zip(np.flatnonzero(coded), known, strict=True)
        ]
        return np.column_stack([*codes, x[:, ~coded]])

    return compile_trees(step, encode)


def _place(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return the places of values among sorted categories, NaN where there is none."""
    categories = categories[~np.isnan(categories)]
    places = _places(values, categories)
    return np.where(places < len(categories), places, np.nan)


def _places(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return the places of values among sorted categories, and their number where there is none; NaN comes last."""
    places = np.searchsorted(categories, values).clip(max=len(categories) - 1)
    found = categories[places]
    return np.where((found == values) | (np.isnan(found) & np.isnan(values)), places, len(categories))


def _forest(step: Any) -> Kernel:
    trees = [tree.tree_ for tree in step.estimators_]
    classifies = isinstance(step, RandomForestClassifier | ExtraTreesClassifier)

    def run(x: np.ndarray) -> np.ndarray:
        narrow = np.ascontiguousarray(x, dtype=np.float32)
        total = trees[0].predict(narrow)
        for tree in trees[1:]:
            total += tree.predict(narrow)
        mean = total / len(trees)
        found: np.ndarray = mean if classifies else mean[:, 0]
        return found

    return run


def _voting(step: Any) -> Kernel:
    kernels = [_kernel(member) for member in step.estimators_]

    def run(x: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.mean([kernel(x) for kernel in kernels], axis=0)
        return found

    return run


def _calibrated(step: CalibratedClassifier) -> Kernel:
    kernel = _kernel(step.estimator)
    return lambda x: apply_temperature(kernel(x), step.temperature)


_WEIGHTED: dict[type, Callable[[Any, Product], Kernel]] = {
    Ridge: _linear,
    RidgeCV: _linear,
    LogisticRegression: _logistic,
}
"""What multiplies its matrix by weights, and asks no more of it."""

_KERNELS: dict[type, Callable[[Any], Kernel]] = {
    Pipeline: _pipeline,
    ColumnTransformer: _columns,
    SimpleImputer: _imputer,
    StandardScaler: _scaler,
    FunctionTransformer: _function,
    Ridge: _linear,
    RidgeCV: _linear,
    LogisticRegression: _logistic,
    HistGradientBoostingRegressor: _boosting,
    HistGradientBoostingClassifier: _boosting,
    RandomForestRegressor: _forest,
    RandomForestClassifier: _forest,
    ExtraTreesRegressor: _forest,
    ExtraTreesClassifier: _forest,
    VotingRegressor: _voting,
    VotingClassifier: _voting,
    CalibratedClassifier: _calibrated,
}
