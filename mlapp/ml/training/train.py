"""A table → a fitted model and everything that is stored beside it."""

import hashlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import joblib
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor

from mlapp.ml.data.training_set import Problem, pose
from mlapp.ml.estimators import candidates
from mlapp.ml.evaluation import importance
from mlapp.ml.evaluation.baseline import no_better
from mlapp.ml.evaluation.calibration import Calibrated
from mlapp.ml.evaluation.conformal import fit_interval
from mlapp.ml.evaluation.metrics import metrics, spread
from mlapp.ml.evaluation.out_of_fold import fit, out_of_fold
from mlapp.ml.evaluation.plots import classification_plots, regression_plots
from mlapp.ml.library_versions import installed_versions, package_versions
from mlapp.ml.threads import threads_for
from mlapp.ml.training.model_selection import Candidate, Clock, compare, comparing, cost, fitting
from mlapp.ml.training.overall_progress import Report, Work
from mlapp.schemas import Importance, Task, TrainOptions
from mlapp.tables.columns.types import spell
from mlapp.tables.table import Table

READING = 0.02
"""Share of the work that reading the columns is taken for; how much there is to do is known after it."""
PACKING = 0.05
"""Work of packing a model, in fits on all rows."""
PREDICTING = 0.05
"""Work of predicting a row, in fits on one."""


@dataclass(frozen=True)
class Trained:
    """A fitted model: the bytes of its file, and the fields of its record but for what the store knows."""

    file: bytes
    record: dict[str, Any]


def train(table: Table, options: TrainOptions, clock: Clock, report: Report) -> Trained:
    """Train on a table: infer the signature, compare estimators out of fold, fit the best on all rows.

    The same table, options and seed give the same model. `clock` returns seconds.

    Raises:
        Unacceptable: the table or an option cannot be trained on, or an estimator cannot fit the table.
    """
    # What the libraries warn of, the metrics and our own warnings show; in a log it would stand without a context.
    with warnings.catch_warnings(), threads_for(0):
        warnings.simplefilter("ignore")
        return _train(table, options, clock, report)


def _train(table: Table, options: TrainOptions, clock: Clock, report: Report) -> Trained:
    started = clock()
    work = Work(report, "Reading the columns", READING)
    problem = pose(table, options)
    recipes = candidates(options.estimator, problem.task, len(problem.target))
    # Both polars and the hash let go of the interpreter: it is done beside the first fit.
    beside = ThreadPoolExecutor(1)
    data_sha256 = beside.submit(_hash, problem.signature.frame, problem.target)
    work.expect(comparing(problem, recipes) + max(_finishing(problem, cost(recipe, 1)) for recipe in recipes.values()))
    compared = compare(problem, recipes, options.budget_s, clock, work)
    best, rows = compared.best, len(problem.target)
    work.expect(_finishing(problem, cost(best.recipe, 1)))
    quality = _quality(problem, best, options.coverage)
    worthless = no_better(problem.task, problem.target.name, quality["metrics"], quality["baseline"])
    record = {
        "task": problem.task,
        "target": options.target,
        "target_type": problem.target_type,
        "classes": problem.classes,
        "features": problem.signature.features,
        "ignored": problem.signature.ignored,
        "examples": problem.signature.examples,
        "distributions": problem.signature.distributions,
        "target_distribution": problem.target_distribution(),
        "estimator": best.name,
        "rows": rows,
        "rows_dropped": table.frame.height - rows,
        "evaluation": problem.evaluation,
        **quality,
        "leaderboard": compared.leaderboard,
        "importance": _importance(problem, best, work),
        "warnings": worthless + problem.doubts() + compared.warnings,
        "seed": options.seed,
        "budget_reached": compared.budget_reached,
        "data_sha256": data_sha256.result(),
        "library_versions": installed_versions() | package_versions(best.fitted),
        "note": options.note,
    }
    fitted = _fit(problem, best, work)
    packed = work.step("Packing the model", PACKING * cost(best.recipe, rows))
    with fitting(best.name):
        file = _dump(fitted)
    packed(1.0)
    parameters = _parameters(fitted)
    return Trained(file, record | {"parameters": parameters, "training_seconds": round(clock() - started, 3)})


