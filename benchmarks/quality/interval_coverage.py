"""Coverage of `auto`'s 90 % intervals on held-out rows: within 3 points of it, or two standard errors.

    python -m benchmarks.quality.interval_coverage [--tables a,b] [--splits 20] [--quick]

Random splits, 70 % for training, of the referee's regression tables and of a synthetic one with groups, which are split
and evaluated by groups. `width` is the mean width relative to the standard deviation of the target.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import NOT_JUDGED
from benchmarks.quality.runs import CACHE, ROOT, auto, scores_of
from benchmarks.quality.scores import COVERAGE
from benchmarks.quality.tables import GROUPED, TABLES, csv_of

GOAL = 0.03
SPLITS, QUICK_SPLITS, QUICK_TABLES = 20, 3, ("Carseats", "grouped")
MIN_ROWS = 150
"""With fewer, a split has too few held-out rows to tell."""


def main() -> None:
    """Measure and report whether the goal is met."""
    arguments = _arguments()
    tables = [
        table
        for table in (*TABLES, GROUPED)
        if not table.is_classification
        and table.rows >= MIN_ROWS
        and (not arguments.tables or table.name in arguments.tables)
    ]
    met, method = True, auto("auto", arguments.code)
    print(f"{'table':16}{'rows':>7}{'splits':>8}{'covered':>9}{'± 2 s.e.':>10}{'width':>8}")
    for table in tables:
        found, problem = scores_of(method, table, range(arguments.splits), arguments.cache)
        target = pl.read_csv(csv_of(table, arguments.cache), infer_schema=False)[table.target].cast(pl.Float64)
        covered = np.array([score.coverage for score in found.values()])
        error = 2 * covered.std(ddof=1) / np.sqrt(len(covered))
        good = not problem and abs(covered.mean() - COVERAGE) <= max(GOAL, error)
        met &= good
        width = np.mean([score.width for score in found.values()]) / np.std(target.to_numpy())
        line = f"{table.name:16}{table.rows:7}{len(covered):8}{covered.mean():9.1%}{error:10.1%}{width:8.2f}"
        print(line + ("" if good else f"  MISSED {problem}"), flush=True)
    is_whole = not arguments.tables and arguments.splits >= SPLITS
    sys.exit(not met if is_whole else NOT_JUDGED)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=lambda names: names.split(","), help="names, separated by commas")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--quick", action="store_true", help="a few splits of two tables")
    parser.add_argument("--code", type=Path, default=ROOT, help="checkout of mlapp to measure")
    parser.add_argument("--cache", type=Path, default=CACHE)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.tables, arguments.splits = QUICK_TABLES, QUICK_SPLITS
    return arguments


if __name__ == "__main__":
    main()
