"""How good a model is, judged on rows it has not seen."""

from itertools import count

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlapp.errors import Unacceptable
from mlapp.ml import evaluation
from mlapp.ml.evaluation import Rows
from mlapp.schemas import Task


@pytest.mark.parametrize("task", Task)
def test_folds_judge_every_row_once(task):
    y = np.arange(50) % 3

    folds = evaluation.folds(task, y, 0)

    assert len(folds) == 5
    assert sorted(np.concatenate([judge for _, judge in folds])) == list(range(50))
    assert all(not set(learn) & set(judge) for learn, judge in folds)


def test_folds_hold_every_class_by_its_share():
    y = np.repeat([0, 1], [40, 10])

    assert [y[judge].sum() for _, judge in evaluation.folds(Task.CLASSIFICATION, y, 0)] == [2] * 5


def test_folds_are_as_few_as_the_rows_of_the_largest_class():
    assert len(evaluation.folds(Task.CLASSIFICATION, np.repeat(np.arange(5), 2), 0)) == 2


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("task", Task)
def test_folds_of_a_large_table_take_a_part_with_every_class(task):
    y = np.concatenate([np.zeros(30_000, int), np.ones(20_000, int), [2, 2]])

    folds = evaluation.folds(task, y, 0)
    rows = np.concatenate([judge for _, judge in folds])

    assert 20_000 <= len(np.unique(rows)) == len(rows) <= 20_002
    assert task is Task.REGRESSION or np.bincount(y[rows]).tolist() == [12_000, 8_000, 2]


def test_folds_depend_on_the_seed_alone():
    y = np.arange(30)
    first, again, other = (evaluation.folds(Task.REGRESSION, y, seed)[0][1].tolist() for seed in (1, 1, 2))

    assert first == again != other


def test_latest_fifth_is_held_out_by_time():
    ((learn, judge),) = evaluation.folds(Task.REGRESSION, np.arange(10), 0, times=np.arange(10)[::-1])

    assert (sorted(judge), len(learn)) == ([0, 1], 8)


@pytest.mark.parametrize("y", [[0] * 16 + [1] * 4, [0, 1] * 8 + [2] * 4], ids=["one class before", "new classes"])
def test_latest_rows_that_cannot_be_learnt_are_refused(y):
    with pytest.raises(Unacceptable, match="latest 4 rows by the time column are for judging, but the 16 earlier"):
        evaluation.folds(Task.CLASSIFICATION, np.array(y), 0, times=np.arange(20))


def test_out_of_fold_values_are_of_estimators_that_did_not_see_the_row():
    y = np.array([0.0, 0, 9, 9])
    folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2]))]

    *_, found = evaluation.out_of_fold(DummyRegressor, Rows(y[:, None], y, folds, None), count().__next__)

    np.testing.assert_array_equal(found.predicted, [9, 9, 0, np.nan])
    assert found.fit_seconds == [1, 1]


def test_class_that_an_estimator_never_saw_has_no_probability():
    estimator = LogisticRegression().fit([[0.0], [1], [2], [3]], [0, 2, 0, 2])

    probabilities = evaluation.predict(estimator, np.array([[1.0]]), 4)

    assert probabilities[0, [1, 3]].tolist() == [0, 0]
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("estimator", [RandomForestRegressor(5, n_jobs=-1), LinearRegression(n_jobs=2)])
def test_fitted_estimator_predicts_on_one_thread(estimator):
    assert evaluation.fit(estimator, np.eye(4), np.arange(4)).n_jobs is None


def test_regression_is_scored_in_plain_numbers():
    scores = evaluation.metrics(Task.REGRESSION, np.array([1.0, 2, 3]), np.array([1.0, 2, 6]))

    assert scores == pytest.approx({"r2": -3.5, "mae": 1.0, "rmse": np.sqrt(3)})
    assert {type(score) for score in scores.values()} == {float}


def test_two_classes_are_scored_by_the_second():
    predicted = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])

    scores = evaluation.metrics(Task.CLASSIFICATION, np.array([0, 0, 1, 1]), predicted)

    assert scores["accuracy"] == scores["balanced_accuracy"] == scores["roc_auc"] == 0.75
    assert scores["log_loss"] == pytest.approx(-np.log([0.9, 0.6, 0.3, 0.8]).mean())


def test_more_classes_are_scored_one_against_the_rest():
    scores = evaluation.metrics(Task.CLASSIFICATION, np.array([0, 1, 2]), np.eye(3) * 0.9 + 0.05)

    assert (scores["accuracy"], scores["roc_auc"]) == (1, 1)


def test_roc_auc_is_left_out_where_a_class_has_no_row():
    assert "roc_auc" not in evaluation.metrics(Task.CLASSIFICATION, np.array([0, 1]), np.eye(3)[:2])


def test_spread_is_over_the_folds_that_have_the_metric():
    y, predicted = np.array([0, 1, 2, 0, 1, 2, 0, 1]), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]] * 0.7 + 0.1
    predicted[:3] = np.eye(3) * 0.4 + 0.2
    folds = [(np.array([0]), np.array(judge)) for judge in ([0, 1, 2], [3, 4, 5], [6, 7])]

    spread = evaluation.spread(Task.CLASSIFICATION, y, predicted, folds)

    assert (spread["accuracy"], spread["roc_auc"]) == (0, 0)
    assert spread["log_loss"] == pytest.approx(np.std([np.log(0.6), np.log(0.8), np.log(0.8)]))


@pytest.mark.parametrize(("coverage", "half"), [(0.5, 5), (0.9, 9), (0.99, 9)])
def test_interval_is_the_residual_of_its_rank(coverage, half):
    assert evaluation.interval_half_width(np.arange(1.0, 10), np.zeros(9), coverage) == half


def test_interval_holds_the_asked_share_of_new_values():
    seen, new = np.random.default_rng(0).normal(size=(2, 5_000))

    half = evaluation.interval_half_width(seen, np.zeros(5_000), 0.9)

    assert np.mean(np.abs(new) <= half) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("task", "estimator", "y"),
    [
        (Task.REGRESSION, LinearRegression(), lambda x: 3 * x),
        (Task.CLASSIFICATION, LogisticRegression(), lambda x: (x > 0).astype(int)),
    ],
)
def test_importance_is_how_much_a_shuffled_column_costs(task, estimator, y):
    X = np.random.default_rng(0).normal(size=(1_200, 2))

    mean, std = evaluation.importance(estimator.fit(X, y(X[:, 0])), X, y(X[:, 0]), task, 0)

    assert mean[0] > 0.5
    assert abs(mean[1]) < 0.05
    assert (std >= 0).all()


def test_importance_is_judged_by_rows_of_known_classes():
    X, y = np.random.default_rng(0).normal(size=(40, 1)), np.arange(40) % 2
    estimator = LogisticRegression().fit(X, y)

    known = evaluation.importance(estimator, X, y, Task.CLASSIFICATION, 0)
    with_new = evaluation.importance(estimator, np.vstack([X, X]), np.append(y, [2] * 40), Task.CLASSIFICATION, 0)

    assert with_new[0].shape == known[0].shape == (1,)
    assert np.isfinite(with_new[0]).all()
