"""Coverage of 90 % sets of classes on held-out rows: within 3 points of it, or two standard errors.

    python -m benchmarks.quality.set_coverage [--tables a,b] [--splits 20] [--estimator linear] [--quick]

Random splits, 70 % for training, of the referee's classification tables. `classes` is the mean number of classes in a
set. No set is empty: where the most probable class is right in more than 93 % of the rows, sets cover as often, and are
that class alone.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import NOT_JUDGED
from benchmarks.quality.fit_mlapp import loaded
from benchmarks.quality.runs import CACHE
from benchmarks.quality.scores import COVERAGE
from benchmarks.quality.tables import TABLES, QualityTable, csv_of, split
from mlapp.ml.decisions.class_sets import sets_of
from mlapp.ml.training.train import train
from mlapp.schemas import Format, TrainOptions
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

GOAL = 0.03
SPLITS, QUICK_SPLITS, QUICK_TABLES = 20, 3, ("OJ", "modechoice")


def main() -> None:
    """Measure and report whether the goal is met."""
    arguments = _arguments()
    tables = [table for table in TABLES if table.is_classification]
    met = True
    print(f"{'table':16}{'rows':>7}{'covered':>9}{'± 2 s.e.':>10}{'accuracy':>10}{'classes':>9}{'rarest':>9}")
    for table in tables:
        if arguments.tables and table.name not in arguments.tables:
            continue
        found = np.array([_measure(table, seed, arguments) for seed in range(arguments.splits)])
        covered, accuracy, classes, rarest = found.mean(axis=0)
        error = 2 * found[:, 0].std(ddof=1) / np.sqrt(len(found))
        good = abs(covered - max(COVERAGE, accuracy)) <= max(GOAL, error)
        met &= good
        line = f"{table.name:16}{table.rows:7}{covered:9.1%}{error:10.1%}{accuracy:10.1%}{classes:9.2f}{rarest:9.1%}"
        print(line + ("" if good else "  MISSED"), flush=True)
    is_whole = not arguments.tables and arguments.splits >= SPLITS
    sys.exit(not met if is_whole else NOT_JUDGED)


def _measure(table: QualityTable, seed: int, arguments: argparse.Namespace) -> tuple[float, float, float, float]:
    """Return coverage, accuracy, the mean number of classes in a set, and the coverage of the rarest class."""
    path = csv_of(table, arguments.cache)
    data, target = read_file(path, Format.CSV), pl.read_csv(path, infer_schema=False)[table.target].to_numpy()
    training, test = split(table, data.frame, seed)
    options = TrainOptions(target=table.target, estimator=arguments.estimator, task=table.task)
    trained = train(Table(data.frame[training], data.read_as), options, time.process_time, lambda _stage, _share: None)
    fitted = loaded(trained)
    predicted = fitted.predict(fitted.encoder.encode(Table(data.frame[test], data.read_as)))
    assert fitted.info.class_sets
    sets, names = sets_of(fitted.info.class_sets, predicted), fitted.answers.class_names
    actual = np.array([names.index(name) for name in target[test]])
    covered = sets[np.arange(len(actual)), actual]
    rarest = actual == np.bincount(actual).argmin()
    return covered.mean(), (predicted.argmax(axis=1) == actual).mean(), sets.sum(axis=1).mean(), covered[rarest].mean()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=lambda names: names.split(","), help="names, separated by commas")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--estimator", default="auto")
    parser.add_argument("--quick", action="store_true", help="a few splits of two tables")
    parser.add_argument("--cache", type=Path, default=CACHE)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.tables, arguments.splits = QUICK_TABLES, QUICK_SPLITS
    return arguments


if __name__ == "__main__":
    main()
