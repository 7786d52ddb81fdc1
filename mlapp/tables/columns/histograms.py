"""How the values of a column lie, in few numbers; and another column counted in the same bins."""

import numpy as np
import polars as pl

from mlapp.schemas import ColumnType, Distribution
from mlapp.tables.columns.types import DAY_US, format_values, unnamed

BINS = 20
CATEGORIES = 30
MAX_BYTES = 200
"""Longer texts count among the others: what is kept stays small."""
OUTER = 0.005
"""Share of the values below the first bin, and above the last: a few outliers do not press the others into one bin."""
SAMPLE = 100_000
"""Values that the quantiles are taken of; of more, every so-manieth."""


def distribution(values: pl.Series, kind: ColumnType) -> Distribution:
    """Return how the values of a converted column lie.

    Numbers and datetimes get at most `BINS` equally wide bins between their 0.5 % and 99.5 % quantiles, the outer ones
    take in what lies beyond; the bins of integers are as wide as whole numbers, so that all hold equally many of them.
    Categories and booleans are counted, the `CATEGORIES` most frequent each.
    """
    if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return recount(values, Distribution(categories=_frequent(unnamed(values)), counts=[]), kind)
    edges = _edges(_numbers(values, kind), whole=kind is ColumnType.INTEGER)
    return recount(values, Distribution(edges=edges, counts=[]), kind)


def recount(values: pl.Series, like: Distribution, kind: ColumnType) -> Distribution:
    """Return how the values of another converted column lie in the same bins, or are of the same categories."""
    missing = values.null_count()
    if like.edges is not None:
        places = np.searchsorted(like.edges[1:-1], _numbers(values, kind), side="right")
        counts = np.bincount(places, minlength=len(like.edges) - 1).tolist()
        return Distribution(edges=like.edges, counts=counts, missing=missing)
    found = _counted(unnamed(values), like.categories or [])
    counts = [found.get(category, 0) for category in like.categories or []]
    others = len(values) - missing - sum(counts)
    return Distribution(categories=like.categories, counts=counts, others=others, missing=missing)


def _numbers(values: pl.Series, kind: ColumnType) -> np.ndarray:
    """Return the values that are there; datetimes as days since 1970-01-01 (UTC)."""
    present = unnamed(values).drop_nulls()
    return (present.dt.epoch("us") / DAY_US if kind is ColumnType.DATETIME else present).to_numpy()


def _edges(numbers: np.ndarray, *, whole: bool) -> list[float]:
    if not len(numbers):
        return [0.0, 1.0]
    low, high = np.quantile(numbers[:: -(-len(numbers) // SAMPLE)], [OUTER, 1 - OUTER])
    least, most = numbers.min(), numbers.max()
    if low == high or (whole and most - least < BINS):
        low, high = least, most
    if whole:
        low, high = np.floor(low), np.ceil(high)
        width = np.ceil((high - low + 1) / BINS)
        edges = low - 0.5 + width * np.arange(np.ceil((high - low + 1) / width) + 1)
    elif low == high:
        half = max(0.5, abs(low) / 1_000)
        edges = np.array([low - half, low + half])
    else:
        edges = np.linspace(low, high, BINS + 1)
    # Where numbers are large and close together, some edges round to the same one.
    return np.unique(edges).tolist()  # type: ignore[no-any-return]


def _frequent(values: pl.Series) -> list[str]:
    counts = _short(values).value_counts(name="count")
    # Only those that may be among the most frequent are put in order: texts compare slowly.
    few = counts.filter(pl.col("count") >= pl.col("count").top_k(CATEGORIES).min())
    often = few.top_k(CATEGORIES, by=["count", ""], reverse=[False, True])
    return format_values(often.sort("count", "", descending=[True, False])[""]).to_list()


def _short(values: pl.Series) -> pl.Series:
    present = values.drop_nulls()
    return present.filter(present.str.len_bytes() <= MAX_BYTES) if present.dtype == pl.String else present


def _counted(values: pl.Series, categories: list[str]) -> dict[str, int]:
    if values.dtype == pl.Boolean:
        return {"true": int(values.sum()), "false": int((~values).sum())}
    counts = values.filter(values.is_in(categories)).value_counts(name="count")
    return dict(counts.iter_rows())
