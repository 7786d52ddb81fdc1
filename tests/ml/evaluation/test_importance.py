"""Permutation feature importance."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlapp.ml.evaluation.importance import permutation_importance, sample_size
from mlapp.schemas import Task


@pytest.mark.parametrize(
    ("task", "estimator", "y"),
    [
        (Task.REGRESSION, LinearRegression(), lambda x: 3 * x),
        (Task.CLASSIFICATION, LogisticRegression(), lambda x: (x > 0).astype(int)),
    ],
)
def test_importance_is_the_increase_in_loss_of_a_shuffled_feature(task, estimator, y):
    X = np.random.default_rng(0).normal(size=(1_200, 2))

    mean, std = permutation_importance(estimator.fit(X, y(X[:, 0])), X, y(X[:, 0]), task, 0)

    assert mean[0] > 0.5
    assert abs(mean[1]) < 0.05
    assert (std >= 0).all()


def test_importance_ignores_rows_of_unseen_classes():
    X, y = np.random.default_rng(0).normal(size=(40, 1)), np.arange(40) % 2
    estimator = LogisticRegression().fit(X, y)

    known = permutation_importance(estimator, X, y, Task.CLASSIFICATION, 0)
    with_new = permutation_importance(estimator, np.vstack([X, X]), np.append(y, [2] * 40), Task.CLASSIFICATION, 0)

    assert with_new[0].shape == known[0].shape == (1,)
    assert np.isfinite(with_new[0]).all()


def test_importance_is_zero_when_all_classes_are_unseen():
    X = np.arange(8.0)[:, None]
    estimator = LogisticRegression().fit(X, np.arange(8) % 2)

    mean, std = permutation_importance(estimator, X, np.full(8, 2), Task.CLASSIFICATION, 0)

    assert (mean.tolist(), std.tolist()) == ([0], [0])


@pytest.mark.parametrize(
    ("rows", "features", "expected"),
    [
        (50, 10, (50, 5)),
        (9_000, 10, (1_000, 5)),
        (9_000, 100, (1_000, 2)),
        (9_000, 200, (250, 2)),
        (9_000, 1_000, (100, 2)),
    ],
)
def test_wide_tables_get_fewer_rows_and_repeats(rows, features, expected):
    assert sample_size(rows, features) == expected


def test_importance_is_that_of_the_rows_with_weight():
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2))
    first = np.arange(300) < 150
    y = np.where(first, X[:, 0], X[:, 1])
    estimator = HistGradientBoostingRegressor(max_iter=30).fit(np.column_stack([X, first]), y)

    mean, _ = permutation_importance(
        estimator, np.column_stack([X, first]), y, Task.REGRESSION, 0, weights=np.where(first, 2.0, 0.0)
    )

    assert mean[0] > 5 * mean[1]
