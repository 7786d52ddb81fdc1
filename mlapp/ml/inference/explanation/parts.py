"""Parts of a fitted estimator: sums over trees and products, which mixtures of rows are predicted from."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled.estimators import compile_estimator, with_classes
from mlapp.ml.inference.compiled.program import Parts, Program

RELATIVE_TOLERANCE = 1e-9
"""Maximum difference between parts and estimator, relative to the largest prediction."""


def parts_of(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> Parts:
    """Return the parts of an estimator, or the estimator itself as the only part if they do not predict as it does.

    They are compared on `rows`, (rows, columns).
    """
    original = Parts([partial(_predict, estimator, classes)], frozenset(), lambda sums: sums[0])
    try:
        program = Program(rows.shape[1])
        predicted = compile_estimator(estimator, program)
        if classes is not None:
            predicted = with_classes(predicted, estimator.classes_, classes)
        parts, expected = program.parts(predicted), original.many(rows)
        is_same = np.allclose(parts.many(rows), expected, rtol=0, atol=RELATIVE_TOLERANCE * np.abs(expected).max())
    except Exception:  # noqa: BLE001 - estimators that the compiler does not know may raise anything
        return original
    return parts if is_same else original


def _predict(estimator: BaseEstimator, classes: int | None, x: np.ndarray) -> np.ndarray:
    predicted = predict(estimator, x, classes)
    return predicted.reshape(len(x), -1)
