"""Error slices of shuffled targets, which have none, and of planted ones.

    python -m benchmarks.quality.error_slices [--quick]

Goals: of 100 trainings on shuffled targets at most 5 show a slice; of planted ones, in which a third of the labels are
flipped or the noise is four times as large, 9 of 10 are found; the search takes at most 3 % of the training.
"""

import argparse
import sys
import time
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks import NOT_JUDGED
from mlapp.ml.subgroups import report
from mlapp.ml.training import quality
from mlapp.ml.training.train import train
from mlapp.schemas import Slice, TrainOptions
from mlapp.tables.bundled.datasets import dataset
from mlapp.tables.table import Table

SHUFFLED = ("diabetes", "wine", "breast_cancer", "machines")
MAX_CHANCE, MIN_FOUND, MAX_SHARE = 0.05, 0.9, 0.03
ROWS = 1_500


class Found(NamedTuple):
    """The slices of a training, and how long it took."""

    slices: list[Slice]
    seconds: float
    search_s: float


def slices_of(table: pl.DataFrame, target: str, estimator: str, seed: int) -> Found:
    """Train a version, and return its slices."""
    spent = []

    def timed(*arguments: Any, **named: Any) -> dict[str, Any]:
        began = time.perf_counter()
        fields = report.subgroup_fields(*arguments, **named)
        spent.append(time.perf_counter() - began)
        return fields

    began = time.perf_counter()
    with patch.object(quality, "subgroup_fields", timed):
        options = TrainOptions(target=target, estimator=estimator, seed=seed)
        trained = train(Table(table), options, time.perf_counter, lambda _stage, _share: None)
    return Found(trained.record["slices"], time.perf_counter() - began, sum(spent))


def shuffled(seed: int) -> Found:
    """Train on a bundled table whose target is shuffled."""
    table, target = dataset(SHUFFLED[seed % len(SHUFFLED)])
    frame = table.frame.with_columns(table.frame[target].shuffle(seed))
    return slices_of(frame, target, ("linear", "hist_gradient_boosting")[seed // len(SHUFFLED) % 2], seed)


def planted(seed: int) -> bool:
    """Return whether a planted slice is found: of a category, of a range, or of a pair; in values or classes."""
    random = np.random.default_rng(seed)
    age, fare = random.uniform(0, 80, ROWS), random.exponential(30, ROWS)
    deck, town = random.choice(["A", "B", "C", "D"], ROWS), random.choice(["York", "Bath"], ROWS)
    kind, is_class = seed % 3, seed // 3 % 2
    bad = (deck == "C", age > 64, (deck == "B") & (age > 40))[kind]
    signal = 0.05 * age + (town == "York")
    noise = random.normal(0, np.where(bad, 4.0, 1.0))
    y: np.ndarray = signal + noise
    if is_class:
        label = random.uniform(size=ROWS) < 1 / (1 + np.exp(-4 * (signal - np.median(signal))))
        y = np.where(label ^ (bad & (random.uniform(size=ROWS) < 1 / 3)), "yes", "no")
    table = pl.DataFrame({"age": age, "fare": fare, "deck": deck, "town": town, "y": y})
    wanted = ({"deck"}, {"age"}, {"deck", "age"})[kind]
    return any(
        {condition.column for condition in each.conditions} == wanted
        for each in slices_of(table, "y", "linear", seed).slices
    )


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few trainings, judges no goal")
    quick = parser.parse_args().quick
    chance = [shuffled(seed) for seed in range(8 if quick else 100)]
    hits = [planted(seed) for seed in range(6 if quick else 60)]
    by_chance, found = sum(bool(each.slices) for each in chance), float(np.mean(hits))
    share = sum(each.search_s for each in chance) / sum(each.seconds for each in chance)
    print(f"shuffled targets: {by_chance} of {len(chance)} trainings show a slice (goal: at most {MAX_CHANCE:.0%})")
    print(f"planted slices: {sum(hits)} of {len(hits)} found (goal: {MIN_FOUND:.0%})")
    print(f"search: {share:.1%} of the training (goal: at most {MAX_SHARE:.0%})")
    met = by_chance <= MAX_CHANCE * len(chance) and found >= MIN_FOUND and share <= MAX_SHARE
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
