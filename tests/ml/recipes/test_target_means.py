"""Target encoding of many categories."""

import numpy as np
import pytest

from mlapp.ml.estimators import hist_gradient_boosting, kernel, shallow_boosting
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipes.target_means import TargetMeans
from mlapp.schemas import Task


def places(rows: int = 600, count: int = 100) -> tuple[np.ndarray, np.ndarray, FeatureColumns]:
    """Return a number, and places with an effect each."""
    random = np.random.default_rng(0)
    X = np.column_stack([random.normal(size=rows), random.integers(0, count, rows)]).astype(float)
    y = X[:, 0] + 3 * random.normal(size=count)[X[:, 1].astype(int)]
    return X, y, FeatureColumns([0], [1], [], rows=rows, distinct={1: count})


@pytest.mark.parametrize("recipe", [shallow_boosting, kernel])
def test_many_categories_are_predicted_by_their_means(recipe):
    X, y, columns = places()

    encoded, codes = (
        make(Task.REGRESSION, columns, 0).fit(X[:400], y[:400]) for make in (recipe, hist_gradient_boosting)
    )

    assert ((encoded.predict(X[400:]) - y[400:]) ** 2).mean() < 0.5 * ((codes.predict(X[400:]) - y[400:]) ** 2).mean()


def test_training_rows_are_encoded_by_other_rows():
    X, y = np.arange(200.0)[:, None], np.random.default_rng(0).normal(size=200)
    encoder = TargetMeans([0])

    means = encoder.fit_transform(X, y)[:, 0]

    assert np.ptp(means) < 0.5
    np.testing.assert_allclose(encoder.transform(X)[:, 0], y)


def test_rates_of_further_classes_follow_the_columns():
    X = np.column_stack([np.repeat([0.0, 1.0, 2.0], 20), np.arange(60)])

    encoded = TargetMeans([0], classes=3).fit(X, np.repeat([0, 1, 2], 20)).transform(X)

    assert encoded.shape == (60, 4)
    np.testing.assert_allclose(encoded[::20, [0, 2, 3]], np.eye(3), atol=0.1)
    assert encoded[:, 1].tolist() == X[:, 1].tolist()


def test_rows_without_one_of_three_classes_have_the_rate_of_another_one():
    X = np.column_stack([np.repeat([0.0, 1.0], 30), np.arange(60)])

    encoded = TargetMeans([0], classes=3).fit(X, np.repeat([0, 2], 30)).transform(X)

    assert encoded.shape == X.shape
    np.testing.assert_allclose(encoded[::30, 0], [0, 1], atol=0.1)


def test_few_rows_or_categories_keep_their_codes():
    few_rows, few_categories = places(150)[2], places(count=8)[2]

    for columns in (few_rows, few_categories):
        steps = shallow_boosting(Task.REGRESSION, columns, 0).named_steps

        assert "targetmeans" not in steps


def test_weights_of_rows_reach_the_model_after_the_encoding():
    X, y, columns = places()
    estimator = shallow_boosting(Task.REGRESSION, columns, 0)

    estimator.fit(
        X, np.where(X[:, 0] > 0, y, 1_000), **{f"{estimator.steps[-1][0]}__sample_weight": (X[:, 0] > 0) * 1.0}
    )

    assert estimator.predict(X[X[:, 0] > 0.1]).max() < 900
