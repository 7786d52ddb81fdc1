"""Out-of-fold predictions."""

import pickle
from itertools import count

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from mlapp.ml.estimator_tree import parts
from mlapp.ml.evaluation import out_of_fold
from mlapp.ml.evaluation.out_of_fold import Samples


def splits(*folds):
    return [(np.array(train), np.array(test)) for train, test in folds]


def test_rows_are_predicted_by_estimators_that_were_not_fitted_on_them():
    y = np.array([0.0, 0, 9, 9])
    samples = Samples(y[:, None], y, splits(([2, 3], [0, 1]), ([0, 1], [2])), None)
    seen: list[tuple[int, float]] = []

    with out_of_fold.local_fits(samples, count().__next__) as submit:
        pending = out_of_fold.submit_folds(DummyRegressor, samples, submit)
        found = out_of_fold.collect_folds(pending, lambda fold: lambda share: seen.append((fold, share)))

    assert found.predicted.tolist() == [9, 9, 0]
    assert (found.fit_seconds, seen) == (1, [(1, 1), (2, 1)])


def test_folds_with_the_same_training_rows_share_a_fit():
    train, y = np.array([2, 3]), np.array([0.0, 0, 9, 9])
    samples = Samples(y[:, None], y, [(train, np.array([0])), (train, np.array([1]))], None)

    with out_of_fold.local_fits(samples, count().__next__) as submit:
        pending = out_of_fold.submit_folds(DummyRegressor, samples, submit)

    assert (len(pending), samples.is_holdout) == (1, True)
    assert out_of_fold.out_of_fold(DummyRegressor, samples).predicted.tolist() == [9, 9]


def test_out_of_fold_values_are_in_the_order_of_the_folds():
    samples = Samples(np.empty((4, 0)), np.array([5, 6, 7, 8]), splits(([1, 2], [3, 0]), ([0, 3], [1])), None)

    assert samples.test_rows.tolist() == [3, 0, 1]
    assert [part.tolist() for part in samples.by_fold(samples.y_test)] == [[8, 5], [6]]


def test_class_that_is_missing_in_the_training_rows_is_unseen():
    samples = Samples(np.empty((4, 0)), np.array([0, 1, 0, 2]), splits(([0, 1], [2, 3]), ([2, 3], [0, 1])), 3)

    assert samples.class_seen.tolist() == [True, False, True, False]


def test_unseen_class_has_probability_zero():
    estimator = LogisticRegression().fit([[0.0], [1], [2], [3]], [0, 2, 0, 2])

    probabilities = out_of_fold.predict(estimator, np.array([[1.0]]), 4)

    assert probabilities[0, [1, 3]].tolist() == [0, 0]
    assert probabilities.sum() == pytest.approx(1)


class Threaded(LinearRegression):  # type: ignore[misc]
    """Like an estimator of LightGBM, where None means all cores."""


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
def test_fitted_estimator_and_its_members_predict_on_one_thread(estimator, count):
    """The count includes members as given and as fitted."""
    # In threads, as processes take seconds to start.
    with parallel_config("threading"):
        fitted = out_of_fold.fit(estimator, np.eye(4), np.arange(4), lambda _: None)

    assert [part.n_jobs for part in parts(fitted) if hasattr(part, "n_jobs")] == [1] * count


def test_file_of_boosting_does_not_depend_on_the_number_of_threads():
    x = np.arange(60_000.0)[:, None] % 7
    files = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            fitted = HistGradientBoostingRegressor(max_iter=3, random_state=0).fit(x, x[:, 0])
            files.append(pickle.dumps(out_of_fold.with_one_thread(fitted)))

    assert files[0] == files[1]


def test_only_the_last_of_the_collected_estimators_is_kept():
    y = np.array([0.0, 0, 9, 9])
    samples = Samples(y[:, None], y, splits(([2, 3], [0, 1]), ([0, 1], [2])), None)

    with out_of_fold.local_fits(samples, count().__next__) as submit:
        pending = out_of_fold.submit_folds(DummyRegressor, samples, submit)
        found = out_of_fold.collect_folds(pending, lambda _: lambda _: None)

    assert (pending, found.fitted.constant_.item()) == ([], 0)
