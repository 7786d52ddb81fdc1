"""Expected training times against measured ones: within a factor of 2 on 9 of 10 trainings, within 4 on all.

    python -m benchmarks.quality.training_times [--tables a,b] [--estimators a,b] [--cpu] [--quick]

Trains on all rows of the referee's tables and of synthetic ones, by each estimator whose time is known. Trainings of
less than half a second, expected and measured, count as right: a person does not wait for them. On a busy machine,
`--cpu` compares with CPU seconds, which are more than the time where a recipe uses several cores.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import NOT_JUDGED
from benchmarks.harness.tables import as_csv, mixed
from benchmarks.quality.runs import CACHE
from benchmarks.quality.tables import TABLES, csv_of
from mlapp.ml.training.preview import preview_training
from mlapp.ml.training.runtime_estimate import MEASURED
from mlapp.ml.training.train import train
from mlapp.schemas import FileOptions, TrainOptions
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

FACTOR, SHARE, WORST = 2.0, 0.9, 4.0
UNNOTICED_S = 0.5
SYNTHETIC = {"mixed_20k": 20_000, "mixed_100k": 100_000}
QUICK = ("Carseats", "OJ")


def tables(names: Sequence[str] | None, cache: Path) -> Iterator[tuple[str, Table, str]]:
    """Yield names, tables and targets."""
    for table in TABLES:
        if not names or table.name in names:
            yield table.name, read_file(csv_of(table, cache).read_bytes(), None, FileOptions()), table.target
    for name, rows in SYNTHETIC.items():
        if not names or name in names:
            yield name, read_file(as_csv(mixed(rows)), None, FileOptions()), "y"


def measure(table: Table, options: TrainOptions, *, cpu: bool) -> float:
    """Return the seconds of a training."""
    gc.collect()
    clock = time.process_time if cpu else time.perf_counter
    began = clock()
    train(table, options, time.perf_counter, lambda _stage, _share: None)
    return clock() - began


def factor(expected_s: float, measured_s: float) -> float:
    """Return how many times too much was expected; below 1: too little."""
    return max(expected_s, UNNOTICED_S) / max(measured_s, UNNOTICED_S)


def main() -> None:
    """Measure and report whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=lambda names: names.split(","), help="names, separated by commas")
    parser.add_argument("--estimators", type=lambda names: names.split(","), default=list(MEASURED))
    parser.add_argument("--cpu", action="store_true", help="compare with CPU seconds")
    parser.add_argument("--quick", action="store_true", help="two tables, judges no goal")
    parser.add_argument("--cache", type=Path, default=CACHE)
    arguments = parser.parse_args()
    names = arguments.tables or (QUICK if arguments.quick else None)
    factors = []
    print(f"{'table':16}{'rows':>8}  {'estimator':24}{'expected':>9}{'measured':>9}{'factor':>8}")
    for name, table, target in tables(names, arguments.cache):
        preview = preview_training(table, TrainOptions(target=target))
        for estimator in arguments.estimators:
            expected = preview.estimates[estimator]
            taken = measure(table, TrainOptions(target=target, estimator=estimator), cpu=arguments.cpu)
            factors.append(factor(expected, taken))
            line = f"{name:16}{table.frame.height:8,}  {estimator:24}{expected:9.1f}{taken:9.1f}{factors[-1]:8.2f}"
            print(line + ("  !" if abs(np.log(factors[-1])) > np.log(FACTOR) else ""), flush=True)
    logs = np.abs(np.log(factors))
    share, worst = float(np.mean(logs <= np.log(FACTOR))), float(np.exp(logs.max()))
    print(f"within {FACTOR:g} x: {share:.0%} (goal {SHARE:.0%}); worst factor {worst:.1f} (goal {WORST:g})")
    sys.exit(NOT_JUDGED if names else not (share >= SHARE and worst <= WORST))


if __name__ == "__main__":
    main()
