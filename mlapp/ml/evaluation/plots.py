"""What a model's quality looks like, from predictions for rows it has not seen."""

import numpy as np
from sklearn.metrics import auc, confusion_matrix, precision_recall_fscore_support, roc_curve

from mlapp.ml.evaluation.conformal import bounds
from mlapp.schemas import (
    CalibrationCurve,
    ClassScore,
    ConfusionMatrix,
    Histogram,
    Interval,
    Plots,
    PredictedActual,
    RocCurve,
)

SAMPLE_ROWS = 300
"""Rows shown one by one: more cover each other."""
BINS = 30
BEYOND = 0.005
"""Share of the residuals on either side that the outer bins take in, lest an outlier flatten all others."""
MAX_CLASSES = 30
MAX_CURVES = 10
CURVE_POINTS = 100
CALIBRATION_BINS = 10


def regression_plots(y: np.ndarray, predicted: np.ndarray, interval: Interval, seed: int) -> Plots:
    """Return the plots of a regression from actual and predicted values, each (rows,)."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLE_ROWS])
    lower, upper = bounds(interval, predicted[rows])
    sample = PredictedActual(
        actual=_short(y[rows]), predicted=_short(predicted[rows]), lower=_short(lower), upper=_short(upper)
    )
    return Plots(predicted_actual=sample, residuals=_histogram(y - predicted))


def classification_plots(y: np.ndarray, predicted: np.ndarray, names: list[str]) -> Plots:
    """Return the plots of a classification from the places of classes (rows,) and probabilities (rows, classes)."""
    answers, binary = predicted.argmax(axis=1), len(names) == 2
    by_frequency = np.argsort(-np.bincount(y, minlength=len(names)), kind="stable")
    shown = np.sort(by_frequency[:MAX_CLASSES])
    right = y == 1 if binary else y == answers
    shares = predicted[:, 1] if binary else predicted.max(axis=1)
    curves = [1] if binary else sorted(by_frequency[:MAX_CURVES].tolist())
    return Plots(
        confusion=_confusion(y, answers, shown, names),
        classes=_class_scores(y, answers, shown, names),
        roc=[
            _roc(y == place, predicted[:, place], names[place]) for place in curves if 0 < np.sum(y == place) < len(y)
        ],
        calibration=_calibration(right, shares, names[1] if binary else None),
    )


def _histogram(residuals: np.ndarray) -> Histogram:
    low, high = (float(end) for end in np.quantile(residuals, [BEYOND, 1 - BEYOND]))
    greatest = max(abs(low), abs(high)) or 1.0
    if high - low < 1e-6 * greatest:
        low, high = low - greatest / 2, high + greatest / 2
    counts, edges = np.histogram(np.clip(residuals, low, high), BINS, (low, high))
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def _confusion(y: np.ndarray, answers: np.ndarray, shown: np.ndarray, names: list[str]) -> ConfusionMatrix:
    known = np.isin(y, shown) & np.isin(answers, shown)
    counts = (
        confusion_matrix(y[known], answers[known], labels=shown) if known.any() else np.zeros([len(shown)] * 2, int)
    )
    return ConfusionMatrix(
        classes=[names[place] for place in shown], counts=counts.tolist(), others=int(len(y) - known.sum())
    )


def _class_scores(y: np.ndarray, answers: np.ndarray, shown: np.ndarray, names: list[str]) -> list[ClassScore]:
    scores = precision_recall_fscore_support(y, answers, labels=shown, zero_division=0)
    return [
        ClassScore(name=names[place], precision=precision, recall=recall, f1=f1, rows=rows)
        for place, precision, recall, f1, rows in zip(shown, *map(_short, scores[:3]), scores[3].tolist(), strict=True)
    ]


def _roc(actual: np.ndarray, shares: np.ndarray, name: str) -> RocCurve:
    false, true, _ = roc_curve(actual, shares)
    points = np.unique(np.linspace(0, len(false) - 1, CURVE_POINTS).round().astype(int))
    return RocCurve(
        name=name,
        false_positive_rate=_short(false[points]),
        true_positive_rate=_short(true[points]),
        area=float(auc(false, true)),
    )


def _calibration(right: np.ndarray, shares: np.ndarray, of: str | None) -> CalibrationCurve:
    edges = np.unique(np.quantile(shares, np.linspace(0, 1, CALIBRATION_BINS + 1)))
    bins = np.searchsorted(edges[1:-1], shares)
    rows = np.bincount(bins)
    there = rows > 0
    mean, observed = (np.bincount(bins, values)[there] / rows[there] for values in (shares, right))
    return CalibrationCurve(of=of, predicted=_short(mean), observed=_short(observed), rows=rows[there].tolist())


def _short(values: np.ndarray) -> list[float]:
    """Return values with six digits: more than a plot shows, and half the size."""
    return [float(f"{value:.6g}") for value in values]
