"""Profiles of production data: encoded requests and predictions, counted in the bins of the training data."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mlapp.ml.data.encoding import MAX_CODES
from mlapp.schemas import ColumnType, Distribution, Feature, PredictionCounts, Record, Task
from mlapp.tables.columns.histograms import CATEGORIES
from mlapp.tables.columns.types import format_values


def count_features(model: Record, requests: Sequence[np.ndarray]) -> list[Distribution]:
    """Count encoded rows (rows, features) by feature; nothing for a model without distributions."""
    x = np.concatenate(requests)
    pairs = zip(model.features, model.distributions, x.T, strict=False)
    return [_count(values, feature, like) for feature, like, values in pairs]


def count_predictions(model: Record, predicted: Sequence[np.ndarray]) -> tuple[PredictionCounts, Distribution | None]:
    """Count predictions of `FittedModel.predict`, also in the bins of the target where these are known."""
    found = np.concatenate(predicted)
    like = model.target_distribution
    if model.task is Task.CLASSIFICATION:
        names = class_names(model)
        counts = np.bincount(found.argmax(axis=1), minlength=len(model.classes or []))
        by_name = dict(zip(format_values(pl.Series(model.classes or [])), counts.tolist(), strict=True))
        listed = [by_name.get(name, 0) for name in names]
        others = len(found) - sum(listed)
        lie = Distribution(categories=names, counts=listed, others=others) if like else None
        return PredictionCounts(count=len(found), classes=[*listed, others]), lie
    values = found[:, 0]
    counted = PredictionCounts(
        count=len(values), sum=float(values.sum()), low=float(values.min()), high=float(values.max())
    )
    return counted, _binned(values, like) if like else None


def class_names(model: Record) -> list[str]:
    """Return the classes that are counted by name, as a CSV spells them."""
    if model.task is Task.REGRESSION:
        return []
    known = model.target_distribution and model.target_distribution.categories
    return known or format_values(pl.Series((model.classes or [])[:CATEGORIES])).to_list()


def _count(values: np.ndarray, feature: Feature, like: Distribution) -> Distribution:
    if like.edges is not None:
        return _binned(values, like)
    known = ["false", "true"] if feature.type is ColumnType.BOOLEAN else (feature.categories or [])[:MAX_CODES]
    missing = int(np.isnan(values).sum())
    counts = np.bincount(values[np.isfinite(values)].astype(int), minlength=len(known)).tolist()
    by_name = dict(zip(known, counts, strict=False))
    listed = [by_name.get(name, 0) for name in like.categories or []]
    others = len(values) - missing - sum(listed)
    return Distribution(categories=like.categories, counts=listed, others=others, missing=missing)


def _binned(values: np.ndarray, like: Distribution) -> Distribution:
    edges = like.edges or []
    present = values[~np.isnan(values)]
    bins = np.searchsorted(edges[1:-1], present, side="right")
    counts = np.bincount(bins, minlength=len(edges) - 1).tolist()
    return Distribution(edges=edges, counts=counts, missing=len(values) - len(present))
