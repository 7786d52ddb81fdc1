"""Choices of a training in words."""

import pytest

from mlapp.presentation.training_choices import (
    comparison_metric,
    dropped_rows,
    estimator_text,
    estimator_title,
    training_choices,
    weight_texts,
)
from mlapp.schemas import ClassWeight, Interval, LeaderboardEntry, Loss, Metric
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.store.conftest import INFO


def test_defaults_are_no_choices(store: ModelStore, wine: Fitted):
    assert training_choices(describe(store, "wine", wine.add_to(store))) == []


def test_choices_are_named(store: ModelStore, diabetes: Fitted):
    info = describe(store, "diabetes", diabetes.add_to(store))
    interval = Interval(low=-1, high=1, centres=[0], scales=[1], learned=True)
    chosen = {
        "weight_column": "n",
        "class_weight": ClassWeight.BALANCED,
        "metric": Metric.MAE,
        "loss": Loss.POISSON,
        "never_negative": True,
        "interval": interval,
    }

    found = dict(training_choices(info.model_copy(update=chosen)))

    names = ["Row weights", "Class weight", "Selected by", "Loss", "Predictions", "Interval width"]
    assert list(found) == names
    assert found["Row weights"] == "n: rows count by it in fits, metrics, intervals and importance"
    assert found["Selected by"] == "Average error"


def test_dropped_rows_have_no_target_or_no_weight(store: ModelStore, diabetes: Fitted):
    info = describe(store, "diabetes", diabetes.add_to(store)).model_copy(update={"rows_dropped": 1_200})

    assert dropped_rows(info) == "1,200 rows without a target"
    weighted = info.model_copy(update={"weight_column": "w"})
    assert dropped_rows(weighted) == "1,200 rows without a target or with a weight of 0"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ("RMSE", "lower")),
        ({"loss": Loss.ABSOLUTE_ERROR}, ("Average error", "lower")),
        ({"metric": Metric.RMSE, "loss": Loss.ABSOLUTE_ERROR}, ("RMSE", "lower")),
        ({"task": "classification"}, ("Log loss", "lower")),
        ({"task": "classification", "metric": Metric.ROC_AUC}, ("ROC AUC", "higher")),
    ],
)
def test_leaderboard_is_by_the_chosen_metric(store: ModelStore, diabetes: Fitted, changed, expected):
    info = describe(store, "diabetes", diabetes.add_to(store))

    assert comparison_metric(info.model_copy(update=changed)) == expected


ENTRIES = [
    LeaderboardEntry(estimator=name, score=1, spread=0, fit_seconds=1, weight=weight)
    for name, weight in (("ensemble", None), ("kernel", 0.375), ("linear", 0.625), ("hist_gradient_boosting", None))
]


def test_single_estimator_is_its_name():
    info = INFO.model_copy(update={"estimator": "linear", "leaderboard": ENTRIES[3:]})

    assert (estimator_text(info), estimator_title(info)) == ("linear model", "Linear model")
    assert weight_texts(info.leaderboard) == [()]


def test_ensemble_names_its_members_with_the_largest_weight_first():
    info = INFO.model_copy(update={"estimator": "ensemble", "leaderboard": ENTRIES})

    assert estimator_text(info) == "an ensemble of linear model (62.5%) and kernel model (37.5%)"
    assert estimator_title(info) == "Ensemble of 2"
    assert weight_texts(ENTRIES) == [("",), ("37.5%",), ("62.5%",), ("",)]
