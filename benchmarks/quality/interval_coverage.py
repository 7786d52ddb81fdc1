"""Coverage of prediction intervals on held-out rows: within 3 points of the nominal coverage.

    python -m benchmarks.quality.interval_coverage [--quick] [file.csv:target ...]

Trains on random three quarters of the bundled regression tables of at least 390 rows, and of the given tables, and
predicts the rest, repeatedly. `width` is the mean width relative to constant-width intervals of the same residuals.
"""

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from mlapp.ml.data.encoding import Encoder, known_only
from mlapp.ml.data.training_set import make_training_set
from mlapp.ml.estimators import ESTIMATORS
from mlapp.ml.evaluation.conformal import bounds, fit_interval
from mlapp.ml.evaluation.out_of_fold import fit
from mlapp.ml.training.model_selection import compare
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.schemas import Task, TrainOptions
from mlapp.tables.bundled.datasets import dataset, describe_datasets
from mlapp.tables.table import Table

MIN_ROWS = 390
NOMINAL = (0.8, 0.9, 0.95)
GOAL = 0.03
SPLITS = {"linear": (40, 20), "hist_gradient_boosting": (16, 0), "blend": (10, 0)}
"""Estimator → number of random splits, in full and short form."""


def main() -> None:
    """Measure and print a line for each table, estimator and coverage; exit with 1 if one misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="file.csv:target")
    parser.add_argument("--quick", action="store_true", help="one estimator only")
    options = parser.parse_args()
    met = True
    print(f"{'table':<16}{'estimator':<24}{'rows':>6}{'nominal':>9}{'covered':>9}{'width':>7}")
    for name, frame, target in _tables(options.tables):
        for estimator, splits in SPLITS.items():
            if not splits[options.quick]:
                continue
            found = [_measure(frame, target, estimator, seed) for seed in range(splits[options.quick])]
            for nominal, covered, width in np.mean(found, axis=0):
                good = abs(covered - nominal) <= GOAL
                met &= good
                line = f"{name:<16}{estimator:<24}{frame.height:>6}{nominal:>9.0%}{covered:>9.1%}{width:>7.2f}"
                print(line + ("" if good else f"  MISSED: over {GOAL:.0%} off"), flush=True)
    sys.exit(not met)


def _tables(given: list[str]) -> Iterator[tuple[str, pl.DataFrame, str]]:
    for info in describe_datasets():
        if info.task is Task.REGRESSION and info.rows >= MIN_ROWS:
            yield info.name, dataset(info.name)[0].frame, info.target
    for spec in given:
        path, _, target = spec.rpartition(":")
        yield Path(path).stem, pl.read_csv(path).filter(pl.col(target).is_not_null()), target


def _measure(frame: pl.DataFrame, target: str, estimator: str, seed: int) -> list[tuple[float, float, float]]:
    """Return nominal coverage, actual coverage and relative width of one random split, for each coverage."""
    rows = np.random.default_rng(seed).permutation(frame.height)
    known, new = frame[rows[: len(rows) * 3 // 4]], frame[rows[len(rows) * 3 // 4 :]]
    training_set = make_training_set(Table(known), TrainOptions(target=target, task=Task.REGRESSION, seed=seed))
    recipe = ESTIMATORS[estimator]
    progress = OverallProgress(lambda _stage, _share: None, "", 0)
    progress.expect(recipe.cost * known.height * len(training_set.samples.folds))
    best = compare(training_set, {estimator: recipe}, np.inf, lambda: 0.0, progress).best
    fitted = fit(
        training_set.estimator_factory(recipe)(), training_set.samples.X, training_set.samples.y, lambda _: None
    )
    x = Encoder(training_set.signature.features).encode(Table(new.drop(target)))
    predicted = fitted.predict(known_only(x))
    y, actual = new[target].to_numpy(), training_set.samples.y_test
    return [(nominal, *_evaluate(y, predicted, actual, best.predicted, nominal)) for nominal in NOMINAL]


def _evaluate(
    y: np.ndarray, predicted: np.ndarray, actual: np.ndarray, out_of_fold: np.ndarray, nominal: float
) -> tuple[float, float]:
    lower, upper = bounds(fit_interval(actual, out_of_fold, nominal), predicted)
    half_width = np.quantile(np.abs(actual - out_of_fold), nominal)
    return float(np.mean((lower <= y) & (y <= upper))), float(np.mean(upper - lower) / (2 * half_width))


if __name__ == "__main__":
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        main()
