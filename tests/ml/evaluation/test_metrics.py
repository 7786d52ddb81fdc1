"""Evaluation metrics."""

import numpy as np
import pytest

from mlapp.ml.evaluation.metrics import metrics, spread
from mlapp.schemas import Task


def test_regression_metrics_are_plain_floats():
    scores = metrics(Task.REGRESSION, np.array([1.0, 2, 3]), np.array([1.0, 2, 6]))

    assert scores == pytest.approx({"r2": -3.5, "mae": 1.0, "rmse": np.sqrt(3)})
    assert {type(score) for score in scores.values()} == {float}


def test_binary_metrics_use_the_second_class():
    predicted = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])

    scores = metrics(Task.CLASSIFICATION, np.array([0, 0, 1, 1]), predicted)

    assert scores["accuracy"] == scores["balanced_accuracy"] == scores["roc_auc"] == 0.75
    assert scores["log_loss"] == pytest.approx(-np.log([0.9, 0.6, 0.3, 0.8]).mean())


def test_multiclass_roc_auc_is_one_versus_rest():
    scores = metrics(Task.CLASSIFICATION, np.array([0, 1, 2]), np.eye(3) * 0.9 + 0.05)

    assert (scores["accuracy"], scores["roc_auc"]) == (1, 1)


def test_roc_auc_is_left_out_if_a_class_has_no_rows():
    assert "roc_auc" not in metrics(Task.CLASSIFICATION, np.array([0, 1]), np.eye(3)[:2])


def test_spread_is_over_the_folds_that_have_the_metric():
    folds = [{"accuracy": 1.0, "roc_auc": 0.5}, {"accuracy": 0.5, "roc_auc": 0.7}, {"accuracy": 0.0}]

    assert spread(folds) == pytest.approx({"accuracy": np.std([1, 0.5, 0]), "roc_auc": 0.1})


@pytest.mark.parametrize("classes", [None, 2, 3])
def test_metrics_of_weighted_rows_equal_those_of_repeated_rows(classes):
    random = np.random.default_rng(0)
    weights, rows = random.integers(1, 4, 60), np.arange(60)
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    y = rows % classes if classes else random.normal(size=60)
    predicted = random.dirichlet(np.ones(classes), 60) if classes else random.normal(size=60)
    repeated = np.repeat(rows, weights)

    expected = metrics(task, y[repeated], predicted[repeated])

    assert metrics(task, y, predicted, weights) == pytest.approx(expected)


def test_a_single_row_has_no_explained_variance():
    assert metrics(Task.REGRESSION, np.ones(1), np.zeros(1)) == {"mae": 1, "rmse": 1}
