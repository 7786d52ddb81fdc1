"""The referee: `auto` against what people would install instead, on 25 tables from packages.

    python -m benchmarks.quality.referee [--half A|B] [--tables a,b] [--splits 5] [--only auto] [--quick]

Random splits, 70 % for training, one thread. Scores are relative to each other method's, as geometric means with 95 %
intervals by bootstrap of tables and splits. Other methods run in interpreters of their own: `--others-python` has
CatBoost, LightGBM, FLAML, scikit-learn and pandas, `--autogluon-python` AutoGluon; `--before` is a checkout of mlapp to
compare with. Their results are kept in the cache folder, and without an interpreter only those are compared.
Recipes are chosen on half A; half B is for judging.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import NOT_JUDGED
from benchmarks.quality.goals import judge
from benchmarks.quality.report import Results, print_header, print_summary, print_table
from benchmarks.quality.runs import CACHE, ROOT, Method, auto, other, path_in, scores_of
from benchmarks.quality.tables import TABLES, QualityTable

SPLITS, QUICK_SPLITS, QUICK_TABLES = 5, 2, ("Carseats", "OJ", "hearts")
FLAML_S, AUTOGLUON_S = 4.0, 60.0
"""CPU seconds: what `auto` takes on average, and AutoGluon's limit."""
SHOWN = 3
"""Tables that are named in a line about a problem."""


def main() -> None:
    """Measure and report whether the goals are met."""
    arguments = _arguments()
    tables, methods = _tables(arguments), _methods(arguments)
    splits = QUICK_SPLITS if arguments.quick else arguments.splits
    results: Results = {}
    problems: dict[str, list[str]] = {}
    print_header()
    for table in tables:
        for method in methods:
            results[table.name, method.name], problem = scores_of(method, table, range(splits), arguments.cache)
            if problem:
                problems.setdefault(f"{method.name} {problem}", []).append(table.name)
        print_table(table, results)
    print_summary(tables, results)
    for problem, names in problems.items():
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        print(f"{problem}: {shown}")
    met = judge(tables, results)
    is_whole = set(tables) == set(TABLES) and splits >= SPLITS and not problems
    sys.exit(not met if is_whole else NOT_JUDGED)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("A", "B"))
    parser.add_argument("--tables", help="names, separated by commas")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--quick", action="store_true", help="a few small tables")
    parser.add_argument("--only", choices=("auto",), help="fit nothing but auto; others as they are in the cache")
    parser.add_argument("--code", type=Path, default=ROOT, help="checkout of mlapp to measure")
    parser.add_argument("--before", type=Path, default=path_in("QUALITY_BEFORE"), help="checkout to compare with")
    parser.add_argument("--others-python", default=os.environ.get("QUALITY_PYTHON", ""))
    parser.add_argument("--autogluon-python", default=os.environ.get("QUALITY_AUTOGLUON_PYTHON", ""))
    parser.add_argument("--cache", type=Path, default=CACHE)
    return parser.parse_args()


def _tables(arguments: argparse.Namespace) -> list[QualityTable]:
    names = QUICK_TABLES if arguments.quick else (arguments.tables or "").split(",")
    return [
        table for table in TABLES if arguments.half in (None, table.half) and (table.name in names or names == [""])
    ]


def _methods(arguments: argparse.Namespace) -> list[Method]:
    """Return `auto` and what it is compared with; those without a command are compared as they are in the cache."""
    others, autogluon, only = arguments.others_python, arguments.autogluon_python, arguments.only
    methods = [
        other("CatBoost", others),
        other("AutoGluon", autogluon, AUTOGLUON_S),
        other("LightGBM", others),
        other("HGB", others),
        other("FLAML", others, FLAML_S),
    ]
    if arguments.before:
        methods.insert(0, auto("before", arguments.before))
    if only:
        methods = [replace(method, command=()) for method in methods]
    return [auto("auto", arguments.code), *methods]


if __name__ == "__main__":
    main()
