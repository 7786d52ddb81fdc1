"""The task that a Dask cluster runs, without a cluster."""

import pickle
import time

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from mlapp.errors import TrainingAborted
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.services.cluster.task import CODE, check_environment, environment, fit_task

ROWS = np.arange(20)
SAMPLES = Samples(np.random.default_rng(0).normal(size=(20, 2)), ROWS.astype(float), [], None)


def test_task_fits_on_one_thread_and_predicts():
    forest = pickle.dumps(RandomForestRegressor(5, n_jobs=2, random_state=0))

    estimator, predicted, seconds = fit_task(SAMPLES, forest, ROWS[5:], ROWS[:5], time.perf_counter, environment())

    assert (estimator.n_jobs, {tree.random_state is None for tree in estimator.estimators_}) == (1, {False})
    assert (predicted == estimator.predict(SAMPLES.X[:5])).all()
    assert seconds > 0


@pytest.mark.parametrize("pickled", [b"cno_such_package\nThing\n.", b"cmlapp.ml.estimators\nThing\n."])
def test_task_whose_estimator_is_not_importable_says_what_to_do(pickled: bytes):
    with pytest.raises(
        TrainingAborted, match=r"The Dask worker on .* cannot load the estimator \(.*\): start scheduler"
    ):
        fit_task(SAMPLES, pickled, ROWS[5:], ROWS[:5], time.perf_counter, environment())


def test_task_on_a_worker_that_joined_with_another_environment_is_rejected():
    with pytest.raises(
        TrainingAborted, match=r"The Dask worker on .* has Python 3\.\d+, but the server has 2\.7: start"
    ):
        fit_task(SAMPLES, b"", ROWS, ROWS, time.perf_counter, environment() | {"Python": "2.7"})


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"numpy": "1.0"}, "The Dask worker has numpy 1.0, but the server has 2"),
        ({CODE: "another"}, "The Dask worker has other code in mlapp/ml: start scheduler and workers with"),
    ],
)
def test_difference_between_environments_is_named(found: dict[str, str], sentence: str):
    with pytest.raises(TrainingAborted, match=sentence):
        check_environment("worker", environment() | found, environment())
