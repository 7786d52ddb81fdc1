"""What is kept: single estimators and ensembles."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression

from mlapp.errors import Unacceptable
from mlapp.ml.estimators import Recipe
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.schemas import Loss, Task
from tests.ml.conftest import fewer_trees

random = np.random.default_rng(0)
A = random.normal(size=120)
FRAME = pl.DataFrame({"a": A, "b": A[::-1], "c": random.normal(size=120)})
FRAME = FRAME.with_columns(y=pl.col("a") + pl.col("b") + 5, sort=pl.when(pl.col("a") > 0).then("c").mod(1) > 0.2)


class OneColumn(BaseEstimator):  # type: ignore[misc]
    """A linear regression on one column, and a constant."""

    def __init__(self, column: int = 0, shift: float = 0.0) -> None:
        self.column = column
        self.shift = shift

    def fit(self, X, y, sample_weight=None):
        self.line_ = LinearRegression().fit(X[:, [self.column]], y, sample_weight)
        return self

    def predict(self, X):
        return self.line_.predict(X[:, [self.column]]) + self.shift


def of_column(column: int, shift: float = 0.0, **options) -> Recipe:
    return Recipe(lambda task, columns, seed: OneColumn(column, shift), [Task.REGRESSION], **options)


@pytest.fixture
def auto(monkeypatch, training):
    """Return a function that trains by `auto` with some recipes only."""

    def run(recipes, frame=FRAME, target="y", **options):
        monkeypatch.setattr("mlapp.ml.estimators.ESTIMATORS", recipes)
        return training(frame, target, **({"estimator": "auto", "features": ["a", "b", "c"]} | options))

    return run


def test_mean_of_estimators_that_err_alike_is_kept(auto):
    trained = auto({"first": of_column(0), "second": of_column(1), "none": of_column(2, shift=9)})
    record, kept = trained.record, ModelFile.from_bytes(trained.file).estimator

    assert (record["estimator"], isinstance(kept, Ensemble)) == ("ensemble", True)
    assert sorted(name for name, _ in kept.members) == ["first", "second"]
    entries = {entry.estimator: entry.weight for entry in record["leaderboard"]}
    assert next(iter(entries)) == "ensemble"
    assert entries == {"ensemble": None, "first": 0.5, "second": 0.5, "none": None}
    assert record["metrics"]["rmse"] < min(entry.score for entry in record["leaderboard"][1:])


def test_parameters_of_an_ensemble_are_those_of_its_members(auto):
    parameters = auto({"first": of_column(0), "second": of_column(1)}).record["parameters"]

    assert {name: parameters[name] for name in ("first__weight", "second__weight", "second__column")} == {
        "first__weight": 0.5,
        "second__weight": 0.5,
        "second__column": 1,
    }


def test_stages_name_the_members(auto):
    seen: list[tuple[str, float]] = []

    auto({"first": of_column(0), "second": of_column(1)}, seen=seen)

    stages = list(dict.fromkeys(stage for stage, _ in seen))
    assert {"Fitting first on all rows (1 of 2)", "Fitting second on all rows (2 of 2)"} <= set(stages) | {
        "Fitting first on all rows (2 of 2)",
        "Fitting second on all rows (1 of 2)",
    }
    assert [share for _, share in seen] == sorted(share for _, share in seen)


def test_estimator_that_is_clearly_worse_on_the_first_fold_is_not_fitted_on_the_others(auto):
    seen: list[tuple[str, float]] = []

    record = auto({"right": of_column(0), "shifted": of_column(0, shift=9)}, seen=seen).record

    assert [(entry.estimator, entry.folds) for entry in record["leaderboard"]] == [("right", None), ("shifted", 1)]
    assert [stage for stage in dict.fromkeys(stage for stage, _ in seen) if "shifted" in stage] == [
        "Evaluating shifted: fold 1 of 5"
    ]


def test_estimator_that_is_significantly_better_is_kept_alone(auto):
    frame = FRAME.with_columns(y=pl.col("a") + 0.1 * pl.col("c"))

    record = auto({"none": of_column(1), "right": of_column(0)}, frame).record

    assert record["estimator"] == "right"
    assert [(entry.estimator, entry.weight) for entry in record["leaderboard"]] == [("right", None), ("none", None)]


def test_weights_that_are_significantly_better_than_equal_ones_are_kept(auto):
    frame = FRAME.with_columns(y=pl.col("a") * 1.1 + pl.col("b"))
    # Both err alike, but the sum of their deviations from the mean is the target.
    record = auto({"first": of_column(0), "second": of_column(1), "shifted": of_column(1, shift=-1)}, frame).record

    assert record["estimator"] == "ensemble"
    assert {entry.estimator: entry.weight for entry in record["leaderboard"]}["shifted"] is None


def test_metric_chooses_a_single_estimator(auto):
    record = auto({"first": of_column(0), "second": of_column(1)}, metric="mae").record

    best, other = record["leaderboard"]
    assert record["estimator"] == best.estimator != "ensemble"
    assert best.score < other.score
    assert (best.weight, record["metric"]) == (None, "mae")


def test_metric_that_is_better_if_higher_is_ranked_so(training):
    frame = FRAME.with_columns(y=pl.col("a") > 0)
    with fewer_trees():
        record = training(frame, "y", estimator="auto", features=["a"], metric="roc_auc").record

    scores = [entry.score for entry in record["leaderboard"]]
    assert scores == sorted(scores, reverse=True)
    assert record["estimator"] == record["leaderboard"][0].estimator


def test_metric_that_no_fold_has_is_rejected(training):
    frame = pl.DataFrame({"x": range(12), "y": ["a"] * 6 + ["b"] * 4 + ["c", "d"]})

    with pytest.raises(Unacceptable, match="'roc_auc' needs held-out rows of every class") as rejected:
        training(frame, "y", metric="roc_auc")

    assert rejected.value.errors[0]["pointer"] == "/metric"


def test_positive_estimators_are_preferred_unless_others_are_significantly_better(auto):
    counts = FRAME.with_columns(y=(pl.col("a") + pl.col("b") + 5).clip(0).round())
    alike = auto({"first": of_column(0), "second": of_column(0, positive=True)}, counts)
    better = auto(
        {"first": of_column(0), "second": of_column(1, positive=True)}, counts.with_columns(y=pl.col("a").round() + 9)
    )

    assert (alike.record["estimator"], alike.record["never_negative"]) == ("second", True)
    assert (better.record["estimator"], better.record["never_negative"]) == ("first", False)


def test_loss_of_absolute_errors_is_compared_by_them(auto):
    losses = (Loss.SQUARED_ERROR, Loss.ABSOLUTE_ERROR)
    recipes = {"first": of_column(0, losses=losses), "mean": Recipe(lambda *_: DummyRegressor(), [Task.REGRESSION])}

    record = auto(recipes, loss="absolute_error").record

    (entry,) = record["leaderboard"]
    assert (entry.estimator, record["loss"]) == ("first", "absolute_error")
    assert entry.score == pytest.approx(record["metrics"]["mae"], rel=0.05)


def test_latest_rows_choose_weights_by_blocks(auto):
    frame = FRAME.with_columns(t=pl.int_range(120))

    record = auto({"first": of_column(0), "second": of_column(1)}, frame, time_column="t").record

    assert record["estimator"] == "ensemble"
    assert record["metrics"]["rmse"] < min(entry.score for entry in record["leaderboard"][1:])


def test_large_table_keeps_the_fitted_members(auto):
    x = np.arange(200_001) % 1_000
    frame = pl.DataFrame({"a": x, "b": x * 7 % 1_000, "c": x})
    seen: list[tuple[str, float]] = []

    record = auto(
        {"first": of_column(0), "second": of_column(1)}, frame.with_columns(y=pl.col("a") + pl.col("b")), seen=seen
    ).record

    assert record["estimator"] == "ensemble"
    assert not [stage for stage, _ in seen if "on all rows" in stage]


def test_few_rows_keep_the_best_estimator(auto):
    record = auto({"first": of_column(0), "second": of_column(1)}, FRAME[:12]).record

    assert record["estimator"] == record["leaderboard"][0].estimator
    assert record["leaderboard"][0].score < record["leaderboard"][1].score


def test_many_predictions_are_not_kept_for_an_ensemble(auto, monkeypatch):
    monkeypatch.setattr("mlapp.ml.training.selection.model_selection.MAX_CELLS", 239)

    record = auto({"first": of_column(0), "second": of_column(1)}).record

    assert record["estimator"] == record["leaderboard"][0].estimator != "ensemble"
    assert len(record["leaderboard"]) == 2


def test_members_are_calibrated_and_mixed(table, training, fitting):
    with fewer_trees():
        fitted = fitting(table, "grade", estimator="auto")

    weights = [entry.weight for entry in fitted.info.leaderboard if entry.weight]
    assert fitted.info.estimator == "ensemble"
    assert sum(weights) == pytest.approx(1)
    assert all(
        name.partition("__")[0] in {"linear", "kernel", "hist_gradient_boosting", "temperature"}
        for name in fitted.info.parameters
    )
