"""Candidates, each judged out of fold as it would be deployed; the best of them."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.errors import MlappError, TrainingFailed, Unacceptable, reason, shorten
from mlapp.ml.data.training_set import Problem
from mlapp.ml.estimators import Recipe
from mlapp.ml.evaluation.baseline import SELECTED_BY
from mlapp.ml.evaluation.calibration import calibrate
from mlapp.ml.evaluation.metrics import metrics
from mlapp.ml.evaluation.out_of_fold import out_of_fold
from mlapp.ml.progress import Done
from mlapp.ml.training.overall_progress import Work
from mlapp.schemas import LeaderboardEntry

Clock = Callable[[], float]
"""Returns seconds."""


@dataclass(frozen=True)
class Candidate:
    """An estimator that was judged."""

    name: str
    recipe: Recipe
    predicted: np.ndarray
    """Out of fold, in the order of `Rows.judging`; probabilities calibrated."""
    temperature: float | None
    """What its probabilities need to be calibrated; None when they are not."""
    fitted: BaseEstimator
    """The estimator of the last fold, not calibrated."""
    scores: list[dict[str, float]]
    """The metrics of every fold."""
    entry: LeaderboardEntry


@dataclass(frozen=True)
class Comparison:
    """What came of all candidates."""

    best: Candidate
    leaderboard: list[LeaderboardEntry]
    """The best first."""
    budget_reached: bool
    warnings: list[str]
    """Which candidates were left out, and why."""


def cost(recipe: Recipe, rows: float) -> float:
    """Return the work of fitting a recipe on so many rows."""
    return recipe.cost * rows


def comparing(problem: Problem, recipes: dict[str, Recipe]) -> float:
    """Return the work of judging recipes."""
    return sum(cost(recipe, sum(map(len, problem.rows.fits))) for recipe in recipes.values())


class _OutOfTime(Exception):
    """The budget ran out before the candidate was judged."""


def compare(problem: Problem, recipes: dict[str, Recipe], budget_s: float, clock: Clock, work: Work) -> Comparison:
    """Judge every recipe, and keep the one with the lowest score.

    Once one is judged, the budget ends the comparison after the fold at hand. Of several, those that cannot be
    fitted on the table, or fail, are left out with a warning.

    Raises:
        Unacceptable: none can be fitted on the table.
        TrainingFailed: all fail, the first of them for another reason.
    """
    ends, best, budget_reached = clock() + budget_s, None, False
    entries: list[LeaderboardEntry] = []
    refusals: list[Unacceptable | TrainingFailed] = []
    for name, recipe in recipes.items():
        try:
            candidate = _judge(problem, name, recipe, clock, work, ends if best else math.inf)
        except _OutOfTime:
            budget_reached = True
            break
        except (Unacceptable, TrainingFailed) as refusal:
            refusals.append(refusal)
            continue
        entries.append(candidate.entry)
        best = candidate if best is None or candidate.entry.score < best.entry.score else best
    if best is None:
        raise refusals[0]
    leaderboard = sorted(entries, key=lambda entry: entry.score)
    return Comparison(best, leaderboard, budget_reached, [refusal.detail for refusal in refusals])


def _judge(problem: Problem, name: str, recipe: Recipe, clock: Clock, work: Work, ends: float) -> Candidate:  # noqa: PLR0913, PLR0917
    rows = problem.rows

    def begin(part: int) -> Done:
        if clock() > ends:
            raise _OutOfTime
        stage = f"Trying {name}: part {part} of {len(rows.fits)}" if len(rows.fits) > 1 else f"Fitting {name}"
        return work.step(stage, cost(recipe, len(rows.folds[part - 1][0])))

    with fitting(name):
        found = out_of_fold(problem.maker(recipe), rows, clock, begin)
        if not np.isfinite(found.predicted).all():
            raise ValueError("what it predicts is not always a number.")
    temperature, predicted = calibrate(rows, found.predicted) if rows.classes else (None, found.predicted)
    scores = [
        metrics(problem.task, *pair) for pair in zip(rows.by_fold(rows.actual), rows.by_fold(predicted), strict=True)
    ]
    deciding = [score[SELECTED_BY[problem.task]] for score in scores]
    entry = LeaderboardEntry(
        estimator=name,
        score=float(np.mean(deciding)),
        spread=float(np.std(deciding)),
        fit_seconds=round(found.fit_seconds, 4),
    )
    return Candidate(name, recipe, predicted, temperature, found.fitted, scores, entry)


@contextmanager
def fitting(name: str) -> Iterator[None]:
    """Turn what an estimator raises, or the recipe that makes it, into a sentence about that estimator.

    Raises:
        Unacceptable: it raised what says that a value or a type is wrong.
        TrainingFailed: it raised anything else; a want of memory is raised as it is.
    """
    try:
        yield
    except (MlappError, MemoryError, BrokenPipeError, _OutOfTime):
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Unacceptable(f"The estimator '{name}' cannot be fitted on this table: {shorten(error, 300)}") from error
    # A fork's estimator may be of any library, whose errors have no class in common.
    except Exception as error:
        said = f"The estimator '{name}' failed: {reason(error)}"
        raise TrainingFailed(f"{said}; name another, or mend its recipe in mlapp/ml/estimators.py.") from error
