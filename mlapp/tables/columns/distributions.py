"""Distributions of columns: histograms of numbers, datetimes and lengths of texts, counts of categories."""

import numpy as np
import polars as pl

from mlapp.schemas import ColumnType, Distribution
from mlapp.tables.columns.conversion import DAY_US, format_values, unnamed

BINS = 20
CATEGORIES = 30
MAX_CATEGORY_BYTES = 200
"""Longer texts are counted as other categories, to limit the size of a distribution."""
OUTLIERS = 0.005
"""Share of the values below the first edge and above the last, so that a few outliers do not widen all bins."""
MAX_QUANTILE_VALUES = 100_000
"""Quantiles of more values are estimated from every n-th one."""


def distribution(values: pl.Series, kind: ColumnType) -> Distribution:
    """Return the distribution of a converted column.

    Numbers and datetimes have up to `BINS` bins of equal width between their 0.5 % and 99.5 % quantiles; the outer bins
    include values beyond. Bins of integers contain the same number of integers each. Categories and booleans are
    counted, the `CATEGORIES` most frequent ones separately. Of texts, only the numbers of characters are shown.
    """
    if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return _count_categories(values, _most_frequent(unnamed(values)))
    numbers = _numbers(values, kind)
    edges = _edges(numbers, whole=kind in (ColumnType.INTEGER, ColumnType.TEXT))
    bins = np.searchsorted(edges[1:-1], numbers, side="right")
    counts = np.bincount(bins, minlength=len(edges) - 1).tolist()
    return Distribution(edges=edges, counts=counts, missing=values.null_count())


def _count_categories(values: pl.Series, categories: list[str]) -> Distribution:
    found, missing = _counts(unnamed(values), categories), values.null_count()
    counts = [found.get(category, 0) for category in categories]
    others = len(values) - missing - sum(counts)
    return Distribution(categories=categories, counts=counts, others=others, missing=missing)


def _numbers(values: pl.Series, kind: ColumnType) -> np.ndarray:
    """Return the values that are not missing; datetimes as days since 1970-01-01 (UTC), texts as their lengths."""
    present = unnamed(values).drop_nulls()
    if kind is ColumnType.TEXT:
        return present.str.len_chars().cast(pl.Float64).to_numpy()
    return (present.dt.epoch("us") / DAY_US if kind is ColumnType.DATETIME else present).to_numpy()


def _edges(numbers: np.ndarray, *, whole: bool) -> list[float]:
    if not len(numbers):
        return [0.0, 1.0]
    low, high = np.quantile(numbers[:: -(-len(numbers) // MAX_QUANTILE_VALUES)], [OUTLIERS, 1 - OUTLIERS])
    lowest, highest = numbers.min(), numbers.max()
    if low == high or (whole and highest - lowest < BINS):
        low, high = lowest, highest
    if whole:
        low, high = np.floor(low), np.ceil(high)
        width = np.ceil((high - low + 1) / BINS)
        edges = low - 0.5 + width * np.arange(np.ceil((high - low + 1) / width) + 1)
    elif low == high:
        half = max(0.5, abs(low) / 1_000)
        edges = np.array([low - half, low + half])
    else:
        edges = np.linspace(low, high, BINS + 1)
    # Edges of large numbers that are close together may round to the same one.
    return np.unique(edges).tolist()  # type: ignore[no-any-return]


def _most_frequent(values: pl.Series) -> list[str]:
    counts = _without_long_texts(values).value_counts(name="count")
    # Sorts only categories that may be among the most frequent, as comparing texts is slow.
    candidates = counts.filter(pl.col("count") >= pl.col("count").top_k(CATEGORIES).min())
    top = candidates.top_k(CATEGORIES, by=["count", ""], reverse=[False, True])
    return format_values(top.sort("count", "", descending=[True, False])[""]).to_list()


def _without_long_texts(values: pl.Series) -> pl.Series:
    present = values.drop_nulls()
    return present.filter(present.str.len_bytes() <= MAX_CATEGORY_BYTES) if present.dtype == pl.String else present


def _counts(values: pl.Series, categories: list[str]) -> dict[str, int]:
    if values.dtype == pl.Boolean:
        return {"true": int(values.sum()), "false": int((~values).sum())}
    counts = values.filter(values.is_in(categories)).value_counts(name="count")
    return dict(counts.iter_rows())
