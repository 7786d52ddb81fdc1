"""Compiled boosted trees predict the same as scikit-learn, to the last bit."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mlapp.ml.inference.compiled_pipeline import compile_pipeline
from mlapp.ml.inference.compiled_trees import MAX_LEAVES, BoostedTrees, compile_trees

ROWS = 500


def table() -> np.ndarray:
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 4)).round(1)
    x[:, 3] = random.integers(0, 12, ROWS)
    x[random.uniform(size=x.shape) < 0.1] = np.nan
    return x


def target(x: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.nan_to_num(x[:, 0]) * 30 + np.isin(x[:, 3], [1, 5, 7]) * 20 + np.isnan(x[:, 1])
    return found


@pytest.mark.parametrize("leaves", [2, 8, 15, 31, MAX_LEAVES])
@pytest.mark.parametrize("rows", [1, 2, ROWS])
def test_values_equal_those_of_scikit_learn(leaves: int, rows: int):
    x = table()
    step = HistGradientBoostingRegressor(max_leaf_nodes=leaves, max_iter=60, min_samples_leaf=2).fit(x, target(x))

    found = compile_trees(step, None).many(x[:rows])

    np.testing.assert_array_equal(found, step.predict(x[:rows]))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("rows", [1, ROWS])
def test_probabilities_equal_those_of_scikit_learn(classes: int, rows: int):
    x = table()
    y = np.digitize(target(x), [5, 25][: classes - 1])
    step = HistGradientBoostingClassifier(max_iter=40).fit(x, y)

    found = compile_trees(step, None).many(x[:rows])

    np.testing.assert_array_equal(found, step.predict_proba(x[:rows]))


@pytest.mark.parametrize("options", [{}, {"early_stopping": False, "max_iter": 1}], ids=str)
def test_unknown_categories_are_predicted_as_missing_values(options: dict[str, Any]):
    x = table()
    step = HistGradientBoostingRegressor(categorical_features=[3], **options).fit(x, target(x))
    x[::7, 3] = 99
    x[1::7, 3] = 2.5

    compiled = compile_pipeline(step, None, x[:50])

    assert "partial" not in type(compiled.many).__name__
    np.testing.assert_array_equal(compiled.many(x), step.predict(x))


def test_trees_with_a_single_leaf_add_its_value():
    x = table()
    step = HistGradientBoostingRegressor(min_samples_leaf=ROWS, max_iter=3).fit(x, target(x))

    np.testing.assert_array_equal(compile_trees(step, None).many(x), step.predict(x))


def test_trees_with_too_many_leaves_are_left_to_scikit_learn():
    x = table()
    step = HistGradientBoostingRegressor(max_leaf_nodes=None, min_samples_leaf=1).fit(x, np.arange(ROWS) % 97)

    with pytest.raises(ValueError, match="leaves"):
        BoostedTrees(step)
    np.testing.assert_array_equal(compile_pipeline(step, None, x[:9]).many(x), step.predict(x))


@pytest.mark.parametrize("leaves", [2, 8, 15, 31, MAX_LEAVES])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_single_rows_have_the_values_of_a_batch(leaves: int, classes: int):
    x = np.nan_to_num(table())
    y = np.digitize(target(x), [5, 25][: classes - 1]) if classes else target(x)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    step = kind(max_leaf_nodes=leaves, max_iter=40, min_samples_leaf=2, categorical_features=[3]).fit(x, y)

    compiled = compile_pipeline(step, classes or None, x[:20])

    assert compiled.one
    alone = np.array([compiled.one(row) for row in x[:100].tolist()])
    np.testing.assert_allclose(alone, compiled.many(x[:100]).reshape(100, -1), rtol=1e-14)


def test_row_with_an_unknown_category_is_predicted_as_in_a_batch():
    x = np.nan_to_num(table())
    step = HistGradientBoostingRegressor(categorical_features=[3]).fit(x, target(x))
    x[0, 3] = 99

    one = compile_pipeline(step, None, x[1:20]).one

    assert one
    assert one(x[0].tolist()) == step.predict(x[:1]).tolist()


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_trees_with_a_logarithmic_link_have_a_row_function(loss):
    x = table()
    step = HistGradientBoostingRegressor(loss=loss, max_iter=5).fit(x, 1 + np.abs(target(x)))

    compiled = compile_pipeline(step, None, x[:20])

    complete = x[~np.isnan(x).any(axis=1)][:9]
    assert compiled.one
    assert [compiled.one(row)[0] for row in complete.tolist()] == pytest.approx(step.predict(complete), rel=1e-12)
    np.testing.assert_allclose(compiled.many(x), step.predict(x), rtol=1e-12)
