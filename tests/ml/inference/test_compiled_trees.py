"""Compiled boosted trees predict as scikit-learn does."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled.functions import Compiled
from mlapp.ml.inference.compiled.pipeline import compile_pipeline
from mlapp.ml.inference.compiled.trees import MAX_LEAVES

ROWS = 500


def table(columns: int = 4) -> np.ndarray:
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, columns)).round(1)
    x[:, 3] = random.integers(0, 12, ROWS)
    x[random.uniform(size=x.shape) < 0.1] = np.nan
    return x


def target(x: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.nan_to_num(x[:, 0]) * 30 + np.isin(x[:, 3], [1, 5, 7]) * 20 + np.isnan(x[:, 1])
    return found


def compiled(step: BaseEstimator, x: np.ndarray, classes: int | None = None) -> Compiled:
    found = compile_pipeline(step, classes, x[:20])
    assert found.rows
    return found


def assert_equals(found: Compiled, step: BaseEstimator, x: np.ndarray, classes: int | None = None) -> None:
    """Compare with scikit-learn: a batch, the same rows alone, and complete rows by the function of rows."""
    expected = predict(step, x, classes)
    np.testing.assert_allclose(found.many(x), expected, rtol=1e-12, atol=1e-15)
    alone = np.concatenate([found.many(row[None]) for row in x[:50]])
    np.testing.assert_array_equal(alone, found.many(x)[:50])
    complete = np.nan_to_num(x[:50])
    assert found.one
    rows = np.array([found.one(row) for row in complete.tolist()])
    np.testing.assert_allclose(rows, found.many(complete).reshape(len(complete), -1), rtol=1e-14)


@pytest.mark.parametrize("leaves", [2, 8, 15, 31, MAX_LEAVES])
@pytest.mark.parametrize("categories", [[], [3]], ids=str)
def test_values_equal_those_of_scikit_learn(leaves: int, categories: list[int]):
    x = table()
    options = {"max_leaf_nodes": leaves, "max_iter": 60, "min_samples_leaf": 2, "categorical_features": categories}
    step = HistGradientBoostingRegressor(**options).fit(x, target(x))

    assert_equals(compiled(step, x), step, x)


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_equal_those_of_scikit_learn(classes: int):
    x = table()
    y = np.digitize(target(x), [5, 25][: classes - 1])
    step = HistGradientBoostingClassifier(max_iter=40, categorical_features=[3]).fit(x, y)

    assert_equals(compiled(step, x, classes), step, x, classes)


@pytest.mark.parametrize("columns", [40, 80])
def test_rows_with_many_columns_are_predicted_alike(columns: int):
    x = table(columns)
    step = HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=15).fit(x, np.nan_to_num(x) @ np.ones(columns))

    assert_equals(compiled(step, x), step, x)


@pytest.mark.parametrize("options", [{}, {"early_stopping": False, "max_iter": 1}], ids=str)
def test_unknown_categories_are_predicted_as_missing_values(options: dict[str, Any]):
    x = table()
    step = HistGradientBoostingRegressor(categorical_features=[3], **options).fit(x, target(x))
    x[::7, 3] = 99
    x[1::7, 3] = 2.5

    assert_equals(compiled(step, x[1:]), step, x)


def test_trees_with_a_single_leaf_add_its_value():
    x = table()
    step = HistGradientBoostingRegressor(min_samples_leaf=ROWS, max_iter=3).fit(x, target(x))

    assert_equals(compiled(step, x), step, x)


def test_trees_with_too_many_leaves_are_left_to_scikit_learn():
    x = table()
    step = HistGradientBoostingRegressor(max_leaf_nodes=None, min_samples_leaf=1, max_iter=2).fit(
        x, np.arange(ROWS) % 97
    )

    found = compile_pipeline(step, None, x[:9])

    assert found.rows is None
    np.testing.assert_array_equal(found.many(x), step.predict(x))


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_link_is_applied(loss: str):
    x = table()
    step = HistGradientBoostingRegressor(loss=loss, max_iter=5).fit(x, 1 + np.abs(target(x)))

    assert_equals(compiled(step, x), step, x)


@pytest.mark.parametrize("rows", [1, 3, 30, ROWS])
def test_batches_of_any_size_are_predicted_alike(rows: int):
    x = table()
    step = HistGradientBoostingRegressor(max_iter=30).fit(x, target(x))

    np.testing.assert_allclose(compiled(step, x).many(x[:rows]), step.predict(x[:rows]), rtol=1e-12)
