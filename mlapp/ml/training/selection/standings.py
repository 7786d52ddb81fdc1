"""Standings: the recipes that were evaluated so far, and what is kept of them."""

from dataclasses import replace

from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.out_of_fold import OutOfFold
from mlapp.ml.recipe import Recipe
from mlapp.ml.training.selection.ensembles import keep
from mlapp.ml.training.selection.evaluated import Evaluated, Member, evaluated
from mlapp.ml.training.selection.race import Race
from mlapp.schemas import LeaderboardEntry, Metric

HIGHER_IS_BETTER = (Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.ROC_AUC)


class Standings:
    """The evaluated recipes: all of them if an ensemble may be kept, or else the best one."""

    def __init__(self, training_set: TrainingSet, metric: Metric, *, ensembles: bool) -> None:
        self.race = Race(training_set.samples, metric)
        self.evaluated: list[Evaluated] = []
        self._training_set, self._metric, self._ensembles = training_set, metric, ensembles
        self._entries: list[LeaderboardEntry] = []

    def add(self, name: str, recipe: Recipe, result: OutOfFold) -> None:
        """Add a recipe with its out-of-fold predictions, which may be those of the first fold only.

        Raises:
            Unacceptable: the metric cannot be computed on any fold.
        """
        stopped = len(result.predicted) < len(self._training_set.samples.test_rows)
        rows = replace(self._training_set, samples=self.race.first_fold) if stopped else self._training_set
        members = (Member(name, recipe, result.fitted),)
        single = evaluated(rows, self._metric, members, result.predicted, result.fit_seconds)
        self._entries.append(single.entry.model_copy(update={"folds": 1 if stopped else None}))
        if not stopped:
            self.race.add(result.predicted)
            self.evaluated.append(single)
        if not self._ensembles:
            self.evaluated = [min(self.evaluated, key=lambda each: self._rank(each.entry))]

    def best(self) -> Evaluated:
        """Return the estimator to keep."""
        return keep(self._training_set, self.evaluated, self._metric) if self._ensembles else self.evaluated[0]

    def leaderboard(self, best: Evaluated) -> list[LeaderboardEntry]:
        """Return the entry of the estimator that is kept, then those of others, the best first, then stopped ones."""
        weights = {member.name: member.weight for member in best.members} if len(best.members) > 1 else {}
        others = [
            entry.model_copy(update={"weight": weights.get(entry.estimator)})
            for entry in sorted(self._entries, key=lambda entry: (entry.folds is not None, self._rank(entry)))
            if entry.estimator != best.name
        ]
        return [best.entry, *others]

    def _rank(self, entry: LeaderboardEntry) -> float:
        return -entry.score if self._metric in HIGHER_IS_BETTER else entry.score
