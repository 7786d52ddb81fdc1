"""A table → a fitted model."""

import hashlib
import importlib
import io
import re

import joblib
import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mlapp.errors import TrainingFailed, Unacceptable
from mlapp.ml.estimators import ESTIMATORS, Recipe, candidates
from mlapp.ml.training.train import train
from mlapp.schemas import Evaluation, Record, Task, TrainOptions
from mlapp.tables.table import Table

KEPT = {"created_at": "2024-01-31T00:00Z", "model_sha256": "", "source": None}
"""What a record has of others than the training."""


class Unfit(BaseEstimator):  # type: ignore[misc]
    """Fits `fits` times, then no more: as an estimator that needs more of a table than it is given."""

    left = 0

    def __init__(self, fits: int = 0) -> None:
        self.fits = fits
        type(self).left = max(type(self).left, fits)

    def fit(self, X, y):
        if type(self).left <= 0:
            raise ValueError("n_samples=1\nis too small " + "!" * 400)
        type(self).left -= 1
        self.mean_ = np.mean(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


class Failing(DummyRegressor):  # type: ignore[misc]
    """Raises an error of its own, as any library may."""

    error: BaseException = Exception()

    def fit(self, X, y):
        raise self.error


class Plugged(DummyRegressor):  # type: ignore[misc]
    """Holds something of a package that scikit-learn does not bring."""

    def fit(self, X, y):
        self.helper_ = pytest.approx
        return super().fit(X, y)


class Lost(DummyRegressor):  # type: ignore[misc]
    """Predicts nothing."""

    def predict(self, X):
        return np.full(len(X), np.nan)


def test_record_says_what_was_learnt(table, training):
    seen: list[tuple[str, float]] = []
    record = training(table, "price", note="first", seed=7, coverage=0.8, seen=seen).record

    assert Record(**record, **KEPT).rows == 60
    assert (record["task"], record["target"], record["target_type"], record["classes"]) == (
        "regression",
        "price",
        "number",
        None,
    )
    assert (record["estimator"], record["note"], record["seed"], record["coverage"]) == ("linear", "first", 7, 0.8)
    assert record["metrics"]["r2"] > 0.9
    assert record["baseline"]["r2"] < 0
    assert record["importance"][0].feature in {"size", "kind"}
    assert record["parameters"]["fit_intercept"] is True
    assert record["training_seconds"] > 0


@pytest.mark.usefixtures("few_trees")
def test_progress_only_rises(table, training):
    seen: list[tuple[str, float]] = []

    training(table, "price", estimator="auto", seen=seen)

    stages, shares = zip(*seen, strict=True)
    assert (stages[0], stages[-1]) == ("Reading the columns", "Packing the model")
    assert (list(shares), shares[0], shares[-1]) == (sorted(shares), 0, 1)
    assert "Trying hist_gradient_boosting: part 5 of 5" in stages


@pytest.mark.parametrize(
    ("target", "classes", "metrics"),
    [
        ("grade", ["large", "small"], ["accuracy", "balanced_accuracy", "log_loss", "roc_auc"]),
        ("sold", [False, True], ["accuracy", "balanced_accuracy", "log_loss", "roc_auc"]),
        ("price", None, ["r2", "mae", "rmse"]),
    ],
)
def test_task_is_inferred_from_the_target(table, training, target, classes, metrics):
    record = training(table, target).record

    assert (record["classes"], list(record["metrics"])) == (classes, metrics)
    assert list(record["baseline"]) == list(record["spread"]) == metrics
    assert (record["interval"] is None) == (record["coverage"] is None) == (classes is not None)


def test_task_is_the_one_that_is_asked_for(training):
    frame = pl.DataFrame({"x": range(30), "y": [row % 3 for row in range(30)]})

    assert training(frame, "y").record["task"] is Task.REGRESSION
    assert training(frame, "y", task="classification").record["classes"] == [0, 1, 2]


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize(
    ("estimator", "target"), [("linear", "grade"), ("hist_gradient_boosting", "price"), ("random_forest", "sold")]
)
def test_same_table_and_seed_give_the_same_model(table, training, estimator, target):
    first, again = (training(table, target, estimator=estimator, seed=3) for _ in range(2))

    assert first.record == again.record
    assert hashlib.sha256(first.file).digest() == hashlib.sha256(again.file).digest()


def test_another_seed_gives_other_folds(table, training):
    assert training(table, "price", seed=1).record["metrics"] != training(table, "price", seed=2).record["metrics"]


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("target", ["price", "grade"])
def test_auto_keeps_the_estimator_with_the_lowest_score(table, training, target):
    # Enough for those that a fork adds, too.
    record = training(table, target, estimator="auto", budget_s=600).record

    scores = [entry.score for entry in record["leaderboard"]]
    assert {entry.estimator for entry in record["leaderboard"]} == set(candidates("auto", record["task"], 60))
    assert scores == sorted(scores)
    assert (record["estimator"], record["budget_reached"]) == (record["leaderboard"][0].estimator, False)


def test_auto_stops_at_the_budget_with_what_it_has(table, training):
    record = training(table, "price", estimator="auto", budget_s=1).record

    assert ([entry.estimator for entry in record["leaderboard"]], record["budget_reached"]) == (["linear"], True)


@pytest.mark.usefixtures("few_trees")
def test_budget_ends_a_candidate_between_its_folds_too(table, training):
    seen: list[tuple[str, float]] = []

    record = training(table, "price", estimator="auto", budget_s=16, seen=seen).record

    assert ([entry.estimator for entry in record["leaderboard"]], record["budget_reached"]) == (["linear"], True)
    assert any(stage.startswith("Trying hist") for stage, _ in seen)
    assert [share for _, share in seen] == sorted(share for _, share in seen)


@pytest.mark.usefixtures("few_trees")
def test_auto_leaves_out_what_cannot_be_fitted_and_says_so(table, training, monkeypatch):
    Unfit.left = 0
    monkeypatch.setitem(ESTIMATORS, "unfit", Recipe(lambda task, columns, seed: Unfit()))

    record = training(table, "price", estimator="auto", budget_s=600).record

    assert "unfit" not in {entry.estimator for entry in record["leaderboard"]}
    assert any(said.startswith("The estimator 'unfit' cannot be fitted on this table") for said in record["warnings"])


class OwnError(Exception):
    """Of a library."""


def missing(task, columns, seed):
    """A recipe of a library that is not here."""
    importlib.import_module("gbm_of_nobody")


@pytest.mark.parametrize("recipe", [lambda task, columns, seed: Failing(), missing], ids=["fit", "recipe"])
def test_auto_leaves_out_what_fails_and_says_so(table, training, monkeypatch, recipe):
    monkeypatch.setattr(Failing, "error", OwnError("a screw\nis loose"))
    monkeypatch.setattr("mlapp.ml.estimators.ESTIMATORS", {"failing": Recipe(recipe), "linear": ESTIMATORS["linear"]})

    record = training(table, "price", estimator="auto", budget_s=600).record

    assert [entry.estimator for entry in record["leaderboard"]] == ["linear"]
    (said,) = [said for said in record["warnings"] if "failing" in said]
    why = "ModuleNotFoundError: No module named 'gbm_of_nobody'" if recipe is missing else "OwnError: a screw�is loose"
    assert said == (
        f"The estimator 'failing' failed: {why}; name another, or mend its recipe in mlapp/ml/estimators.py."
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TypeError("no text"), Unacceptable),
        (ZeroDivisionError("by zero"), Unacceptable),
        (OwnError("a screw is loose"), TrainingFailed),
        (RuntimeError("a screw is loose"), TrainingFailed),
        (MemoryError(), MemoryError),
    ],
)
def test_what_an_estimator_that_is_named_raises_is_told_as_what_it_is(table, training, monkeypatch, error, told):
    monkeypatch.setattr(Failing, "error", error)
    monkeypatch.setitem(ESTIMATORS, "failing", Recipe(lambda task, columns, seed: Failing()))

    with pytest.raises(told) as failed:
        training(table, "price", estimator="failing")

    assert error in (failed.value, failed.value.__cause__)
    assert str(error) in str(failed.value)


