"""Compiled pipelines: fitted scikit-learn pipelines as functions of arrays and rows, without the overhead per call.

A `ColumnTransformer` takes 2 ms per call for any number of rows; its compiled function takes 20 µs, that of a single
row 3 µs. A compiled function is used only if it returns what the pipeline returns (`compile_pipeline`).
"""

from collections.abc import Callable
from functools import partial
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

from mlapp.ml.evaluation.calibration import CalibratedClassifier, apply_temperature, temper
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled_functions import Compiled, chain, sum_of
from mlapp.ml.inference.compiled_steps import (
    MakeProduct,
    compile_boosting,
    compile_calendar,
    compile_forest,
    compile_function,
    compile_imputer,
    compile_linear,
    compile_logistic,
    compile_scaler,
    matrix_product,
    one_hot_product,
)
from mlapp.ml.preprocessing import NativeColumns
from mlapp.ml.recipes.balanced import BalancedClassifier, at_rates, at_rates_of_row
from mlapp.ml.recipes.calendar import Calendar

RELATIVE_TOLERANCE = 1e-12
"""Maximum difference between compiled function and pipeline, relative to the value: sums have another order."""
PROBABILITY_TOLERANCE = 1e-15
"""Additional absolute tolerance of probabilities: with two classes, one is 1 minus the other, which rounds."""


def compile_pipeline(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> Compiled:
    """Return functions that are equivalent to `evaluation.predict`: compiled, or else the pipeline itself.

    They are compared on `rows` (rows, features), in one batch and one by one: the compiler knows the steps of our
    recipes, but not all of their parameters.
    """
    original = partial(predict, estimator, classes=classes)
    try:
        compiled = _compile(estimator)
        if classes is not None:
            compiled = _with_all_classes(compiled, estimator.classes_, classes)
        expected = original(rows)
        atol = 0 if classes is None else PROBABILITY_TOLERANCE
        same = partial(np.allclose, rtol=RELATIVE_TOLERANCE, atol=atol)
        alone = np.concatenate([compiled.many(row[None, :]) for row in rows])
        if not (same(compiled.many(rows), expected) and same(alone, expected)):
            return Compiled(original)
        one, complete = compiled.one, ~np.isnan(rows).any(axis=1)
        if one and not all(map(same, map(one, rows[complete].tolist()), expected[complete])):
            return Compiled(compiled.many)
    except Exception:  # noqa: BLE001 - estimators that the compiler does not know may raise anything
        return Compiled(original)
    return compiled


def _compile(step: Any) -> Compiled:
    return _COMPILERS[type(step)](step)


def _with_all_classes(compiled: Compiled, known: np.ndarray, classes: int) -> Compiled:
    """Add columns of zeros for classes that the estimator did not see."""
    if len(known) == classes:
        return compiled

    def run(x: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(x), classes))
        probabilities[:, known] = compiled.many(x)
        return probabilities

    return Compiled(run)


def _pipeline(step: Pipeline) -> Compiled:
    *first, last = [part for _, part in step.steps]
    if type(last) in _LINEAR_COMPILERS and first and type(first[-1]) is ColumnTransformer:
        final = _LINEAR_COMPILERS[type(last)](last, partial(_columns_product, first.pop()))
    else:
        final = _compile(last)
    return chain([*map(_compile, first), final])


def _column_transformer(step: ColumnTransformer) -> Compiled:
    parts = [(columns, _compile(part).many) for _, part, columns in step.transformers_ if len(columns)]

    def run(x: np.ndarray) -> np.ndarray:
        blocks = [function(x[:, columns]) for columns, function in parts]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    return Compiled(run)


def _columns_product(step: ColumnTransformer, weights: np.ndarray) -> Compiled:
    """Compile the product of transformed columns and weights (columns, …), without creating the one-hot columns."""
    parts = []
    for name, part, columns in step.transformers_:
        if len(columns):
            rows = weights[step.output_indices_[name]]
            *first, last = [inner for _, inner in part.steps] if type(part) is Pipeline else [part]
            product = one_hot_product(last, rows) if type(last) is OneHotEncoder else None
            steps = [*first, last] if product is None else first
            parts.append((list(columns), chain([*map(_compile, steps), product or matrix_product(rows)])))
    return sum_of(parts)


def _voting(step: Any) -> Compiled:
    functions = [_compile(member).many for member in step.estimators_]

    def run(x: np.ndarray) -> np.ndarray:
        mean: np.ndarray = np.mean([function(x) for function in functions], axis=0)
        return mean

    return Compiled(run)


def _calibrated(step: CalibratedClassifier) -> Compiled:
    temperature = step.temperature
    calibrate = Compiled(lambda x: apply_temperature(x, temperature), (lambda row: temper(row, temperature),))
    return chain([_compile(step.estimator), calibrate])


def _balanced(step: BalancedClassifier) -> Compiled:
    rates, of_row = step.rates_, step.rates_.tolist()
    scale = Compiled(lambda x: at_rates(x, rates), (lambda row: at_rates_of_row(row, of_row),))
    return chain([_compile(step.weighted), scale])


_LINEAR_COMPILERS: dict[type, Callable[[Any, MakeProduct], Compiled]] = {
    Ridge: compile_linear,
    RidgeCV: compile_linear,
    LogisticRegression: compile_logistic,
}
"""Estimators that use their matrix in a product with weights only."""

_COMPILERS: dict[type, Callable[[Any], Compiled]] = {
    Pipeline: _pipeline,
    ColumnTransformer: _column_transformer,
    SimpleImputer: compile_imputer,
    StandardScaler: compile_scaler,
    FunctionTransformer: compile_function,
    Calendar: compile_calendar,
    NativeColumns: compile_calendar,
    Ridge: compile_linear,
    RidgeCV: compile_linear,
    LogisticRegression: compile_logistic,
    HistGradientBoostingRegressor: compile_boosting,
    HistGradientBoostingClassifier: compile_boosting,
    RandomForestRegressor: compile_forest,
    RandomForestClassifier: compile_forest,
    ExtraTreesRegressor: compile_forest,
    ExtraTreesClassifier: compile_forest,
    VotingRegressor: _voting,
    VotingClassifier: _voting,
    CalibratedClassifier: _calibrated,
    BalancedClassifier: _balanced,
}
