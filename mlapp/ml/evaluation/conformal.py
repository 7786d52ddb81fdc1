"""Prediction intervals that hold the asked share of true values, wider where the model errs more."""

import numpy as np

from mlapp.schemas import Interval

BAND_ROWS = 40
"""Rows whose errors make the scale at one predicted value, at least."""
MAX_BANDS = 10
MIN_BANDED_ROWS = 100
"""Below, the scale is the same everywhere: a band would tell chance apart from nothing."""
FLOOR = 0.05
"""The scale is nowhere less than this share of its mean."""


def fit_interval(y: np.ndarray, predicted: np.ndarray, coverage: float) -> Interval:
    """Fit intervals that should hold `coverage` of the true values, and miss as many below as above.

    `y` and `predicted` are (rows,), out of fold. The scale s(f) is the mean absolute error of the rows in bands of
    the predicted value f; of the scaled errors (y - f) / s(f), each tail takes the ⌈(n+1)(1-α/2)⌉-th, 1-α being
    the coverage. An end never lies on the wrong side of the prediction. Where n is too small for that rank, the
    greatest error is taken.

    Source: normalized scores: Papadopoulos, Proedrou, Vovk, Gammerman, Inductive Confidence Machines for Regression
    (ECML 2002), and Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113 (2018), §5.2; one
    tail at a time: Linusson, Johansson, Löfström, Signed-Error Conformal Regression (PAKDD 2014); residuals of
    cross-validation: Vovk, Cross-Conformal Predictors, Ann. Math. Artif. Intell. 74 (2015).
    """
    residuals = y - predicted
    centres, scales = _scales(predicted, np.abs(residuals))
    scores = residuals / np.interp(predicted, centres, scales)
    low, high = -_tail(-scores, coverage), _tail(scores, coverage)
    return Interval(low=low, high=high, centres=centres.tolist(), scales=scales.tolist())


def bounds(interval: Interval, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper ends of the intervals of predicted values, each (rows,)."""
    scale = np.interp(predicted, interval.centres, interval.scales)
    return predicted + interval.low * scale, predicted + interval.high * scale


def _scales(predicted: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean prediction and the mean absolute error of bands of equally many rows, by prediction."""
    rows = len(predicted)
    bands = min(MAX_BANDS, rows // BAND_ROWS) if rows >= MIN_BANDED_ROWS else 1
    parts = np.array_split(np.argsort(predicted, kind="stable"), bands)
    # Bands of one and the same prediction would differ by chance, and stand at one place.
    centres, first = np.unique([predicted[part].mean() for part in parts], return_index=True)
    scales = np.array([errors[part].mean() for part in parts])[first]
    return centres, np.maximum(scales, FLOOR * errors.mean() or 1.0)


def _tail(scores: np.ndarray, coverage: float) -> float:
    rank = int(np.ceil((len(scores) + 1) * (1 + coverage) / 2))
    return max(0.0, float(np.sort(scores)[min(rank, len(scores)) - 1]))