def test_estimator_that_cannot_be_packed_is_told(table, training, monkeypatch):
    nameless = make_pipeline(FunctionTransformer(lambda X: X[:, :1]), DummyRegressor())
    monkeypatch.setitem(ESTIMATORS, "nameless", Recipe(lambda task, columns, seed: nameless))

    with pytest.raises(TrainingFailed, match="The estimator 'nameless' failed: .*<lambda>"):
        training(table, "price", estimator="nameless")


def test_record_names_the_package_of_the_estimator(table, training, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "tested", Recipe(lambda task, columns, seed: make_pipeline(Plugged())))

    record = training(table, "price", estimator="tested").record

    assert record["library_versions"]["pytest"] == pytest.__version__
    assert "n_jobs" not in record["parameters"]


def test_estimator_that_predicts_no_numbers_is_refused(table, training, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "lost", Recipe(lambda task, columns, seed: Lost()))

    with pytest.raises(Unacceptable, match=r"'lost' cannot .*: what it predicts is not always a number"):
        training(table, "price", estimator="lost")


def test_probabilities_are_calibrated_where_that_helps(training, fitting):
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"x": random.uniform(size=400)}).with_columns(
        y=pl.Series(np.where(random.uniform(size=400) < 0.7, "a", "b"))
    )

    model = fitting(frame, "y", estimator="hist_gradient_boosting")

    assert model.model.parameters["temperature"] > 1.5
    assert model.model.metrics["log_loss"] < 1.1 * model.model.baseline["log_loss"]
    assert sum(model.answer(model.check(Table(frame))).probabilities[0].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("target", "plots"),
    [("price", ["predicted_actual", "residuals"]), ("grade", ["confusion", "classes", "roc", "calibration"])],
)
def test_record_shows_how_good_the_model_is(table, training, target, plots):
    record = Record(**training(table, target).record, **KEPT)

    text = record.model_dump_json(indent=1)
    assert list(record.plots.model_dump()) == plots
    assert len(text) < 30_000
    assert Record.model_validate_json(text) == record


