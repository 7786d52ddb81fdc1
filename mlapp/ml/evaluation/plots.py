"""Evaluation plots as data, out of fold: predicted against actual, residuals, confusion matrix, class scores, ROC."""

import numpy as np
from sklearn.metrics import auc, confusion_matrix, precision_recall_fscore_support, roc_curve

from mlapp.schemas import (
    CalibrationCurve,
    ClassScore,
    ConfusionMatrix,
    Histogram,
    Plots,
    PredictedActual,
    RocCurve,
)

SAMPLE_ROWS = 300
"""Points in the plot of predicted against actual values; more would hide each other."""
RESIDUAL_BINS = 30
TAIL_SHARE = 0.005
"""Share of the residuals at each end that the outermost bins include, so that outliers do not stretch the axis."""
MAX_CLASSES = 30
MAX_CURVES = 10
CURVE_POINTS = 100
CALIBRATION_BINS = 10


def regression_plots(y: np.ndarray, predicted: np.ndarray, lower: np.ndarray, upper: np.ndarray, seed: int) -> Plots:
    """Return the plots of a regression from actual and out-of-fold values, and bounds of intervals, each (rows,)."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLE_ROWS])
    sample = PredictedActual(
        actual=_rounded(y[rows]),
        predicted=_rounded(predicted[rows]),
        lower=_rounded(lower[rows]),
        upper=_rounded(upper[rows]),
    )
    return Plots(predicted_actual=sample, residuals=_histogram(y - predicted))


def classification_plots(
    y: np.ndarray, predicted: np.ndarray, names: list[str], weights: np.ndarray | None = None
) -> Plots:
    """Return the plots of a classification from class indices (rows,) and out-of-fold probabilities (rows, classes).

    `weights` are those of the rows; counts of rows remain counts.
    """
    predicted_class, binary = predicted.argmax(axis=1), len(names) == 2
    by_frequency = np.argsort(-np.bincount(y, minlength=len(names)), kind="stable")
    shown = np.sort(by_frequency[:MAX_CLASSES])
    correct = y == 1 if binary else y == predicted_class
    confidence = predicted[:, 1] if binary else predicted.max(axis=1)
    curves = [1] if binary else sorted(by_frequency[:MAX_CURVES].tolist())
    return Plots(
        confusion=_confusion(y, predicted_class, shown, names),
        classes=_class_scores(y, predicted_class, shown, names, weights),
        roc=[
            _roc(y == label, predicted[:, label], names[label], weights)
            for label in curves
            if 0 < np.sum(y == label) < len(y)
        ],
        calibration=_calibration(correct, confidence, names[1] if binary else None, weights),
    )


def _histogram(residuals: np.ndarray) -> Histogram:
    low, high = (float(end) for end in np.quantile(residuals, [TAIL_SHARE, 1 - TAIL_SHARE]))
    greatest = max(abs(low), abs(high)) or 1.0
    if high - low < 1e-6 * greatest:
        low, high = low - greatest / 2, high + greatest / 2
    counts, edges = np.histogram(np.clip(residuals, low, high), RESIDUAL_BINS, (low, high))
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def _confusion(y: np.ndarray, predicted_class: np.ndarray, shown: np.ndarray, names: list[str]) -> ConfusionMatrix:
    counts = confusion_matrix(y, predicted_class, labels=shown)
    others = len(y) - int(counts.sum())
    return ConfusionMatrix(classes=[names[label] for label in shown], counts=counts.tolist(), others=others)


def _class_scores(
    y: np.ndarray, predicted_class: np.ndarray, shown: np.ndarray, names: list[str], weights: np.ndarray | None
) -> list[ClassScore]:
    scores = precision_recall_fscore_support(y, predicted_class, labels=shown, zero_division=0, sample_weight=weights)
    rows = np.bincount(y, minlength=len(names))[shown].tolist()
    return [
        ClassScore(name=names[label], precision=precision, recall=recall, f1=f1, rows=count)
        for label, precision, recall, f1, count in zip(shown, *map(_rounded, scores[:3]), rows, strict=True)
    ]


def _roc(actual: np.ndarray, probabilities: np.ndarray, name: str, weights: np.ndarray | None) -> RocCurve:
    false, true, _ = roc_curve(actual, probabilities, sample_weight=weights)
    points = np.unique(np.linspace(0, len(false) - 1, CURVE_POINTS).round().astype(int))
    return RocCurve(
        name=name,
        false_positive_rate=_rounded(false[points]),
        true_positive_rate=_rounded(true[points]),
        area=float(auc(false, true)),
    )


def _calibration(
    correct: np.ndarray, confidence: np.ndarray, of: str | None, weights: np.ndarray | None
) -> CalibrationCurve:
    weights = np.ones(len(correct)) if weights is None else weights
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, CALIBRATION_BINS + 1)))
    bins = np.searchsorted(edges[1:-1], confidence)
    rows = np.bincount(bins)
    filled, total = rows > 0, np.bincount(bins, weights)
    mean, observed = (np.bincount(bins, values * weights)[filled] / total[filled] for values in (confidence, correct))
    return CalibrationCurve(of=of, predicted=_rounded(mean), observed=_rounded(observed), rows=rows[filled].tolist())


def _rounded(values: np.ndarray) -> list[float]:
    """Round to six significant digits: more than a plot shows, and half the size in JSON."""
    return [float(f"{value:.6g}") for value in values]
