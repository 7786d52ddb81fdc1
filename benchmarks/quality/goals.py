"""Goals of the referee."""

from collections.abc import Sequence

import numpy as np

from benchmarks.quality.report import OTHERS, Results, error, pairs, ratios, winkler
from benchmarks.quality.scores import clearly_above, mean_interval, ratio_interval
from benchmarks.quality.tables import QualityTable

UPPER_ENDS = {"CatBoost": 0.95, "AutoGluon": 1.0}
"""Upper end of the 95 % interval of the ratio of errors on half B."""
WORST = 1.10
"""No table may have an error above the best other's times this, by more than two standard errors."""
WINKLER, WINKLER_ROWS = 0.95, 1_000
"""Winkler score relative to that before, on tables of at least this many rows."""
CPU = 1.2
"""CPU seconds relative to those before, in sum."""
LATENCY = 1.3
"""Latency of a single row relative to that of boosting alone, on any table."""


def judge(tables: Sequence[QualityTable], results: Results) -> bool:
    """Print each goal that can be judged with these results; returns whether all are met."""
    print("\nGoals")
    met = [*_errors(tables, results), *_worst(tables, results), *_before(tables, results), *_latency(tables, results)]
    return all(met)


def _line(what: str, value: float, limit: float) -> bool:
    met = value <= limit
    print(f"  {'met' if met else 'MISSED':8}{what}: {value:.3f} (at most {limit:g})")
    return met


def _errors(tables: Sequence[QualityTable], results: Results) -> list[bool]:
    half = [table for table in tables if table.half == "B"]
    found = {method: ratios(half, results, method, error) for method in UPPER_ENDS}
    return [
        _line(f"error relative to {method}'s, half B, upper end", ratio_interval(found[method])[2], limit)
        for method, limit in UPPER_ENDS.items()
        if found[method]
    ]


def _worst(tables: Sequence[QualityTable], results: Results) -> list[bool]:
    """Return whether no table is clearly worse than the best other, for the tables that have any."""
    above, count = [], 0
    for table in tables:
        by_method = [ratios([table], results, method, error).get(table.name, []) for method in OTHERS]
        if by_method := [found for found in by_method if len(found) > 1]:
            count += 1
            best = max(by_method, key=lambda found: np.mean(np.log(found)))
            if clearly_above(best, WORST):
                above.append(f"{table.name} {np.exp(np.mean(np.log(best))):.2f}")
    names = f" ({', '.join(above)})" if above else ""
    return (
        [_line(f"tables of {count} clearly worse than {WORST} × the best other{names}", len(above), 0)] if count else []
    )


def _before(tables: Sequence[QualityTable], results: Results) -> list[bool]:
    """Return whether intervals, calibration and time are as good as before."""
    met = []
    large = [table for table in tables if table.rows >= WINKLER_ROWS and not table.is_classification]
    if found := ratios(large, results, "before", winkler):
        what = f"Winkler score relative to that before, {len(found)} tables of {WINKLER_ROWS:,} rows or more"
        met.append(_line(what, ratio_interval(found)[0], WINKLER))
    both = pairs(tables, results, "before")
    classes = {table.name for table in tables if table.is_classification}
    if gaps := {name: [new.ece - old.ece for new, old in found] for name, found in both.items() if name in classes}:
        what = "expected calibration error less that before, lower end of the 95 % interval"
        met.append(_line(what, mean_interval(gaps)[1], 0))
    if both:
        new, old = (sum(np.mean([pair[i].seconds for pair in found]) for found in both.values()) for i in (0, 1))
        met.append(_line("CPU seconds relative to those before, in sum", float(new / old), CPU))
    return met


def _latency(tables: Sequence[QualityTable], results: Results) -> list[bool]:
    scores = {table.name: results[table.name, "auto"].get(0) for table in tables}
    found = {name: score.row_us / score.boosting_us for name, score in scores.items() if score}
    measured = {name: ratio for name, ratio in found.items() if not np.isnan(ratio)}
    if not measured:
        return []
    above = [f"{name} {ratio:.1f}" for name, ratio in measured.items() if ratio > LATENCY]
    names = f" ({', '.join(above)})" if above else ""
    return [_line(f"latency of a row relative to boosting's, the highest{names}", max(measured.values()), LATENCY)]