def test_classes_are_spelled_in_plots_as_in_answers(table, training):
    assert training(table, "sold").record["plots"].confusion.classes == ["false", "true"]


def test_rows_without_a_target_are_dropped_and_counted(table, training):
    gappy = table.with_columns(pl.when(pl.int_range(60) >= 25).then("price"))

    record = training(gappy, "price").record

    assert (record["rows"], record["rows_dropped"]) == (35, 25)
    assert record["data_sha256"] == training(table[25:], "price").record["data_sha256"]


def test_hash_follows_every_value(table, training):
    changed = table.with_columns(pl.when(pl.int_range(60) == 59).then(1).otherwise("parts").alias("parts"))
    hashes = {training(frame, "price").record["data_sha256"] for frame in (table, table.clone(), changed)}

    assert len(hashes) == 2


def test_useless_columns_are_ignored_with_the_reason(table, training):
    frame = table.with_columns(
        serial=pl.format("n{}", pl.int_range(60)), site=pl.lit("north"), empty=pl.lit(None, dtype=pl.String)
    )

    ignored = {column.name: column.reason for column in training(frame, "price").record["ignored"]}

    assert list(ignored) == ["serial", "site", "empty"]
    assert ignored["empty"] == "is empty"


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("estimator", list(ESTIMATORS))
def test_chosen_features_are_used_even_when_useless(table, training, estimator):
    frame = table.with_columns(serial=pl.format("n{}", pl.int_range(60)), empty=pl.lit(None, dtype=pl.String))

    record = training(frame, "price", estimator=estimator, features=["serial", "empty"]).record

    assert [feature.name for feature in record["features"]] == ["serial", "empty"]
    assert (record["ignored"], sum("was chosen" in said for said in record["warnings"])) == ([], 2)


