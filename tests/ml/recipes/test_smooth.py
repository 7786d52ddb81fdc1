"""Splines and kernels."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from mlapp.ml.estimators import kernel, linear, splines
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipes.kernel import RbfFeatures
from mlapp.ml.recipes.splines import SplineBasis
from mlapp.schemas import Task


def wave(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(0, 1, rows)
    return x[:, None], np.sin(5 * x)


@pytest.mark.parametrize("features", [SplineBasis(), RbfFeatures()])
def test_curves_are_fitted(features):
    X, y = wave()

    assert make_pipeline(features, Ridge(1e-6)).fit(X, y).score(X, y) > 0.999


def test_splines_are_straight_lines_of_two_values_and_constants():
    X = np.column_stack([np.arange(50) % 2, np.ones(50)])

    assert SplineBasis().fit_transform(X).shape == (50, 2)


def test_curves_of_splines_are_constant_beyond_the_training_rows_and_outliers_are_clipped():
    X, _ = wave()
    basis = SplineBasis().fit(X)
    inside, beyond, outlier = basis.transform(np.array([[basis.range_[1, 0]], [1.5], [1e9]]))

    np.testing.assert_array_equal(inside[1:], beyond[1:])
    assert beyond[0] == 1.5
    assert outlier[0] == basis.limits_[1, 0] < 4


def test_kernel_features_have_the_products_of_the_kernel():
    X, _ = wave(30)
    features = RbfFeatures(width=0.1)

    products = features.fit_transform(X) @ features.transform(X).T

    expected = np.exp(-features.gamma_ * (X - X.T) ** 2)
    np.testing.assert_allclose(products, expected, atol=1e-3)


def test_kernel_of_equal_rows_is_defined():
    assert np.isfinite(RbfFeatures().fit_transform(np.ones((5, 2)))).all()


@pytest.mark.parametrize("recipe", [splines, kernel])
def test_dense_recipes_see_random_rows_of_large_tables(recipe):
    X, y = wave(3_000)
    columns = FeatureColumns([0], [], [], rows=10**6)

    estimator = recipe(Task.REGRESSION, columns, 0).set_params(rows=500).fit(X, y)

    assert np.corrcoef(estimator.predict(X), y)[0, 1] > 0.99


def test_the_smooth_matrix_of_many_categories_is_wide():
    columns = FeatureColumns([0], [1, 2], [], distinct={1: 3, 2: 5_000})

    assert columns.smooth_width == 6 + 3 + 254 + 1


@pytest.mark.parametrize("recipe", [linear, splines, kernel])
def test_components_of_a_text_keep_their_proportions(recipe):
    random = np.random.default_rng(0)
    components = random.normal(size=(200, 3)) * [1.0, 0.1, 0.001]
    X = np.column_stack([random.integers(5, 50, 200), components])
    X[:5] = np.nan
    columns = FeatureColumns([], [], [], rows=200, texts=[[0, 1, 2, 3]])

    scaled = recipe(Task.REGRESSION, columns, 0)[0].fit_transform(X)[5:, -3:]

    np.testing.assert_allclose(scaled.std(axis=0), [1.0, 0.1, 0.001], rtol=0.2)
