"""Exact explanations of trees, against all coalitions of features."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.encoding import known_only
from mlapp.ml.inference.explanation import shapley, tree_games
from mlapp.ml.inference.explanation.explainer import make_explainer
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.schemas import Explanation
from mlapp.tables.table import Table
from tests.ml.conftest import fewer_trees

FEATURES = 9


def mixed_table(rows: int = 240) -> pl.DataFrame:
    """Return 9 features: numbers, one of them with missing values, categories, many categories, a date."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 6)).round(2)
    kind, place = random.integers(0, 3, rows), random.integers(0, 15, rows)
    y = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 2 * (kind == 1) + place / 5 + x[:, 3]
    x[random.uniform(size=rows) < 0.2, 3] = np.nan
    days = [date(2020, 1, 1) + timedelta(int(day)) for day in random.integers(0, 900, rows)]
    return pl.DataFrame(
        {f"x{index}": column for index, column in enumerate(x.T)}
        | {"kind": [f"kind {code}" for code in kind], "place": [f"place {code}" for code in place], "day": days}
        | {"y": (y + 0.001 * np.arange(rows) / rows), "grade": np.where(y > np.median(y), "high", "low")}
    )


def explained(fitted: FittedVersion, x: np.ndarray) -> list[Explanation]:
    """Explain rows by an explainer of their own."""
    return make_explainer(fitted.info, fitted.parts, fitted.examples).explain(x, [0] * len(x))


def values(found: list[Explanation]) -> np.ndarray:
    return np.array([[*each.contributions.values()] for each in found])


@pytest.fixture(
    scope="module", params=["hist_gradient_boosting", "shallow_boosting", "residual_boosting", "random_forest"]
)
def trees(request, fitting):
    with fewer_trees():
        return fitting(mixed_table(), "y", estimator=request.param, exclude=["grade"])


def rows_of(fitted: FittedVersion, frame: pl.DataFrame) -> np.ndarray:
    return known_only(fitted.encoder.encode(Table(frame)))


def test_contributions_to_trees_are_those_of_all_coalitions(trees, monkeypatch):
    frame = mixed_table()
    x = rows_of(trees, pl.concat([frame[:2], frame.filter(pl.col("x3").is_nan())[:1]]))

    found = explained(trees, x)
    monkeypatch.setattr(tree_games, "MAX_LEAVES", 0)
    monkeypatch.setattr(shapley, "ENUMERATED_PLAYERS", FEATURES)
    expected = explained(trees, x)

    assert [each.error for each in found] == [0, 0, 0]
    assert np.allclose(values(found), values(expected), rtol=0, atol=1e-9)


def test_large_forests_are_sampled(trees, monkeypatch):
    monkeypatch.setattr(tree_games, "MAX_LEAVES", 0)
    x = rows_of(trees, mixed_table()[:1])

    (found,) = explained(trees, x)

    assert found.error > 0


def test_leaves_below_too_many_features_are_sampled(trees, monkeypatch):
    monkeypatch.setattr(tree_games, "WORDS", {1: np.uint8})

    (found,) = explained(trees, rows_of(trees, mixed_table()[:1]))

    assert found.error > 0


def test_columns_that_depend_on_two_features_are_sampled(fitting):
    frame = mixed_table().with_columns(end=pl.col("day") + pl.duration(days=pl.int_range(240) % 30))
    frame = frame.with_columns(y=(pl.col("end") - pl.col("day")).dt.total_days() + pl.col("x0"))
    fitted = fitting(frame, "y", estimator="hist_gradient_boosting", exclude=["grade"])
    x = rows_of(fitted, frame[:1])

    (found,) = explained(fitted, x)

    assert found.error > 0
    assert abs(found.base + sum(found.contributions.values()) - fitted.predict(x)[0, 0]) < 1e-9


@pytest.mark.parametrize("estimator", ["hist_gradient_boosting", "random_forest", "linear"])
def test_contributions_to_probabilities_are_within_the_stated_error(fitting, monkeypatch, estimator):
    with fewer_trees():
        fitted = fitting(mixed_table(), "grade", estimator=estimator, exclude=["y"])
    x = rows_of(fitted, mixed_table()[:3])

    found = explained(fitted, x)
    monkeypatch.setattr(shapley, "ENUMERATED_PLAYERS", FEATURES)
    expected = values(explained(fitted, x))

    errors = np.array([each.error for each in found])
    assert (np.abs(values(found) - expected).max(axis=1) <= errors + 1e-9).all()
    assert (errors <= 0.05 * np.abs(values(found)).max(axis=1)).all()
