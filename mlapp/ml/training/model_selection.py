"""Model selection: compares estimators by cross-validation and keeps the best."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.errors import MlappError, TrainingFailed, Unacceptable, reason, shorten
from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.estimators import Recipe
from mlapp.ml.evaluation.baseline import SELECTION_METRIC
from mlapp.ml.evaluation.calibration import calibrate
from mlapp.ml.evaluation.metrics import metrics
from mlapp.ml.evaluation.out_of_fold import Fits, OutOfFold, Pending, Submit, collect_folds, local_fits, submit_folds
from mlapp.ml.progress import ProgressCallback
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.schemas import LeaderboardEntry

Clock = Callable[[], float]
"""Returns seconds."""


@dataclass(frozen=True)
class Candidate:
    """An evaluated estimator."""

    name: str
    recipe: Recipe
    predicted: np.ndarray
    """Out-of-fold, in the order of `Samples.test_rows`; probabilities are calibrated."""
    temperature: float | None
    """Of the temperature scaling; None if the probabilities are not scaled."""
    fitted: BaseEstimator
    """The estimator of the last fold, without temperature scaling."""
    fold_scores: list[dict[str, float]]
    entry: LeaderboardEntry


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison."""

    best: Candidate
    leaderboard: list[LeaderboardEntry]
    """The best first."""
    budget_reached: bool
    warnings: list[str]
    """Why candidates were left out."""


def comparison_cost(training_set: TrainingSet, recipes: dict[str, Recipe]) -> float:
    """Return the cost of all fits of a comparison."""
    rows = sum(map(len, training_set.samples.train_sets))
    return rows * sum(recipe.cost for recipe in recipes.values())


class _BudgetReached(Exception):
    """The time budget ended before all folds of a candidate were fitted."""


def compare(  # noqa: PLR0913, PLR0917 - what to compare, where, and what limits and reports it
    training_set: TrainingSet,
    recipes: dict[str, Recipe],
    budget_s: float,
    clock: Clock,
    progress: OverallProgress,
    fits: Fits = local_fits,
) -> Comparison:
    """Evaluate every recipe, and keep the one with the lowest score.

    The first candidate is always evaluated; after that, the comparison ends before the first fit that would start after
    the budget. Candidates that cannot be fitted on the table, or fail, are left out with a warning.

    Raises:
        Unacceptable: no candidate was evaluated, and the first one cannot be fitted on the table.
        TrainingFailed: no candidate was evaluated, and the first one failed for another reason.
    """
    deadline, best, budget_reached = clock() + budget_s, None, False
    entries: list[LeaderboardEntry] = []
    failures: list[Unacceptable | TrainingFailed] = []
    with fits(training_set.samples, clock) as submit:
        submitted = {name: _Submitted(training_set, name, recipe, submit) for name, recipe in recipes.items()}
        for candidate in submitted.values():
            try:
                evaluated = _evaluate(training_set, candidate, clock, progress, deadline if best else math.inf)
            except _BudgetReached:
                budget_reached = True
                break
            except (Unacceptable, TrainingFailed) as failure:
                failures.append(failure)
                continue
            entries.append(evaluated.entry)
            best = evaluated if best is None or evaluated.entry.score < best.entry.score else best
    if best is None:
        raise failures[0]
    leaderboard = sorted(entries, key=lambda entry: entry.score)
    return Comparison(best, leaderboard, budget_reached, [failure.detail for failure in failures])


class _Submitted:
    """A recipe whose fits are submitted; what making its estimators raises is raised when they are collected."""

    def __init__(self, training_set: TrainingSet, name: str, recipe: Recipe, submit: Submit) -> None:
        self.name, self.recipe = name, recipe
        self._pending: list[Pending] = []
        self._failure: Unacceptable | TrainingFailed | None = None
        try:
            with estimator_errors(name):
                self._pending = submit_folds(training_set.estimator_factory(recipe), training_set.samples, submit)
        except (Unacceptable, TrainingFailed) as failure:
            self._failure = failure

    def collect(self, start_fit: Callable[[int], ProgressCallback]) -> OutOfFold:
        if self._failure:
            raise self._failure
        with estimator_errors(self.name):
            result = collect_folds(self._pending, start_fit)
            if not np.isfinite(result.predicted).all():
                raise ValueError("some of its predictions are not finite numbers.")
        return result


def _evaluate(
    training_set: TrainingSet, submitted: _Submitted, clock: Clock, progress: OverallProgress, deadline: float
) -> Candidate:
    samples, name, recipe = training_set.samples, submitted.name, submitted.recipe

    def start_fit(fold: int) -> ProgressCallback:
        if clock() > deadline:
            raise _BudgetReached
        fits = len(samples.train_sets)
        stage = f"Evaluating {name}: fold {fold} of {fits}" if fits > 1 else f"Fitting {name}"
        return progress.start_stage(stage, recipe.cost * len(samples.train_sets[fold - 1]))

    result = submitted.collect(start_fit)
    temperature, predicted = calibrate(samples, result.predicted) if samples.classes else (None, result.predicted)
    by_fold = zip(samples.by_fold(samples.y_test), samples.by_fold(predicted), strict=True)
    fold_scores = [metrics(training_set.task, y, part) for y, part in by_fold]
    selection_scores = [scores[SELECTION_METRIC[training_set.task]] for scores in fold_scores]
    entry = LeaderboardEntry(
        estimator=name,
        score=float(np.mean(selection_scores)),
        spread=float(np.std(selection_scores)),
        fit_seconds=round(result.fit_seconds, 4),
    )
    return Candidate(name, recipe, predicted, temperature, result.fitted, fold_scores, entry)


@contextmanager
def estimator_errors(name: str) -> Iterator[None]:
    """Turn exceptions of an estimator, or of the recipe that makes it, into errors that name the estimator.

    Raises:
        Unacceptable: for a `ValueError`, `TypeError` or `ArithmeticError`.
        TrainingFailed: for any other exception except `MemoryError`, which is raised unchanged.
    """
    try:
        yield
    except (MlappError, MemoryError, BrokenPipeError, _BudgetReached):
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Unacceptable(f"The estimator '{name}' cannot be fitted on this table: {shorten(error, 300)}") from error
    # A fork's estimator may come from any library, and their exceptions have no base class in common.
    except Exception as error:
        detail = f"The estimator '{name}' failed: {reason(error)}"
        raise TrainingFailed(f"{detail}; choose another one, or fix its recipe in mlapp/ml/estimators.py.") from error
