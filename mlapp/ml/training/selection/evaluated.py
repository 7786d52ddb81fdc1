"""Evaluated estimators: a recipe, or an ensemble of several, with its out-of-fold predictions and scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.errors import Unacceptable, pointer
from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.calibration import CalibratedClassifier, calibrate
from mlapp.ml.evaluation.metrics import metrics
from mlapp.ml.recipe import Recipe
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.schemas import LeaderboardEntry, Metric

ENSEMBLE = "ensemble"
"""Its name in records."""


@dataclass(frozen=True)
class Member:
    """A recipe and its weight."""

    name: str
    recipe: Recipe
    fitted: BaseEstimator
    """Its estimator of the last fold, without temperature scaling."""
    temperature: float | None = None
    """Of the temperature scaling of its probabilities; None if they are not scaled."""
    weight: float = 1.0

    def calibrated(self, fitted: BaseEstimator) -> BaseEstimator:
        """Return its fitted estimator with temperature scaling."""
        return CalibratedClassifier(fitted, self.temperature) if self.temperature else fitted


@dataclass(frozen=True)
class Evaluated:
    """An evaluated estimator."""

    name: str
    members: tuple[Member, ...]
    """Those of an ensemble, or else the recipe itself."""
    predicted: np.ndarray
    """Out-of-fold predictions in the order of `Samples.test_rows`: values, or calibrated probabilities."""
    temperature: float | None
    """Of the temperature scaling of an ensemble, beside those of its members; None if it has none."""
    fold_scores: list[dict[str, float]]
    entry: LeaderboardEntry

    @property
    def positive(self) -> bool:
        """Whether it predicts positive values only."""
        return all(member.recipe.positive for member in self.members)

    @property
    def cost(self) -> float:
        """Time of a fit relative to a linear model."""
        return sum(member.recipe.cost for member in self.members)

    @property
    def fitted(self) -> BaseEstimator:
        """The estimator of the last fold, with temperature scaling."""
        return self.combined([member.fitted for member in self.members])

    def combined(self, fitted: Sequence[BaseEstimator]) -> BaseEstimator:
        """Return the estimator that its fitted members make together, with temperature scaling."""
        parts = [member.calibrated(each) for member, each in zip(self.members, fitted, strict=True)]
        if len(parts) == 1:
            return parts[0]
        names, weights = zip(*((member.name, member.weight) for member in self.members), strict=True)
        ensemble = Ensemble(list(zip(names, parts, strict=True)), list(weights))
        return CalibratedClassifier(ensemble, self.temperature) if self.temperature else ensemble


def evaluated(  # noqa: PLR0913 - estimators, their predictions, and how these are scored
    training_set: TrainingSet,
    metric: Metric,
    members: tuple[Member, ...],
    predicted: np.ndarray,
    seconds: float,
    *,
    recalibrates: bool = True,
) -> Evaluated:
    """Evaluate the out-of-fold predictions of a recipe, or of an ensemble; `seconds` is the mean time of a fit.

    Probabilities are scaled by a temperature, unless the estimator is kept as it is.

    Raises:
        Unacceptable: the metric cannot be computed on any fold.
    """
    samples = training_set.samples
    temperature, predicted = calibrate(samples, predicted) if samples.classes and recalibrates else (None, predicted)
    weights = samples.weights_test
    fold_scores = [
        metrics(training_set.task, samples.y_test[rows], predicted[rows], None if weights is None else weights[rows])
        for rows in samples.by_fold(np.arange(len(samples.y_test)))
    ]
    scores = [score[metric] for score in fold_scores if metric in score]
    if not scores:
        detail = f"'{metric}' needs held-out rows of every class, but some are too rare; choose another metric."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("metric")}])
    name = members[0].name if len(members) == 1 else ENSEMBLE
    entry = LeaderboardEntry(
        estimator=name, score=float(np.mean(scores)), spread=float(np.std(scores)), fit_seconds=round(seconds, 4)
    )
    if len(members) == 1:
        members, temperature = (replace(members[0], temperature=temperature),), None
    return Evaluated(name, members, predicted, temperature, fold_scores, entry)
