"""Outliers: few numbers far from all others of their column, such as a slipped decimal point or a code 99999."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mlapp.errors import shorten
from mlapp.schemas import ColumnType, Feature
from mlapp.tables.columns.conversion import unnamed

SAMPLE_ROWS = 20_000
"""Rows by which the median and the typical deviation of a column are estimated."""
MIN_ROWS = 20
"""With fewer values that differ from the median, none is called an outlier."""
MAX_SHARE = 0.01
"""More values than this share are no outliers, but a second group."""
MIN_DEVIATIONS = 35.0
"""Deviation of an outlier from the median, in typical deviations, at least: for a normal distribution, 24 standard
deviations."""
MAX_SHOWN = 3


def feature_outliers(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    """Return a warning for each feature of numbers with outliers, by name."""
    return {
        feature.name: f"Column '{shorten(feature.name)}' {found}; correct or empty the cell if it is an error."
        for feature in features
        if feature.type in (ColumnType.NUMBER, ColumnType.INTEGER)
        and (found := _outliers(unnamed(frame[feature.name])))
    }


def target_outliers(target: pl.Series) -> str | None:
    """Return a warning if the target of a regression has outliers."""
    if not (found := _outliers(unnamed(target))):
        return None
    advice = "correct the cell if it is an error, or train with loss=absolute_error, which outliers hardly change"
    return f"The target '{shorten(target.name)}' {found}; {advice}."


def _outliers(values: pl.Series) -> str | None:
    """Describe the outliers of a column; None if it has none."""
    known = values.drop_nulls().to_numpy()
    sample = known[:: 1 + len(known) // SAMPLE_ROWS]
    if not len(sample):
        return None
    median = float(np.median(sample))
    deviations = np.abs(sample - median)
    # Many columns have one value in most rows, such as 0.
    deviations = deviations[deviations > 0]
    if len(deviations) < MIN_ROWS:
        return None
    typical = float(np.median(deviations))
    limit = MIN_DEVIATIONS * typical
    if known.max() - median <= limit and median - known.min() <= limit:
        return None
    is_far = _far(known - median, typical) | _far(median - known, typical)
    if not is_far.any():
        return None
    far, others = known[is_far], known[~is_far]
    distinct = np.unique(far)
    shown = ", ".join(f"{value:,.15g}" for value in distinct[:MAX_SHOWN]) + (", …" if len(distinct) > MAX_SHOWN else "")
    rows = "1 row" if len(far) == 1 else f"{len(far):,} rows"
    return f"is {shown} in {rows}, far from all others, which are from {others.min():,.6g} to {others.max():,.6g}"


def _far(deviations: np.ndarray, typical: float) -> np.ndarray:
    """Return which deviations are the largest ones, if a gap separates them from the others, (rows,).

    On a logarithmic scale, they are at least twice as far from the median as the largest of the others: so far apart
    the largest values of skewed distributions are next to never, not even those of a Pareto distribution.
    """
    count = max(1, int(MAX_SHARE * len(deviations)))
    largest = np.sort(np.partition(deviations, len(deviations) - count - 1)[-count - 1 :])
    limits = np.maximum((1 + np.maximum(largest[:-1], 0) / typical) ** 2 - 1, MIN_DEVIATIONS)
    gaps = np.flatnonzero(largest[1:] / typical > limits)
    return np.asarray(deviations >= (largest[1 + gaps[0]] if len(gaps) else np.inf))
