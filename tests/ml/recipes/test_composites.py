"""Estimators that are made of others: residuals, logarithms, samples."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from mlapp.ml.estimators import hist_gradient_boosting, log_boosting, log_kernel, poisson_boosting, residual_boosting
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipes.log_target import LogTargetRegressor
from mlapp.ml.recipes.residual import ResidualRegressor
from mlapp.ml.recipes.sampled import SampledEstimator
from mlapp.schemas import Loss, Task


def trend(rows: int = 300) -> tuple[np.ndarray, np.ndarray, FeatureColumns]:
    """Return a rising line with a jump."""
    X = np.random.default_rng(0).uniform(0, 10, (rows, 2))
    return X, 5 * X[:, 0] + 20 * (X[:, 1] > 5), FeatureColumns([0, 1], [], [], rows=rows, lowest=1.0)


def test_residual_boosting_follows_a_trend_beyond_the_training_rows_and_a_jump():
    X, y, columns = trend()
    beyond = np.array([[15.0, 2.0], [15.0, 8.0]])

    predicted, alone = (
        recipe(Task.REGRESSION, columns, 0).fit(X, y).predict(beyond)
        for recipe in (residual_boosting, hist_gradient_boosting)
    )

    np.testing.assert_allclose(predicted, [75, 95], atol=6)
    assert alone.max() < 75


def test_residual_of_a_wide_table_is_that_of_a_linear_model():
    columns = FeatureColumns([0], [], [], rows=10**6)

    assert type(residual_boosting(Task.REGRESSION, columns, 0).smooth[-1]).__name__ == "Ridge"


def skewed(rows: int = 2_000) -> tuple[np.ndarray, np.ndarray, FeatureColumns]:
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, 2))
    y = np.exp(X[:, 0] + random.normal(0, 0.8, rows))
    return X, y, FeatureColumns([0, 1], [], [], rows=rows, lowest=float(y.min()))


@pytest.mark.parametrize("recipe", [poisson_boosting, log_boosting, log_kernel])
def test_positive_recipes_predict_means_above_zero(recipe):
    X, y, columns = skewed()

    predicted = recipe(Task.REGRESSION, columns, 0).fit(X, y).predict(np.vstack([X, [[-50.0, 9.0]]]))

    assert predicted.min() > 0
    assert predicted[:-1].mean() == pytest.approx(y.mean(), rel=0.1)


def test_logarithm_is_of_targets_above_zero_and_does_not_explode():
    X, y, _ = skewed()
    model = LogTargetRegressor(LinearRegression()).fit(X, y)

    assert np.isfinite(model.predict(np.array([[1e6, 0.0]]))).all()
    with pytest.raises(ValueError, match="target above 0, and the lowest value is 0"):
        model.fit(X, np.zeros(len(y)))


@pytest.mark.parametrize("loss", [Loss.ABSOLUTE_ERROR, Loss.POISSON])
def test_boosting_minimizes_the_given_loss(loss):
    X, y, _ = skewed(300)
    columns = FeatureColumns([0, 1], [], [], rows=300, loss=loss)

    model = hist_gradient_boosting(Task.REGRESSION, columns, 0)

    assert model[-1].loss == loss
    assert np.median(model.fit(X, y).predict(X)) > 0


@pytest.mark.parametrize(
    "estimator",
    [
        ResidualRegressor(make_pipeline(StandardScaler(), LinearRegression()), DecisionTreeRegressor(max_depth=1)),
        LogTargetRegressor(LinearRegression()),
        SampledEstimator(LinearRegression(), 10**6),
    ],
)
def test_a_weight_of_zero_leaves_a_row_out(estimator):
    X, y, _ = trend()
    y += 1
    counts = np.arange(len(y)) >= 20

    weighted = estimator.fit(X, np.where(counts, y, 900.0), counts.astype(float)).predict(X)

    np.testing.assert_allclose(weighted, estimator.fit(X[counts], y[counts]).predict(X), rtol=0.02)


def test_sampled_estimator_sees_every_class():
    y = np.zeros(1_000, dtype=int)
    y[777] = 2
    model = SampledEstimator(DummyClassifier(), 50).fit(np.zeros((1_000, 1)), y)

    assert model.classes_.tolist() == [0, 2]
    assert model.predict_proba(np.zeros((12_000, 1))).shape == (12_000, 2)
    assert SampledEstimator(LogisticRegression(), 10).fit(y[:, None], y).classes_.tolist() == [0, 2]
