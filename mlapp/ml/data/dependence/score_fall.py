"""Score fall: how much worse a small model predicts a sample if other rows are held out than random ones."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.evaluation.splits import Fold
from mlapp.schemas import Task

TREES, ITERATIONS = 10, 50
ALL_FEATURES = 20
"""Tables of more features have fewer of them tried at each split."""
NEAR_BEST = 1.15
"""Models with up to this many times the lowest loss may become part of an ensemble, and not all follow a trend."""
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

    @property
    def classes(self) -> int | None:
        """Number of classes; None for regression."""
        return int(self.y.max()) + 1 if self.task is Task.CLASSIFICATION else None


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


class Judge:
    """Small models, fitted as a training would split the sample, of which those count that it could choose."""

    def __init__(self, sample: Sample, folds: list[Fold], *, by_time: bool = False) -> None:
        """Fit the models; `by_time` adds one that follows a trend, and has models count that are nearly the best."""
        self._sample = sample
        test = np.concatenate([test for _, test in folds])
        self._position = np.zeros(len(sample.y), dtype=int)
        self._position[test] = np.arange(len(test))
        names = ("trees", "linear", "residual") if by_time and sample.task is Task.REGRESSION else ("trees", "linear")
        predicted = {name: _predict(name, sample, folds) for name in names}
        losses = {name: _losses(sample, test, each) for name, each in predicted.items()}
        best = min(float(each.mean()) for each in losses.values())
        limit = best * (NEAR_BEST if by_time else 1.0)
        self._predicted = {name: predicted[name] for name, each in losses.items() if each.mean() <= limit}
        self._losses = losses

    def score_fall(self, folds: list[Fold], blocks: np.ndarray) -> ScoreFall:
        """Return how scores of test rows fall by another split, for the model that is then worst.

        `blocks` has a block for each row of the sample; rows of a block may depend on each other.
        """
        rows = np.concatenate([test for _, test in folds])
        falls = [self._fall(name, folds, rows, blocks) for name in self._predicted]
        return max(falls, key=lambda fall: fall.loss_after)

    def _fall(self, name: str, folds: list[Fold], rows: np.ndarray, blocks: np.ndarray) -> ScoreFall:
        sample, position = self._sample, self._position[rows]
        predicted = _predict(name, sample, folds)
        before, after = self._losses[name][position], _losses(sample, rows, predicted)
        differences, counts = np.bincount(blocks[rows], after - before), np.bincount(blocks[rows])
        differences, counts = differences[counts > 0], counts[counts > 0]
        mean, baseline = differences.sum() / len(rows), _baseline_loss(sample)
        error = np.sqrt(((differences - counts * mean) ** 2).sum())
        return ScoreFall(
            *_shown(sample, rows, self._predicted[name][position], predicted),
            loss_before=float(before.mean() / baseline),
            loss_after=float(after.mean() / baseline),
            significance=float(differences.sum() / max(error, 1e-9)),
            share_worse=float((differences > 0).mean()),
        )


def _predict(name: str, sample: Sample, folds: list[Fold]) -> np.ndarray:
    """Return predictions of the test rows: values, or probabilities (rows, classes)."""
    return np.concatenate([_fit_predict(name, sample, train, test) for train, test in folds])


def _fit_predict(name: str, sample: Sample, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    X, y = sample.X[train], sample.y[train]
    if name != "residual":
        model = _linear(sample) if name == "linear" else _trees(sample)
        return predict(model.fit(X, y), sample.X[test], sample.classes)
    trend = _linear(sample).fit(X, y)
    rest = _trees(sample).fit(X, y - trend.predict(X))
    return np.asarray(trend.predict(sample.X[test]) + rest.predict(sample.X[test]))


def _linear(sample: Sample) -> BaseEstimator:
    last = Ridge() if sample.task is Task.REGRESSION else LogisticRegression(max_iter=ITERATIONS)
    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), last)


def _trees(sample: Sample) -> BaseEstimator:
    features = sample.X.shape[1]
    trees = ExtraTreesRegressor if sample.task is Task.REGRESSION else ExtraTreesClassifier
    tried = 0.5 if features <= ALL_FEATURES else (ALL_FEATURES / 2 + features**0.5) / features
    return trees(TREES, max_features=tried, random_state=0)


def _losses(sample: Sample, rows: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the absolute error, or the probability of other classes than the true one, of each of the rows."""
    y = sample.y[rows]
    return np.asarray(np.abs(y - predicted) if sample.task is Task.REGRESSION else 1 - predicted[np.arange(len(y)), y])


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
