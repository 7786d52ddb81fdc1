"""Model selection: compares estimators by cross-validation, and keeps the best one or an ensemble."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from mlapp.errors import MlappError, TrainingFailed, Unacceptable, reason, shorten
from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.out_of_fold import Fits, OutOfFold, Pending, Submit, collect_folds, local_fits, submit_folds
from mlapp.ml.progress import ProgressCallback
from mlapp.ml.recipe import Recipe
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.ml.training.selection.evaluated import Evaluated
from mlapp.ml.training.selection.standings import Standings
from mlapp.schemas import LeaderboardEntry, Metric

Clock = Callable[[], float]
"""Returns seconds."""
MAX_CELLS = 10_000_000
"""Test rows × classes × recipes, at most, for ensembles: the predictions that they are chosen by take 80 MB. Beyond,
only those of the best recipe are kept."""


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison."""

    best: Evaluated
    """The estimator to keep."""
    leaderboard: list[LeaderboardEntry]
    """The kept one, then all recipes, the best first."""
    budget_reached: bool
    warnings: list[str]
    """Why candidates were left out."""


def comparison_cost(training_set: TrainingSet, recipes: dict[str, Recipe]) -> float:
    """Return the cost of all fits of a comparison."""
    rows = sum(map(len, training_set.samples.train_sets))
    return rows * sum(recipe.cost for recipe in recipes.values())


class _BudgetReached(Exception):
    """The time budget ended before all folds of a candidate were fitted."""


def compare(  # noqa: PLR0913, PLR0917 - what to compare, by what and where, and what limits and reports it
    training_set: TrainingSet,
    recipes: dict[str, Recipe],
    metric: Metric,
    budget_s: float,
    clock: Clock,
    progress: OverallProgress,
    fits: Fits = local_fits,
    *,
    ensembles: bool = True,
) -> Comparison:
    """Evaluate every recipe, and keep the best one, or an ensemble of several.

    The first candidate is always evaluated; after that, the comparison ends before the first fit that would start after
    the budget. Candidates that cannot be fitted on the table, or fail, are left out with a warning; those that
    are significantly worse than another one on the first fold are not fitted on the others.

    Args:
        training_set: What to compare on.
        recipes: The candidates.
        metric: By what they are compared.
        budget_s: Seconds after which no further fit starts.
        clock: Returns seconds.
        progress: Observes the fits.
        fits: Makes the fits.
        ensembles: Whether several may be kept, with weights.

    Raises:
        Unacceptable: no candidate was evaluated, and the first one cannot be fitted on the table.
        TrainingFailed: no candidate was evaluated, and the first one failed for another reason.
    """
    deadline, budget_reached = clock() + budget_s, False
    cells = len(training_set.samples.test_rows) * (training_set.samples.classes or 1) * len(recipes)
    standings = Standings(training_set, metric, ensembles=ensembles and cells <= MAX_CELLS)
    failures: list[Unacceptable | TrainingFailed] = []
    with fits(training_set.samples, clock) as submit:
        submitted = {name: _Submitted(training_set, name, recipe, submit) for name, recipe in recipes.items()}
        for candidate in submitted.values():
            try:
                start_fit = _stages(
                    training_set, candidate, clock, progress, deadline if standings.evaluated else math.inf
                )
                result = candidate.collect(start_fit, standings.race.is_lost)
                standings.add(candidate.name, candidate.recipe, result)
            except _BudgetReached:
                budget_reached = True
                break
            except (Unacceptable, TrainingFailed) as failure:
                failures.append(failure)
    if not standings.evaluated:
        raise failures[0]
    best = standings.best()
    return Comparison(best, standings.leaderboard(best), budget_reached, [failure.detail for failure in failures])


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

    def collect(self, start_fit: Callable[[int], ProgressCallback], stop: Callable[[np.ndarray], bool]) -> OutOfFold:
        if self._failure:
            raise self._failure
        with estimator_errors(self.name):
            result = collect_folds(self._pending, start_fit, stop)
            if not np.isfinite(result.predicted).all():
                raise ValueError("some of its predictions are not finite numbers.")
        return result


def _stages(
    training_set: TrainingSet, submitted: _Submitted, clock: Clock, progress: OverallProgress, deadline: float
) -> Callable[[int], ProgressCallback]:
    """Return the function that starts the stage of a fold, unless the deadline is over."""
    samples, name, recipe = training_set.samples, submitted.name, submitted.recipe

    def start_fit(fold: int) -> ProgressCallback:
        if clock() > deadline:
            raise _BudgetReached
        fits = len(samples.train_sets)
        stage = f"Evaluating {name}: fold {fold} of {fits}" if fits > 1 else f"Fitting {name}"
        return progress.start_stage(stage, recipe.cost * len(samples.train_sets[fold - 1]))

    return start_fit


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
