"""Profiles of production data: encoded rows and predictions, counted in the bins of the training data."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mlapp.ml.decisions.rules import rule_of
from mlapp.schemas import ColumnType, Distribution, Feature, PredictionCounts, Record, Task, VersionInfo
from mlapp.tables.columns.conversion import format_values


def count_features(record: Record, requests: Sequence[np.ndarray]) -> list[Distribution]:
    """Count encoded rows (rows, features) in the bins of each feature; empty for a version without distributions."""
    x = np.concatenate(requests)
    columns = zip(record.features, record.distributions, x.T, strict=False)
    return [_count(values, feature, training) for feature, training, values in columns]


def count_predictions(info: VersionInfo, predicted: Sequence[np.ndarray]) -> tuple[PredictionCounts, Distribution]:
    """Count predictions of `FittedVersion.predict`, and their distribution in the bins of the target."""
    rows, training = np.concatenate(predicted), info.target_distribution
    if info.task is Task.CLASSIFICATION:
        names = format_values(pl.Series(info.classes or [])).to_list()
        found = _count_categories(rule_of(info).classes(rows).astype(float), names, training)
        return PredictionCounts(count=len(rows), classes=[*found.counts, found.others]), found
    values = rows[:, 0]
    low, high = float(values.min()), float(values.max())
    counts = PredictionCounts(count=len(values), sum=float(values.sum()), low=low, high=high)
    return counts, _count_numbers(values, training)


def _count(values: np.ndarray, feature: Feature, training: Distribution) -> Distribution:
    if training.edges is not None:
        return _count_numbers(values, training)
    names = ["false", "true"] if feature.type is ColumnType.BOOLEAN else feature.categories or []
    return _count_categories(values, names, training)


def _count_categories(values: np.ndarray, names: list[str], training: Distribution) -> Distribution:
    """Count indices of names; unknown categories are not finite, and count as others."""
    counts = np.bincount(values[np.isfinite(values)].astype(int), minlength=len(names)).tolist()
    by_name, missing = dict(zip(names, counts, strict=False)), int(np.isnan(values).sum())
    listed = [by_name.get(name, 0) for name in training.categories or []]
    others = len(values) - missing - sum(listed)
    return Distribution(categories=training.categories, counts=listed, others=others, missing=missing)


def _count_numbers(values: np.ndarray, training: Distribution) -> Distribution:
    edges, present = training.edges or [], values[~np.isnan(values)]
    bins = np.searchsorted(edges[1:-1], present, side="right")
    counts = np.bincount(bins, minlength=len(edges) - 1).tolist()
    return Distribution(edges=edges, counts=counts, missing=len(values) - len(present))