def _finishing(problem: Problem, a_row: float) -> float:
    """Return the work that is left after the comparison, when fitting one row takes so much."""
    fitting_all = 0 if problem.rows.held_out else len(problem.target)
    return a_row * (fitting_all + len(problem.target) * PACKING + _rows_to_shuffle(problem) * PREDICTING)


def _rows_to_shuffle(problem: Problem) -> int:
    judge, features = len(problem.rows.folds[-1][1]), len(problem.signature.features)
    rows, repeats = importance.extent(judge, features)
    return rows * repeats * features


def _quality(problem: Problem, best: Candidate, coverage: float) -> dict[str, Any]:
    """Return metrics, their spread, the baseline's metrics, intervals and plots, all of rows held out."""
    task, rows = problem.task, problem.rows
    dummy = DummyRegressor() if task is Task.REGRESSION else DummyClassifier(strategy="prior")
    blind = out_of_fold(lambda: dummy, rows, lambda: 0.0, lambda _: lambda _: None)
    found = {
        "metrics": metrics(task, rows.actual, best.predicted),
        "baseline": metrics(task, rows.actual, blind.predicted),
        "spread": spread(best.scores),
    }
    if problem.classes:
        names = spell(pl.Series(problem.classes)).to_list()
        plots = classification_plots(rows.actual, best.predicted, names)
        return found | {"coverage": None, "interval": None, "plots": plots}
    interval = fit_interval(rows.actual, best.predicted, coverage)
    plots = regression_plots(rows.actual, best.predicted, interval, problem.seed)
    return found | {"coverage": coverage, "interval": interval, "plots": plots}


def _importance(problem: Problem, best: Candidate, work: Work) -> list[Importance]:
    """Return the importance of every feature, the greatest first, on the rows of the last fold."""
    work.step("Measuring which features matter", cost(best.recipe, _rows_to_shuffle(problem) * PREDICTING))
    rows, judge = problem.rows, problem.rows.folds[-1][1]
    fitted = _calibrated(best.fitted, best)
    mean, std = importance.importance(fitted, rows.X[judge], rows.y[judge], problem.task, problem.seed)
    found = [
        Importance(feature=feature.name, mean=float(mean[place]), std=float(std[place]))
        for place, feature in enumerate(problem.signature.features)
    ]
    return sorted(found, key=lambda importance: -importance.mean)


def _fit(problem: Problem, best: Candidate, work: Work) -> BaseEstimator:
    rows = problem.rows
    if rows.held_out:
        return _calibrated(best.fitted, best)
    done = work.step(f"Fitting {best.name} on all rows", cost(best.recipe, len(rows.y)))
    with fitting(best.name):
        return _calibrated(fit(problem.maker(best.recipe)(), rows.X, rows.y, done), best)


def _calibrated(fitted: BaseEstimator, best: Candidate) -> BaseEstimator:
    return Calibrated(fitted, best.temperature) if best.temperature else fitted


def _parameters(fitted: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of the last step that are plain values, and what it found for itself.

    That is the strength of its regularisation (`alpha`), and the temperature of its probabilities. How many threads
    it predicts on is the same for all.
    """
    calibrated = isinstance(fitted, Calibrated)
    estimator = fitted.estimator if calibrated else fitted
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    plain = (bool, int, float, str, type(None))
    found = {name: value for name, value in last.get_params(deep=False).items() if isinstance(value, plain)}
    found.pop("n_jobs", None)
    found |= {"alpha": float(last.alpha_)} if hasattr(last, "alpha_") else {}
    return found | ({"temperature": fitted.temperature} if calibrated else {})


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
