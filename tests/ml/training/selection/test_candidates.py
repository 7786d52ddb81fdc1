"""Candidates: recipes by task, size of the table, target and loss."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from mlapp.errors import Unacceptable
from mlapp.ml.estimators import Recipe
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.training.selection.candidates import candidates, selection_metric, suits_positive
from mlapp.schemas import Loss, Metric, Task, TrainOptions


def mean(task, columns, seed):
    return DummyRegressor()


@pytest.fixture
def only(monkeypatch):
    """Return a function that replaces all recipes."""
    return lambda **recipes: monkeypatch.setattr("mlapp.ml.estimators.ESTIMATORS", recipes)


def found(y=(), task: Task = Task.REGRESSION, rows: int = 10, **options):
    y = np.array(y, dtype=float) if len(y) else np.linspace(-1, 1, rows)
    columns = FeatureColumns([0], [], [], len(y), lowest=y.min())
    return list(candidates(TrainOptions(**options), task, columns, y))


def test_auto_tries_a_recipe_within_its_limits_of_rows(only):
    only(small=Recipe(mean, auto_rows=100), large=Recipe(mean, auto_above={Task.CLASSIFICATION: 100}))

    assert found(rows=100) == ["small", "large"]
    assert found(rows=101) == ["large"]
    assert found(rows=100, task=Task.CLASSIFICATION) == ["small"]


def test_auto_tries_a_recipe_on_columns_that_it_suits(only):
    only(any=Recipe(mean), dates=Recipe(mean, auto_if=lambda columns: bool(columns.datetimes)))

    assert found() == ["any"]
    assert found(estimator="dates") == ["dates"]


@pytest.mark.parametrize(
    ("y", "suits"),
    [
        ([0, 1, 1, 2], True),
        ([0.1, 0.2, 0.3, 9], True),
        ([0.1, 0.2, 0.3, 0.4], False),
        ([-0.1, 0.2, 0.3, 9], False),
        ([-1, 1, 1, 2], False),
    ],
)
def test_counts_and_skewed_targets_from_0_suit_recipes_for_positive_targets(only, y, suits):
    only(any=Recipe(mean), positive=Recipe(mean, positive=True))

    assert suits_positive(np.array(y)) == suits
    assert found(y) == ["any", "positive"][: 1 + suits]


def test_loss_selects_the_recipes_that_have_it(only):
    only(
        mean=Recipe(mean),
        both=Recipe(mean, losses=(Loss.SQUARED_ERROR, Loss.ABSOLUTE_ERROR)),
        counts=Recipe(mean, losses=(Loss.POISSON,), positive=True),
    )

    assert found(loss="absolute_error") == ["both"]
    assert found([0.1, 0.2], loss="poisson") == ["counts"]


@pytest.mark.parametrize(
    ("options", "sentence", "option"),
    [
        (
            {"estimator": "magic"},
            "no estimator 'magic' .*; there are auto, mean, counts, logs",
            "estimator",
        ),
        ({"estimator": "mean", "loss": "poisson", "y": [0, 1]}, "'poisson'; send auto or counts", "estimator"),
        ({"estimator": "counts"}, "needs a target from 0, but the lowest value of the target is -1", "estimator"),
        ({"loss": "poisson"}, "needs a target from 0, but the lowest value of the target is -1", "loss"),
        ({"estimator": "logs", "y": [0, 1]}, "target above 0, but the lowest value of the target is 0", "estimator"),
        ({"loss": "poisson", "y": [0, 0, 0, 2]}, "values above 0 than in only 1 of 4 rows", "loss"),
        ({"loss": "absolute_error"}, "no estimator for this table; send mean, counts or logs", "estimator"),
        ({"loss": "poisson", "task": Task.CLASSIFICATION}, "for regression.* task=regression if it is", "loss"),
        ({"estimator": "mean", "task": Task.CLASSIFICATION}, "no estimator 'mean' for classification", "estimator"),
    ],
)
def test_option_that_the_table_does_not_suit_is_rejected(only, options, sentence, option):
    regression = [Task.REGRESSION]
    counts = Recipe(mean, regression, losses=(Loss.POISSON,), positive=True)
    only(mean=Recipe(mean, regression), counts=counts, logs=replace(counts, losses=(), above_zero=True))

    with pytest.raises(Unacceptable, match=sentence) as rejected:
        found(**options)

    assert rejected.value.errors[0]["pointer"] == f"/{option}"


def test_single_alternative_is_named_alone(only):
    only(mean=Recipe(mean))

    with pytest.raises(Unacceptable, match="send mean"):
        found(loss="absolute_error")


def test_named_estimator_is_found_for_any_number_of_rows(only):
    only(small=Recipe(mean, auto_rows=0))

    assert found(estimator="small") == ["small"]


@pytest.mark.parametrize(
    ("task", "options", "metric"),
    [
        (Task.REGRESSION, {}, "rmse"),
        (Task.REGRESSION, {"loss": "absolute_error"}, "mae"),
        (Task.CLASSIFICATION, {}, "log_loss"),
        (Task.CLASSIFICATION, {"metric": "roc_auc"}, "roc_auc"),
    ],
)
def test_metric_follows_task_and_loss(task, options, metric):
    assert selection_metric(task, TrainOptions(**options)) == metric


def test_metric_of_the_other_task_is_rejected():
    with pytest.raises(Unacceptable, match="'mae' is no metric of classification; send log_loss, accuracy, .* or roc"):
        selection_metric(Task.CLASSIFICATION, TrainOptions(metric=Metric.MAE))
