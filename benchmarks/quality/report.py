"""What the referee prints: a line for each table, summaries with intervals, and which goals are met."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.quality.scores import Score, ratio_interval
from benchmarks.quality.tables import QualityTable

Results = dict[tuple[str, str], Mapping[int, Score]]
"""Scores by seed, for a table and a method."""

OTHERS = ("CatBoost", "AutoGluon", "LightGBM", "HGB", "FLAML")
COMPARED = ("before", *OTHERS)


def pairs(tables: Sequence[QualityTable], results: Results, method: str) -> dict[str, list[tuple[Score, Score]]]:
    """Return `auto`'s score and a method's, for each split of each table that both have."""
    found = {}
    for table in tables:
        own, others = results.get((table.name, "auto"), {}), results.get((table.name, method), {})
        if both := [(own[seed], others[seed]) for seed in sorted(own.keys() & others.keys())]:
            found[table.name] = both
    return found


def ratios(
    tables: Sequence[QualityTable], results: Results, method: str, value: Callable[[Score, QualityTable], float]
) -> dict[str, list[float]]:
    """Return `auto`'s value relative to a method's, for each split of each table that both have."""
    named = {table.name: table for table in tables}
    return {
        name: [value(own, named[name]) / value(other, named[name]) for own, other in both]
        for name, both in pairs(tables, results, method).items()
    }


def error(score: Score, table: QualityTable) -> float:
    """Return the error as ratios take it."""
    return score.comparable(is_classification=table.is_classification)


def print_table(table: QualityTable, results: Results) -> None:
    """Print the error of `auto` on a table, relative to those of others, and what it costs."""
    own = list(results[table.name, "auto"].values())
    if not own:
        print(f"{table.half} {table.name:14} failed", flush=True)
        return
    found = [ratios([table], results, method, error).get(table.name) for method in COMPARED]
    shown = "".join(f"{np.exp(np.mean(np.log(one))):10.3f}" if one else f"{'–':>10}" for one in found)
    kept = Counter(score.kept for score in own)
    facts = f"{_mean(own, 'seconds'):7.1f}{_mean(own, 'row_us'):8.0f}{_mean(own, 'bytes') / 1000:8.0f}"
    print(
        f"{table.half} {table.name:14}{_mean(own, 'error'):10.4g}{shown}{facts}  "
        + ", ".join(f"{name} ({count})" if count > 1 else name for name, count in kept.most_common()),
        flush=True,
    )


def print_header() -> None:
    """Print the header of the lines that `print_table` prints."""
    print("Error of auto (log loss or RMSE), and relative to others':")
    print(
        f"  {'table':14}{'error':>10}"
        + "".join(f"{name:>10}" for name in COMPARED)
        + f"{'CPU s':>7}{'µs/row':>8}{'kB':>8}  kept"
    )


def print_summary(tables: Sequence[QualityTable], results: Results) -> None:
    """Print ratios of errors by half, and the costs and further scores of each method."""
    halves = {half: [table for table in tables if table.half in half] for half in ("A", "B", "AB")}
    print("\nError of auto relative to others' (geometric mean, 95 % interval; tables where it is lower / higher)")
    print(f"  {'':12}" + "".join(f"{'half ' + half if len(half) == 1 else 'both':>30}" for half in halves))
    for method in COMPARED:
        print(f"  {method:12}" + "".join(f"{_half(chosen, results, method):>30}" for chosen in halves.values()))
    print("\nMeans over tables, and CPU seconds in sum over tables")
    print(f"  {'':12}{'AUC':>8}{'ECE':>8}{'CPU s':>8}{'sum':>8}{'µs/row':>10}{'kB':>10}{'tables':>8}")
    for method in ("auto", *COMPARED):
        print(_costs(tables, results, method))
    print_intervals(tables, results)


def print_intervals(tables: Sequence[QualityTable], results: Results) -> None:
    """Print coverage, width and Winkler score of the prediction intervals, relative to those before."""
    print("\n90 % intervals: coverage, and width and Winkler score relative to those before")
    regressions = [table for table in tables if not table.is_classification]
    for table in regressions:
        own = list(results[table.name, "auto"].values())
        both = [ratios([table], results, "before", value).get(table.name) for value in (width, winkler)]
        shown = "".join(f"{np.exp(np.mean(np.log(one))):8.3f}" if one else f"{'–':>8}" for one in both)
        print(f"  {table.half} {table.name:14}{_mean(own, 'coverage'):8.1%}{shown}")


def width(score: Score, _table: QualityTable) -> float:
    """Return the mean width of intervals."""
    return score.width


def winkler(score: Score, _table: QualityTable) -> float:
    """Return the Winkler score."""
    return score.winkler


def _mean(scores: Sequence[Score], name: str) -> float:
    return _known_mean([getattr(score, name) for score in scores])


def _known_mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _half(tables: Sequence[QualityTable], results: Results, method: str) -> str:
    found = ratios(tables, results, method, error)
    if not found:
        return "–"
    means = [np.mean(np.log(one)) for one in found.values()]
    counts = f"{sum(mean < 0 for mean in means)}/{sum(mean > 0 for mean in means)}"
    return "{:.3f} [{:.3f}, {:.3f}] ".format(*ratio_interval(found)) + f"{counts:>6}"


def _costs(tables: Sequence[QualityTable], results: Results, method: str) -> str:
    by_table = [list(results.get((table.name, method), {}).values()) for table in tables]
    by_table = [scores for scores in by_table if scores]
    names = ("auc", "ece", "seconds", "row_us", "bytes")
    columns = {name: [_mean(scores, name) for scores in by_table] for name in names}
    auc, ece, seconds, row_us, size = map(_known_mean, columns.values())
    costs = f"{seconds:8.1f}{sum(columns['seconds']):8.0f}{row_us:10.0f}{size / 1000:10.0f}{len(by_table):8}"
    return f"  {method:12}{auc:8.4f}{ece:8.4f}{costs}"
