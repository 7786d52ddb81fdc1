"""Score fall: how much worse a small model predicts a sample if other rows are held out than random ones."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.evaluation.out_of_fold import OutOfFold, Samples, out_of_fold
from mlapp.ml.evaluation.splits import Fold
from mlapp.schemas import Task

TREES, ITERATIONS = 10, 50
ALL_FEATURES = 20
"""Tables of more features have fewer of them tried at each split."""
MIN_FALL = 0.05
"""The score that is shown falls by at least this much."""


@dataclass(frozen=True)
class Sample:
    """A few rows of a training set, and how they would be split."""

    task: Task
    X: np.ndarray
    """(rows, features)"""
    y: np.ndarray
    """Values, or indices of classes of which each has rows; (rows,)."""

    def samples(self, folds: list[Fold]) -> Samples:
        """Return the rows with train/test splits."""
        return Samples(self.X, self.y, folds, int(self.y.max()) + 1 if self.task is Task.CLASSIFICATION else None)


@dataclass(frozen=True)
class ScoreFall:
    """Scores of the same test rows under two splits."""

    metric: str
    """What is compared, in words."""
    before: float
    after: float
    loss_before: float
    """Mean error of a row in relation to that of a prediction without features."""
    loss_after: float
    significance: float
    """The difference of the losses in standard errors, which are those of blocks of rows."""
    share_worse: float
    """Share of the blocks whose rows are predicted worse."""

    @property
    def is_shown(self) -> bool:
        """Whether the score falls visibly."""
        return self.before - self.after >= MIN_FALL


def score_fall(sample: Sample, random: list[Fold], other: list[Fold], blocks: np.ndarray) -> ScoreFall:
    """Return how the scores of the test rows of `other` fall from those of a `random` split of the same rows.

    The model is the better of trees and a linear one by the random split, as a training would choose. `blocks` holds
    for each row of the sample the index of a block, whose rows may depend on each other.
    """
    splits = sample.samples(random)
    found = {name: out_of_fold(partial(_model, name, sample), splits) for name in ("trees", "linear")}
    rows = np.concatenate([test for _, test in other])
    losses = {name: _losses(sample, splits, result) for name, result in found.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    position = np.zeros(len(sample.y), dtype=int)
    position[splits.test_rows] = np.arange(len(splits.test_rows))
    held_out = sample.samples(other)
    after = out_of_fold(partial(_model, best, sample), held_out)
    before = found[best].predicted[position[rows]]
    lost = _losses(sample, held_out, after), losses[best][position[rows]]
    baseline = _baseline_loss(sample)
    differences = np.bincount(blocks[rows], lost[0] - lost[1])
    counts = np.bincount(blocks[rows])
    differences, counts = differences[counts > 0], counts[counts > 0]
    error = np.sqrt(((differences - counts * differences.sum() / counts.sum()) ** 2).sum())
    metric, shown_before, shown_after = _shown(sample, rows, before, after.predicted)
    return ScoreFall(
        metric,
        shown_before,
        shown_after,
        float(lost[1].mean() / baseline),
        float(lost[0].mean() / baseline),
        float(differences.sum() / max(error, 1e-9)),
        float((differences > 0).mean()),
    )


def _model(name: str, sample: Sample) -> BaseEstimator:
    is_regression, features = sample.task is Task.REGRESSION, sample.X.shape[1]
    if name == "linear":
        last = Ridge() if is_regression else LogisticRegression(max_iter=ITERATIONS)
        return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), last)
    trees = ExtraTreesRegressor if is_regression else ExtraTreesClassifier
    tried = 0.5 if features <= ALL_FEATURES else (ALL_FEATURES / 2 + features**0.5) / features
    return trees(TREES, max_features=tried, random_state=0)


def _losses(sample: Sample, samples: Samples, result: OutOfFold) -> np.ndarray:
    """Return the absolute error, or the probability of other classes than the true one, of each test row."""
    if sample.task is Task.REGRESSION:
        return np.asarray(np.abs(samples.y_test - result.predicted))
    return np.asarray(1 - result.predicted[np.arange(len(samples.y_test)), samples.y_test])


def _baseline_loss(sample: Sample) -> float:
    """Return the mean loss of a prediction without features."""
    if sample.task is Task.REGRESSION:
        return float(np.abs(sample.y - np.median(sample.y)).mean()) or 1.0
    return float(1 - ((np.bincount(sample.y) / len(sample.y)) ** 2).sum())


def _shown(sample: Sample, rows: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[str, float, float]:
    """Return a score that people know, under both splits: for imbalanced classes the one that shows the difference."""
    y = sample.y[rows]
    if sample.task is Task.REGRESSION:
        spread = float(((y - y.mean()) ** 2).sum()) or 1.0
        r2 = [1 - float(((y - predicted) ** 2).sum()) / spread for predicted in (before, after)]
        return "R²", r2[0], r2[1]
    correct = [(predicted.argmax(axis=1) == y).astype(float) for predicted in (before, after)]
    accuracy = [float(each.mean()) for each in correct]
    if accuracy[0] - accuracy[1] >= MIN_FALL:
        return "accuracy", accuracy[0], accuracy[1]
    counts = np.bincount(y)
    balanced = [float((np.bincount(y, each)[counts > 0] / counts[counts > 0]).mean()) for each in correct]
    return "balanced accuracy", balanced[0], balanced[1]