@pytest.mark.parametrize("hidden", ["weekday", "hour"])
def test_calendar_of_a_datetime_is_learnt(training, hidden):
    moments = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 2, 28), "7h", eager=True)
    y = moments.dt.weekday() >= 6 if hidden == "weekday" else moments.dt.hour() >= 12

    record = training(pl.DataFrame({"at": moments, "y": y}), "y", estimator="hist_gradient_boosting").record

    assert record["metrics"]["accuracy"] > 0.95


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_more_than_255_categories_are_learnt(training, name):
    frame = pl.DataFrame({"c": [f"k{row // 2:03}" for row in range(600)], "y": [row // 2 % 2 for row in range(600)]})

    assert training(frame, "y", estimator=name).record["features"][0].categories[-1] == "k299"


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_rare_classes_are_learnt_and_judged(training, name):
    frame = pl.DataFrame({"x": range(24), "y": ["a"] * 12 + ["b"] * 10 + ["c", "d"]})

    record = training(frame, "y", estimator=name).record

    assert record["classes"] == ["a", "b", "c", "d"]
    assert all(np.isfinite(score) for score in record["metrics"].values())


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("number", r"no better than always predicting the mean: R² -0\.\d+ on held-out rows\. .*; train again with"),
        ("answer", r"no better than always predicting the class frequencies: log loss 0\.[78]\d* on .* against 0\.69"),
    ],
)
def test_model_that_is_no_better_than_its_baseline_is_warned_of_first(training, target, sentence):
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"x": random.normal(size=40), "number": random.normal(size=40), "answer": ["a", "b"] * 20})

    record = training(frame, target, features=["x"]).record

    assert re.search(sentence, record["warnings"][0])


def test_model_that_beats_its_baseline_is_not_warned_of(table, training):
    for target in ("price", "grade"):
        assert not [said for said in training(table, target).record["warnings"] if "no better" in said]


def test_large_table_is_judged_by_a_part_and_learnt_whole(training):
    frame = pl.DataFrame({"x": range(25_000)}).with_columns(y=pl.col("x") * 2.0 + 1)

    record = training(frame, "y").record

    assert record["rows"] == 25_000
    assert record["metrics"]["r2"] > 0.99


