"""A table → a fitted model and everything that is stored beside it."""

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor

from mlapp.errors import Unacceptable, shorten
from mlapp.ml import evaluation
from mlapp.ml.estimators import Recipe, candidates
from mlapp.ml.preprocessing import Columns
from mlapp.ml.signature import Signature, infer, matrix
from mlapp.ml.target import as_classes, as_numbers, as_times, infer_task, usable_rows
from mlapp.ml.threads import threads_for
from mlapp.ml.versions import library_versions
from mlapp.schemas import Importance, LeaderboardEntry, Scalar, Task, TrainOptions
from mlapp.tables.table import Table

SELECTED_BY = {Task.REGRESSION: "rmse", Task.CLASSIFICATION: "log_loss"}
"""The score by which `auto` keeps the best; lower is better."""

Report = Callable[[str, float], None]
"""Takes the stage in words, and the share that is done, 0–1."""


@dataclass(frozen=True)
class Trained:
    """A fitted model: the bytes of its file, and the fields of its record but for what the store knows."""

    file: bytes
    record: dict[str, Any]


@dataclass(frozen=True)
class _Problem:
    """What is to be learnt."""

    task: Task
    signature: Signature
    rows: evaluation.Rows
    classes: list[Scalar] | None
    seed: int

    def maker(self, recipe: Recipe) -> Callable[[], BaseEstimator]:
        columns = Columns.of(self.signature.features)
        return lambda: recipe.make(self.task, columns, self.seed)


@dataclass(frozen=True)
class _Result:
    name: str
    recipe: Recipe
    found: evaluation.OutOfFold
    entry: LeaderboardEntry


def train(table: Table, options: TrainOptions, clock: Callable[[], float], report: Report) -> Trained:
    """Train on a table: infer the signature, compare estimators out of fold, fit the best on all rows.

    The same table, options and seed give the same model. `clock` returns seconds.

    Raises:
        Unacceptable: the table or an option cannot be trained on, or an estimator cannot fit the table.
    """
    # What the libraries warn of, the metrics and our own warnings show; in a log it would stand without a context.
    with warnings.catch_warnings(), threads_for(table.frame.height):
        warnings.simplefilter("ignore")
        return _train(table, options, clock, report)


def _train(table: Table, options: TrainOptions, clock: Callable[[], float], report: Report) -> Trained:
    started = clock()
    report("Reading the columns", 0.0)
    rows, target_type, target = usable_rows(table, options)
    task = options.task or infer_task(target_type, target)
    recipes = candidates(options.estimator, task, len(target))
    problem = _pose(rows, options, task, target)
    results, budget_reached = _compare(problem, recipes, options.budget_s, clock, report)
    best = min(results, key=lambda result: result.entry.score)
    report(f"Fitting {best.name} on all rows", 0.85)
    fitted = _fit(best, problem)
    report("Measuring which features matter", 0.95)
    record = {
        "task": task,
        "target": options.target,
        "target_type": target_type,
        "classes": problem.classes,
        "features": problem.signature.features,
        "ignored": problem.signature.ignored,
        "estimator": best.name,
        "parameters": _parameters(fitted),
        "rows": len(target),
        "rows_dropped": table.frame.height - len(target),
        **_judged(problem, best, options.coverage),
        "leaderboard": sorted((result.entry for result in results), key=lambda entry: entry.score),
        "importance": _importance(problem, best),
        "warnings": problem.signature.warnings,
        "plots": {},
        "seed": options.seed,
        "budget_reached": budget_reached,
        "data_sha256": _hash(problem.signature.frame, target),
        "library_versions": library_versions(),
        "note": options.note,
        "training_seconds": round(clock() - started, 3),
    }
    return Trained(_dump(fitted), record)


def _pose(rows: Table, options: TrainOptions, task: Task, target: pl.Series) -> _Problem:
    signature = infer(rows, target.name, options.features)
    X = matrix(signature.frame, signature.features)
    classes, y = as_classes(target) if task is Task.CLASSIFICATION else (None, as_numbers(target))
    times = as_times(rows, options.time_column) if options.time_column else None
    folds = evaluation.folds(task, y, options.seed, times)
    return _Problem(
        task, signature, evaluation.Rows(X, y, folds, len(classes) if classes else None), classes, options.seed
    )


