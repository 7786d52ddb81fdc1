"""The estimators on offer."""

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from mlapp import ml
from mlapp.errors import Unacceptable
from mlapp.ml.estimators import ESTIMATORS, Recipe, candidates, describe_estimators, hist_gradient_boosting
from mlapp.ml.preprocessing import Columns
from mlapp.schemas import Task


def mean(task, columns, seed):
    return DummyRegressor()


@pytest.mark.parametrize("task", Task)
def test_auto_leaves_out_what_is_too_slow_for_a_large_table(task):
    assert list(candidates("auto", task, 50_000)) == ["linear", "hist_gradient_boosting", "random_forest"]
    assert list(candidates("auto", task, 50_001)) == ["linear", "hist_gradient_boosting"]


def test_estimator_is_found_by_name_whatever_the_size():
    assert candidates("random_forest", Task.REGRESSION, 10**6) == {"random_forest": ESTIMATORS["random_forest"]}


def test_estimator_of_another_task_is_refused(monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "mean", Recipe(mean, tasks=[Task.REGRESSION]))

    assert "mean" in candidates("auto", Task.REGRESSION, 10)
    with pytest.raises(Unacceptable, match="no estimator 'mean' for classification; there are auto, linear, "):
        candidates("mean", Task.CLASSIFICATION, 10)


def test_boosting_learns_a_class_of_one_row_in_a_large_table():
    # Beyond 10,000 rows it would stop early by default, and set a part of every class aside for that.
    X, y = np.arange(10_100.0)[:, None], np.arange(10_100) % 2
    y[-1] = 2
    estimator = hist_gradient_boosting(Task.CLASSIFICATION, Columns([0], [], []), 0)

    estimator.set_params(histgradientboostingclassifier__max_iter=2).fit(X, y)

    assert estimator.classes_.tolist() == [0, 1, 2]


def test_descriptions_are_the_first_lines_of_the_recipes(monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "mean", Recipe(mean, tasks=[Task.REGRESSION]))

    described = {info.name: info for info in describe_estimators()}

    assert list(described) == ["auto", "linear", "hist_gradient_boosting", "random_forest", "mean"]
    assert described["linear"].description.startswith("Ridge or logistic regression")
    assert (described["mean"].description, described["mean"].tasks) == ("mean", [Task.REGRESSION])


def test_names_of_the_package_are_found_when_first_used():
    assert ml.describe_estimators is describe_estimators
    with pytest.raises(AttributeError, match=r"module 'mlapp.ml' has no attribute 'x'"):
        ml.x  # noqa: B018