def test_time_column_holds_out_the_latest_rows(training):
    # What held at first holds no more at the end: only the latest rows tell.
    frame = pl.DataFrame({"t": range(100), "x": [row % 10 for row in range(100)]}).with_columns(
        y=pl.when(pl.col("t") < 80).then("x").otherwise(9 - pl.col("x")) + 0.5
    )

    by_chance = training(frame, "y", features=["x"]).record
    by_time = training(frame, "y", features=["x"], time_column="t").record

    assert by_time["metrics"]["r2"] < 0 < by_chance["metrics"]["r2"]
    assert set(by_time["spread"].values()) == {0}
    assert (by_time["evaluation"], by_chance["evaluation"]) == (Evaluation.LATEST, Evaluation.CROSS_VALIDATION)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": None}, "send the option 'target'"),
        ({"target": "z"}, "There is no column 'z'"),
        ({"target": "made"}, "holds no numbers, so regression cannot predict it"),
        ({"target": "kind", "task": "regression"}, "holds no numbers, so regression cannot predict it"),
        ({"target": "price", "task": "classification"}, "At least two classes of the target 'price' need two rows"),
        ({"target": "price", "estimator": "magic"}, "There is no estimator 'magic' for regression; there are auto"),
        ({"target": "price", "features": ["price"]}, "is the target"),
        ({"target": "price", "time_column": "kind"}, "needs a date, time or number in every row"),
        ({"target": "price", "time_column": "z"}, "There is no column 'z'"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(table, training, options, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        training(table, **options)


def test_ten_classes_in_ten_rows_are_refused(training):
    frame = pl.DataFrame({"x": range(10), "y": [f"k{row}" for row in range(10)]})

    with pytest.raises(Unacceptable, match="need two rows or more"):
        training(frame, "y")


@pytest.mark.parametrize("fits", [0, 3, 5], ids=["at once", "in a fold", "on all rows"])
def test_estimator_that_cannot_fit_is_told_with_its_reason(table, training, monkeypatch, fits):
    Unfit.left = fits
    monkeypatch.setitem(ESTIMATORS, "unfit", Recipe(lambda task, columns, seed: Unfit()))

    with pytest.raises(
        Unacceptable, match=r"'unfit' cannot be fitted on this table: n_samples=1.is too small"
    ) as refused:
        training(table, "price", estimator="unfit")

    assert len(refused.value.detail) < 400
    assert "\n" not in refused.value.detail


def test_large_table_is_fitted_once_and_judged_by_rows_held_out(training):
    x = np.arange(200_001) % 1_000
    seen: list[tuple[str, float]] = []

    record = training(pl.DataFrame({"x": x, "y": x * 2 + x % 7}), "y", seen=seen).record

    assert [stage for stage in dict.fromkeys(stage for stage, _ in seen) if stage.startswith("Fitting")] == [
        "Fitting linear"
    ]
    assert (record["evaluation"], record["rows"], seen[-1][1]) == (Evaluation.HELD_OUT, 200_001, 1)
    assert record["metrics"]["r2"] > 0.99
    assert record["spread"]["rmse"] > 0


@pytest.mark.parametrize(("target", "dummy"), [("price", DummyRegressor), ("grade", DummyClassifier)])
def test_estimator_without_steps_is_trained(table, training, monkeypatch, target, dummy):
    monkeypatch.setitem(ESTIMATORS, "dummy", Recipe(lambda task, columns, seed: dummy()))

    trained = training(table, target, estimator="dummy")

    assert type(joblib.load(io.BytesIO(trained.file))) is dummy
    assert trained.record["parameters"]["strategy"] == dummy().strategy
    assert all(importance.mean == 0 for importance in trained.record["importance"])


def test_warnings_of_libraries_stay_out_of_the_log(recwarn):
    frame = pl.DataFrame({"x": [0.0] * 9 + [1e30], "y": ["a", "b"] * 5})

    train(Table(frame), TrainOptions(target="y", estimator="linear"), lambda: 0.0, lambda *_: None)

    assert not recwarn.list


def test_record_keeps_rows_and_how_the_values_lay(table, training):
    record = training(table, "grade").record

    names = [feature.name for feature in record["features"]]
    assert len(record["examples"]) == 20
    assert record["examples"][0] == [feature.example for feature in record["features"]]
    rows = table.with_columns(table["made"].cast(pl.String)).select(names).fill_nan(None).rows()
    assert all(tuple(row) in rows for row in record["examples"])
    assert [lie.total for lie in record["distributions"]] == [60] * len(names)
    assert record["target_distribution"].categories == table["grade"].value_counts(sort=True)["grade"].to_list()
    assert training(table, "price").record["target_distribution"].edges


def test_classes_that_are_numbers_lie_as_they_are_spelled(training):
    frame = pl.DataFrame({"x": range(30), "y": [row % 3 == 0 for row in range(30)]}).cast({"y": pl.Int64})

    assert training(frame, "y").record["target_distribution"].categories == ["0", "1"]


def test_wide_table_keeps_fewer_rows(training):
    frame = pl.DataFrame({f"x{place}": [(row * place) % 7 for row in range(12)] for place in range(1, 252)})

    assert len(training(frame, "x1").record["examples"]) == 9