def _compare(
    problem: _Problem, recipes: dict[str, Recipe], budget_s: float, clock: Callable[[], float], report: Report
) -> tuple[list[_Result], bool]:
    """Judge every recipe out of fold; says whether the budget ran out before all were tried."""
    started = clock()
    results: list[_Result] = []
    for name, recipe in recipes.items():
        if results and clock() - started > budget_s:
            return results, True
        results.append(_judge(problem, name, recipe, clock, _within(report, len(results), len(recipes))))
    return results, False


def _within(report: Report, place: int, of: int) -> Report:
    """Map the progress of one of several equal parts to that of the comparison, which ends at 0.85."""
    return lambda stage, share: report(stage, 0.02 + 0.83 * (place + share) / of)


def _judge(problem: _Problem, name: str, recipe: Recipe, clock: Callable[[], float], report: Report) -> _Result:
    rows, of = problem.rows, len(problem.rows.folds)
    steps = evaluation.out_of_fold(problem.maker(recipe), rows, clock)
    report(f"Trying {name}: part 1 of {of}", 0.0)
    try:
        for done, result in enumerate(steps, 1):
            found = result
            report(f"Trying {name}: part {min(done + 1, of)} of {of}", done / of)
    except ValueError as error:
        raise _cannot_fit(name, error) from error
    metric = SELECTED_BY[problem.task]
    scores = [
        evaluation.metrics(problem.task, rows.y[judge], found.predicted[judge])[metric] for _, judge in rows.folds
    ]
    entry = LeaderboardEntry(
        estimator=name,
        score=float(np.mean(scores)),
        spread=float(np.std(scores)),
        fit_seconds=round(float(np.mean(found.fit_seconds)), 4),
    )
    return _Result(name, recipe, found, entry)


def _fit(best: _Result, problem: _Problem) -> BaseEstimator:
    try:
        return evaluation.fit(problem.maker(best.recipe)(), problem.rows.X, problem.rows.y)
    except ValueError as error:
        raise _cannot_fit(best.name, error) from error


def _cannot_fit(name: str, error: ValueError) -> Unacceptable:
    return Unacceptable(f"The estimator '{name}' cannot be fitted on this table: {shorten(error, 300)}")


def _judged(problem: _Problem, best: _Result, coverage: float) -> dict[str, Any]:
    """Return metrics, their spread, the baseline's metrics and the intervals, all of rows held out."""
    task, rows = problem.task, problem.rows
    judged = np.concatenate([judge for _, judge in rows.folds])
    y, predicted = rows.y[judged], best.found.predicted[judged]
    dummy = DummyRegressor() if task is Task.REGRESSION else DummyClassifier(strategy="prior")
    *_, blind = evaluation.out_of_fold(lambda: dummy, rows, lambda: 0.0)
    regression = task is Task.REGRESSION
    return {
        "metrics": evaluation.metrics(task, y, predicted),
        "baseline": evaluation.metrics(task, y, blind.predicted[judged]),
        "spread": evaluation.spread(task, rows.y, best.found.predicted, rows.folds),
        "coverage": coverage if regression else None,
        "interval": evaluation.interval_half_width(y, predicted, coverage) if regression else None,
    }


def _importance(problem: _Problem, best: _Result) -> list[Importance]:
    """Return the importance of every feature, the greatest first, on the rows of the last fold."""
    rows, judge = problem.rows, problem.rows.folds[-1][1]
    mean, std = evaluation.importance(best.found.fitted, rows.X[judge], rows.y[judge], problem.task, problem.seed)
    found = [
        Importance(feature=feature.name, mean=float(mean[place]), std=float(std[place]))
        for place, feature in enumerate(problem.signature.features)
    ]
    return sorted(found, key=lambda importance: -importance.mean)


def _parameters(fitted: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of the last step that are plain values."""
    last = fitted[-1] if hasattr(fitted, "steps") else fitted
    plain = (bool, int, float, str, type(None))
    return {name: value for name, value in last.get_params(deep=False).items() if isinstance(value, plain)}


def _hash(frame: pl.DataFrame, target: pl.Series) -> str:
    """Hash the values that were trained on, in their types: the same whichever format they came in."""
    digest = hashlib.sha256()
    for columns in (frame, target.to_frame()):
        for part in columns.iter_slices(100_000):
            digest.update(part.write_csv().encode())
    return digest.hexdigest()


def _dump(fitted: BaseEstimator) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer, compress=3)
    return buffer.getvalue()
