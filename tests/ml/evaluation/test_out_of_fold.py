"""What an estimator predicts for rows it has not seen."""

from itertools import count

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.estimator_tree import parts
from mlapp.ml.evaluation import out_of_fold
from mlapp.ml.evaluation.out_of_fold import Rows


def pairs(*folds):
    return [(np.array(learn), np.array(judge)) for learn, judge in folds]


def test_out_of_fold_values_are_of_estimators_that_did_not_see_the_row():
    y = np.array([0.0, 0, 9, 9])
    rows = Rows(y[:, None], y, pairs(([2, 3], [0, 1]), ([0, 1], [2])), None)
    seen: list[tuple[int, float]] = []

    found = out_of_fold.out_of_fold(
        DummyRegressor, rows, count().__next__, lambda part: lambda share: seen.append((part, share))
    )

    assert found.predicted.tolist() == [9, 9, 0]
    assert (found.fit_seconds, seen) == (1, [(1, 1), (2, 1)])


def test_folds_that_learn_from_the_same_rows_share_a_fit():
    learn, y = np.array([2, 3]), np.array([0.0, 0, 9, 9])
    rows = Rows(y[:, None], y, [(learn, np.array([0])), (learn, np.array([1]))], None)
    begun: list[int] = []

    def begin(part: int):
        begun.append(part)
        return lambda _: None

    found = out_of_fold.out_of_fold(DummyRegressor, rows, count().__next__, begin)

    assert (found.predicted.tolist(), begun, rows.held_out) == ([9, 9], [1], True)


def test_values_of_folds_stand_in_their_order():
    rows = Rows(np.empty((4, 0)), np.array([5, 6, 7, 8]), pairs(([1, 2], [3, 0]), ([0, 3], [1])), None)

    assert rows.judging.tolist() == [3, 0, 1]
    assert [part.tolist() for part in rows.by_fold(rows.actual)] == [[8, 5], [6]]


def test_row_of_a_class_that_its_fold_lacks_is_not_learnable():
    rows = Rows(np.empty((4, 0)), np.array([0, 1, 0, 2]), pairs(([0, 1], [2, 3]), ([2, 3], [0, 1])), 3)

    assert rows.learnable.tolist() == [True, False, True, False]


def test_class_that_an_estimator_never_saw_has_no_probability():
    estimator = LogisticRegression().fit([[0.0], [1], [2], [3]], [0, 2, 0, 2])

    probabilities = out_of_fold.predict(estimator, np.array([[1.0]]), 4)

    assert probabilities[0, [1, 3]].tolist() == [0, 0]
    assert probabilities.sum() == pytest.approx(1)


class Threaded(LinearRegression):  # type: ignore[misc]
    """As an estimator of LightGBM: None stands for all cores."""


@pytest.mark.parametrize(
    ("estimator", "count"),
    [
        (RandomForestRegressor(5, n_jobs=-1), 1),
        (Threaded(n_jobs=None), 1),
        (TransformedTargetRegressor(make_pipeline(StandardScaler(), Threaded(n_jobs=-1))), 2),
        (StackingRegressor([("own", make_pipeline(Threaded(n_jobs=2)))], Threaded(n_jobs=2), cv=2, n_jobs=2), 5),
    ],
    ids=["forest", "own", "wrapped", "stacked"],
)
def test_fitted_estimator_predicts_on_one_thread_to_its_last_member(estimator, count):
    """Members count as they were given, and as they were fitted."""
    # In threads, for processes would take seconds to start.
    with parallel_config("threading"):
        fitted = out_of_fold.fit(estimator, np.eye(4), np.arange(4), lambda _: None)

    assert [part.n_jobs for part in parts(fitted) if hasattr(part, "n_jobs")] == [1] * count
