"""Compiled pipelines: fitted estimators as functions of arrays and rows, without the overhead per call.

A `ColumnTransformer` takes 2 ms per call for any number of rows; its compiled function takes 20 µs, that of a single
row 3 µs. A compiled function is used only if it returns what the pipeline returns (`compile_pipeline`).
"""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled.estimators import compile_estimator, with_classes
from mlapp.ml.inference.compiled.functions import Compiled, beside
from mlapp.ml.inference.compiled.program import Program

RELATIVE_TOLERANCE = 1e-12
"""Maximum difference between compiled function and pipeline, relative to the value: sums have another order."""
CANCELLED_TOLERANCE = 1e-11
"""Additional tolerance of values, relative to the largest one: the terms of a kernel are 10⁴ times as large as their
sum."""
PROBABILITY_TOLERANCE = 1e-15
"""Additional absolute tolerance of probabilities: with two classes, one is 1 minus the other, which rounds."""


def compile_pipeline(
    estimator: BaseEstimator, classes: int | None, rows: np.ndarray, scale: BaseEstimator | None = None
) -> Compiled:
    """Return functions that are equivalent to `evaluation.predict`: compiled, or else the pipeline itself.

    They are compared on `rows` (rows, features), in one batch and one by one: the compiler knows the steps of our
    recipes, but not all of their parameters. With a `scale`, a regressor of its own, they return its prediction beside
    the value, (rows, 2).
    """
    original = partial(_predict, estimator, scale, classes)
    try:
        compiled = compile_members(estimator, scale, classes, rows.shape[1])
        expected = original(rows)
        atol = PROBABILITY_TOLERANCE if classes else CANCELLED_TOLERANCE * np.abs(expected).max()
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


def _predict(estimator: BaseEstimator, scale: BaseEstimator | None, classes: int | None, x: np.ndarray) -> np.ndarray:
    predicted = predict(estimator, x, classes)
    return predicted if scale is None else np.column_stack([predicted, predict(scale, x, None)])


def compile_members(
    estimator: BaseEstimator, scale: BaseEstimator | None, classes: int | None, features: int
) -> Compiled:
    """Return the functions of `compile_pipeline` without comparing them.

    Raises:
        Exception: any error of estimators that the compiler does not know.
    """
    program = Program(features)
    predicted = compile_estimator(estimator, program)
    if classes is not None:
        return program.compiled(with_classes(predicted, estimator.classes_, classes))
    if scale is None:
        values = program.compiled(predicted)
        return Compiled(lambda x: values.many(x)[:, 0], values.rows)
    return program.compiled(beside(predicted, compile_estimator(scale, program)))
