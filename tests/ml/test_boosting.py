"""Boosting that stops early on larger tables."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from mlapp.ml.boosting import boosting
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipes.boosting.early_stopping import EarlyStoppingClassifier, EarlyStoppingRegressor
from mlapp.schemas import Task

COLUMNS = FeatureColumns([0, 1], [], [], rows=4_000)


def test_boosting_of_a_large_noisy_table_stops_early():
    random = np.random.default_rng(0)
    X = random.normal(size=(2_000, 2))
    noisy, regular = 0.1 * X[:, 0] + random.normal(size=2_000), np.sin(3 * X[:, 0]) * X[:, 1]

    iterations = [boosting(Task.REGRESSION, COLUMNS, 0).fit(X, y).n_iter_ for y in (noisy, regular)]

    assert iterations[0] < 60
    assert iterations[1] > 150


def test_parameters_stay_as_they_are_after_a_fit_or_an_error():
    estimator = boosting(Task.REGRESSION, COLUMNS, 0).set_params(max_iter=5)

    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(np.zeros((20, 2)), np.full(20, np.nan))
    estimator.fit(np.arange(40.0).reshape(20, 2), np.arange(20.0))

    assert (estimator.max_iter, estimator.early_stopping) == (5, True)


def test_rows_without_weight_do_not_decide_when_to_stop():
    random = np.random.default_rng(0)
    X = random.normal(size=(1_000, 2))
    y = np.where(X[:, 1] > 0, np.sin(3 * X[:, 0]), random.normal(size=1_000))
    weights = (X[:, 1] > 0).astype(float)

    few, many = (boosting(Task.REGRESSION, COLUMNS, 0).fit(X, y, w).n_iter_ for w in (1 - weights, weights))

    assert few < many


def test_a_class_of_one_row_is_fitted():
    X, y = np.arange(400.0).reshape(200, 2), np.arange(200) % 2
    y[-1] = 2

    estimator = boosting(Task.CLASSIFICATION, COLUMNS, 0).set_params(max_iter=3).fit(X, y)

    assert type(estimator) is EarlyStoppingClassifier
    assert estimator.classes_.tolist() == [0, 1, 2]


def test_classes_of_one_row_each_are_fitted_without_early_stopping():
    X, y = np.arange(8.0).reshape(4, 2), np.arange(4)

    assert EarlyStoppingClassifier(max_iter=3, early_stopping=True).fit(X, y).n_iter_ == 3


def test_trees_follow_the_size_of_the_table():
    small = FeatureColumns([0, 1], [], [], rows=1_000)
    leaves = [
        boosting(Task.REGRESSION, columns, 0, shallow=shallow).max_leaf_nodes
        for columns in (small, COLUMNS)
        for shallow in (False, True)
    ]

    assert type(boosting(Task.CLASSIFICATION, small, 0)) is HistGradientBoostingClassifier
    assert type(boosting(Task.REGRESSION, COLUMNS, 0)) is EarlyStoppingRegressor
    assert leaves == [8, 4, 15, 6]
