"""Columns for linear models of large tables."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from mlapp.ml.inference.compiled.pipeline import compile_pipeline
from mlapp.ml.preprocessing import FeatureColumns, one_hot, smooth

ROWS = 300
COLUMNS = FeatureColumns([0, 1], [2, 3], [4], 5_000, texts=[[5, 6, 7]])


def table() -> np.ndarray:
    """Return numbers, categories, a datetime, and a text with its components."""
    random = np.random.default_rng(0)
    found = np.column_stack(
        [
            random.normal(size=(ROWS, 2)) * [1, 1e4],
            random.integers(0, 5, ROWS),
            np.arange(ROWS),
            random.uniform(15_000, 20_000, ROWS),
            random.integers(5, 900, ROWS),
            random.normal(size=(ROWS, 2)) * [3, 1],
        ]
    )
    found[::7, 1] = found[::9, 2] = np.nan
    return found


def test_columns_are_those_of_small_tables_in_another_order():
    x = np.nan_to_num(table())

    large, small = one_hot(COLUMNS).fit_transform(x), smooth(COLUMNS).fit_transform(x)

    assert isinstance(large, csr_array)
    assert large.shape == small.shape
    found, expected = (np.linalg.svd(values, compute_uv=False) for values in (large.toarray(), small))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_unknown_categories_have_no_column():
    x = table()
    row = x[x[:, 2] == 4][:1]
    row[0, 3] = 0
    fitted = one_hot(COLUMNS).fit(x[x[:, 2] != 4])

    values = csr_array(fitted.transform(row)).toarray()

    assert values[0, len(fitted.mean_) :].sum() == 1


def test_columns_without_categories_are_dense():
    x = table()[:, :2]

    values = one_hot(FeatureColumns([0, 1], [], [], 5_000)).fit_transform(x)

    assert isinstance(values, np.ndarray)
    np.testing.assert_allclose([values.mean(axis=0), values.std(axis=0)], [[0] * 3, [1] * 3], atol=1e-12)


def test_empty_and_constant_columns_are_zero():
    x = np.column_stack([np.full(9, np.nan), np.full(9, 3.0)])

    values = one_hot(FeatureColumns([0, 1], [], [], 5_000)).fit_transform(x)

    assert not values.any()


@pytest.mark.parametrize("classes", [None, 2, 3])
def test_linear_models_of_large_tables_are_compiled(classes: int | None):
    x = table()
    y = np.nan_to_num(x[:, 2]).astype(int) % classes if classes else np.nan_to_num(x[:, 2]) + x[:, 4] / 1_000
    estimator = make_pipeline(one_hot(COLUMNS), LogisticRegression(max_iter=500) if classes else Ridge()).fit(x, y)
    expected = estimator.predict_proba(x) if classes else estimator.predict(x)

    found = compile_pipeline(estimator, classes, x[:20])

    assert found.one
    np.testing.assert_allclose(found.many(x), expected, rtol=1e-11)
    complete = ~np.isnan(x).any(axis=1)
    single = np.array([found.one(row) for row in x[complete].tolist()])
    np.testing.assert_allclose(single.reshape(expected[complete].shape), expected[complete], rtol=1e-11)
