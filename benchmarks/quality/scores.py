"""Scores of predictions on held-out rows, and ratios of scores with bootstrap intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

COVERAGE = 0.9
"""Nominal coverage of the intervals."""
LOG_LOSS_OFFSET = 0.01
"""Added to log losses before their ratios are taken, so that near-perfect ones do not dominate."""
ECE_BINS = 10
DRAWS = 2_000
SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Score:
    """What one fit costs, and how good its predictions are. NaN where something does not apply."""

    error: float
    """Log loss or RMSE."""
    auc: float
    """Of classes; one against the rest if there are several."""
    ece: float
    """Expected calibration error of probabilities."""
    coverage: float
    """Share of actual values in the interval."""
    width: float
    winkler: float
    """Mean width of the intervals, plus 2/α times the distance of actual values outside of them."""
    seconds: float
    """CPU seconds of the fit."""
    bytes: float
    row_us: float
    """Microseconds to predict a single row."""
    boosting_us: float = float("nan")
    """The same for mlapp's boosting; NaN if not measured."""
    kept: str = ""
    """What mlapp kept."""

    def comparable(self, *, is_classification: bool) -> float:
        """Return the error as ratios take it."""
        return self.error + LOG_LOSS_OFFSET * is_classification


def score(path: Path, actual: np.ndarray, *, is_classification: bool) -> Score:
    """Return the score of a result; `actual` is text for classification."""
    found = np.load(path)
    nan, predicted = np.nan, found["predicted"]
    costs: dict[str, Any] = {name: float(found[name]) for name in ("seconds", "bytes")}
    costs |= dict(zip(("row_us", "boosting_us"), found["row_us"].ravel().tolist(), strict=False))
    costs |= {"kept": str(found["kept"])} if "kept" in found else {}
    if is_classification:
        classes = found["classes"]
        codes = np.array([np.flatnonzero(classes == label)[0] for label in actual])
        error, auc, ece = log_loss(codes, predicted), area_under_curve(codes, predicted), calibration(codes, predicted)
        return Score(error, auc, ece, nan, nan, nan, **costs)
    error = float(np.sqrt(np.mean((actual - predicted) ** 2)))
    if "lower" not in found:
        return Score(error, nan, nan, nan, nan, nan, **costs)
    lower, upper = found["lower"], found["upper"]
    covered, width = float(np.mean((lower <= actual) & (actual <= upper))), float(np.mean(upper - lower))
    return Score(error, nan, nan, covered, width, winkler(actual, lower, upper), **costs)


def log_loss(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative logarithm of the probability of the actual class."""
    of_actual = probabilities[np.arange(len(codes)), codes] / probabilities.sum(axis=1)
    return float(-np.log(np.maximum(of_actual, SMALLEST_PROBABILITY)).mean())


def area_under_curve(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean area under the ROC curve of each class against the rest; NaN if a class has no row."""
    indicators = np.eye(probabilities.shape[1])[codes]
    if not indicators.any(axis=0).all():
        return float("nan")
    return float(roc_auc_score(indicators, probabilities))


def calibration(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error: of each class, in bins with equally many rows; the mean of the classes.

    Source: static calibration error with adaptive bins: Nixon et al., Measuring Calibration in Deep Learning (2019).
    """
    errors = []
    for code in range(probabilities.shape[1]):
        predicted, happened = probabilities[:, code], codes == code
        bins = np.array_split(np.argsort(predicted, kind="stable"), ECE_BINS)
        gaps = [abs(predicted[rows].mean() - happened[rows].mean()) * len(rows) for rows in bins if len(rows)]
        errors.append(sum(gaps) / len(codes))
    return float(np.mean(errors))


def winkler(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float = COVERAGE) -> float:
    """Return the mean interval score.

    Source: Gneiting, Raftery, Strictly Proper Scoring Rules, JASA 102 (2007), §6.2.
    """
    outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    return float(np.mean(upper - lower + 2 / (1 - coverage) * outside))


def mean_interval(values: Mapping[str, Sequence[float] | np.ndarray]) -> tuple[float, float, float]:
    """Return the mean over tables of the mean over splits, and its 95 % interval: tables and splits are resampled."""
    rows = [np.asarray(splits, dtype=float) for splits in values.values() if len(splits)]
    if not rows:
        return (float("nan"),) * 3
    random, draws = np.random.default_rng(0), []
    for _ in range(DRAWS):
        tables = [rows[index] for index in random.integers(len(rows), size=len(rows))]
        draws.append(np.mean([table[random.integers(len(table), size=len(table))].mean() for table in tables]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(np.mean([table.mean() for table in rows])), float(low), float(high)


def ratio_interval(values: Mapping[str, Sequence[float]]) -> tuple[float, float, float]:
    """Return the geometric mean of ratios by table and split, and its 95 % interval."""
    mean, low, high = np.exp(mean_interval({name: np.log(ratios) for name, ratios in values.items()}))
    return float(mean), float(low), float(high)


def clearly_above(ratios: Sequence[float], limit: float) -> bool:
    """Return whether the geometric mean of ratios is above a limit by more than two standard errors."""
    logs = np.log(ratios)
    error = logs.std(ddof=1) / np.sqrt(len(logs)) if len(logs) > 1 else np.inf
    return bool(logs.mean() - np.log(limit) > 2 * error)
