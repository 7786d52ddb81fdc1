"""Outliers."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.quality.outliers import feature_outliers, target_outliers
from mlapp.schemas import ColumnType, Feature


def normal(rows: int = 500) -> np.ndarray:
    return np.random.default_rng(0).normal(150, 30, rows).round(1)


def test_outliers_of_the_target_are_reported_with_values_and_what_to_do():
    values = np.append(normal(), [1e6, 1e6, 2e6, -5e6])

    assert target_outliers(pl.Series("price", values)) == (
        f"The target 'price' is -5,000,000, 1,000,000, 2,000,000 in 4 rows, far from all others, which are from "
        f"{normal().min():g} to {normal().max():g}; correct the cell if it is an error, or train with "
        "loss=absolute_error, which outliers hardly change."
    )


def test_outliers_of_features_are_reported_by_column():
    frame = pl.DataFrame({"age": [*normal(), 99_999.0, None], "size": [*normal(), 200, 1], "kind": ["a"] * 502})
    types = {"age": ColumnType.NUMBER, "size": ColumnType.NUMBER, "kind": ColumnType.CATEGORY}
    features = [Feature(name=name, type=kind, required=True, example=None) for name, kind in types.items()]

    found = feature_outliers(frame, features)

    assert list(found) == ["age"]
    assert "'age' is 99,999 in 1 row, far from all others" in found["age"]


def test_more_values_than_shown_are_counted():
    values = np.append(normal(), [1e6, 2e6, 3e6, 4e6])

    assert "is 1,000,000, 2,000,000, 3,000,000, … in 4 rows" in str(target_outliers(pl.Series("y", values)))


@pytest.mark.parametrize(
    "make",
    [
        lambda random: random.normal(size=1_000),
        lambda random: np.exp(2 * random.normal(size=1_000)),
        lambda random: random.pareto(1, 1_000),
        lambda random: random.poisson(0.3, 1_000).astype(float),
        lambda random: np.where(random.uniform(size=1_000) < 0.9, 0, 1_000 * random.uniform(size=1_000)),
        lambda random: np.append(random.normal(size=950), random.normal(1e6, size=50)),
        lambda random: np.append(np.zeros(999), 1e6),
        lambda random: np.full(1_000, np.nan),
    ],
    ids=["normal", "lognormal", "pareto", "counts", "mostly 0", "two groups", "constant", "empty"],
)
def test_ordinary_and_skewed_columns_have_no_outliers(make):
    for seed in range(5):
        values = pl.Series("y", make(np.random.default_rng(seed))).fill_nan(None)
        assert target_outliers(values) is None
