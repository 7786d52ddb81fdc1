"""Compiled pipelines: fitted scikit-learn pipelines as functions of arrays, without the overhead per call.

A `ColumnTransformer` takes 2 ms per call for any number of rows; its compiled function takes 20 µs. A compiled function
is used only if it returns what the pipeline returns (`compile_pipeline`).
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
from mlapp.ml.inference.compiled_steps import (
    ArrayFunction,
    MakeProduct,
    compile_boosting,
    compile_forest,
    compile_function,
    compile_imputer,
    compile_linear,
    compile_logistic,
    compile_scaler,
    one_hot_product,
)

RELATIVE_TOLERANCE = 1e-12
"""Maximum difference between compiled function and pipeline, relative to the value: sums have another order."""
PROBABILITY_TOLERANCE = 1e-15
"""Additional absolute tolerance of probabilities: with two classes, one is 1 minus the other, which rounds."""


def compile_pipeline(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> ArrayFunction:
    """Return a function that is equivalent to `evaluation.predict`: compiled, or else the pipeline itself.

    Both are compared on `rows` (rows, features), in one batch and one by one: the compiler knows the steps of our
    recipes, but not all of their parameters.
    """
    original = partial(predict, estimator, classes=classes)
    try:
        compiled = _compile(estimator)
        if classes is not None:
            compiled = _with_all_classes(compiled, estimator.classes_, classes)
        results = [compiled(rows), np.concatenate([compiled(row[None, :]) for row in rows])]
        expected = original(rows)
    except Exception:  # noqa: BLE001 - estimators that the compiler does not know may raise anything
        return original
    atol = 0 if classes is None else PROBABILITY_TOLERANCE
    same = all(np.allclose(result, expected, rtol=RELATIVE_TOLERANCE, atol=atol) for result in results)
    return compiled if same else original


def _compile(step: Any) -> ArrayFunction:
    return _COMPILERS[type(step)](step)


def _with_all_classes(compiled: ArrayFunction, known: np.ndarray, classes: int) -> ArrayFunction:
    """Add columns of zeros for classes that the estimator did not see."""
    if len(known) == classes:
        return compiled

    def run(x: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(x), classes))
        probabilities[:, known] = compiled(x)
        return probabilities

    return run


def _pipeline(step: Pipeline) -> ArrayFunction:
    *first, last = [part for _, part in step.steps]
    if type(last) in _LINEAR_COMPILERS and first and type(first[-1]) is ColumnTransformer:
        final = _LINEAR_COMPILERS[type(last)](last, partial(_columns_product, first.pop()))
    else:
        final = _compile(last)
    functions = [*map(_compile, first), final]

    def run(x: np.ndarray) -> np.ndarray:
        for function in functions:
            x = function(x)
        return x

    return run


def _column_transformer(step: ColumnTransformer) -> ArrayFunction:
    parts = [(columns, _compile(part)) for _, part, columns in step.transformers_ if len(columns)]

    def run(x: np.ndarray) -> np.ndarray:
        blocks = [function(x[:, columns]) for columns, function in parts]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    return run


def _columns_product(step: ColumnTransformer, weights: np.ndarray) -> ArrayFunction:
    """Compile the product of transformed columns and weights (columns, …), without creating the one-hot columns."""
    parts = []
    for name, part, columns in step.transformers_:
        if len(columns):
            rows = weights[step.output_indices_[name]]
            is_one_hot = type(part) is OneHotEncoder
            parts.append((columns, one_hot_product(part, rows) if is_one_hot else _product(_compile(part), rows)))

    def run(x: np.ndarray) -> np.ndarray:
        return reduce(np.add, [product(x[:, columns]) for columns, product in parts])

    return run


def _product(transform: ArrayFunction, weights: np.ndarray) -> ArrayFunction:
    return lambda x: transform(x) @ weights


def _voting(step: Any) -> ArrayFunction:
    functions = [_compile(member) for member in step.estimators_]

    def run(x: np.ndarray) -> np.ndarray:
        mean: np.ndarray = np.mean([function(x) for function in functions], axis=0)
        return mean

    return run


def _calibrated(step: CalibratedClassifier) -> ArrayFunction:
    classifier = _compile(step.estimator)
    return lambda x: apply_temperature(classifier(x), step.temperature)


_LINEAR_COMPILERS: dict[type, Callable[[Any, MakeProduct], ArrayFunction]] = {
    Ridge: compile_linear,
    RidgeCV: compile_linear,
    LogisticRegression: compile_logistic,
}
"""Estimators that use their matrix in a product with weights only."""

_COMPILERS: dict[type, Callable[[Any], ArrayFunction]] = {
    Pipeline: _pipeline,
    ColumnTransformer: _column_transformer,
    SimpleImputer: compile_imputer,
    StandardScaler: compile_scaler,
    FunctionTransformer: compile_function,
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
}
