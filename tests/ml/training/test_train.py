"""Training."""

import hashlib
import importlib
import re
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from itertools import count

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mlapp.errors import TrainingFailed, Unacceptable
from mlapp.ml import estimators
from mlapp.ml.estimators import ESTIMATORS, Recipe
from mlapp.ml.evaluation.out_of_fold import fit_and_predict, local_fits
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.training.train import train
from mlapp.schemas import Evaluation, Record, Task, TrainOptions
from mlapp.tables.table import Table
from tests.ml.data.dependence.conftest import grouped

STORED = {"created_at": "2024-01-31T00:00Z", "model_sha256": "", "source": None}
"""Fields of a record that the store adds."""


class Unfit(BaseEstimator):  # type: ignore[misc]
    """Can be fitted `fits` times, then fails, like an estimator that needs more rows."""

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
    """Fails with an exception of its own."""

    error: BaseException = Exception()

    def fit(self, X, y):
        raise self.error


class Plugged(DummyRegressor):  # type: ignore[misc]
    """Contains an object of a package that scikit-learn does not require."""

    def fit(self, X, y):
        self.helper_ = pytest.approx
        return super().fit(X, y)


class NotANumber(DummyRegressor):  # type: ignore[misc]
    """Predicts NaN."""

    def predict(self, X):
        return np.full(len(X), np.nan)


@pytest.fixture(scope="module")
def record_of(table, training):
    """Return the record of a target of the small table, trained once."""
    return cache(lambda target: training(table, target).record)


def test_record_describes_the_model(table, training):
    seen: list[tuple[str, float]] = []
    record = training(table, "price", note="first", seed=7, coverage=0.8, seen=seen).record

    assert Record(**record, **STORED).rows == 60
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
def test_progress_never_decreases(table, training):
    seen: list[tuple[str, float]] = []

    training(table, "price", estimator="auto", seen=seen)

    stages, shares = zip(*seen, strict=True)
    assert (stages[0], stages[-1]) == ("Reading the columns", "Serializing the model")
    assert (list(shares), shares[0], shares[-1]) == (sorted(shares), 0, 1)
    assert "Evaluating linear: fold 5 of 5" in stages


@pytest.mark.parametrize(
    ("target", "classes", "metrics"),
    [
        ("grade", ["large", "small"], ["accuracy", "balanced_accuracy", "log_loss", "roc_auc"]),
        ("sold", [False, True], ["accuracy", "balanced_accuracy", "log_loss", "roc_auc"]),
        ("price", None, ["r2", "mae", "rmse"]),
    ],
)
def test_task_is_inferred_from_the_target(record_of, target, classes, metrics):
    record = record_of(target)

    assert (record["classes"], list(record["metrics"])) == (classes, metrics)
    assert list(record["baseline"]) == list(record["spread"]) == metrics
    assert (record["interval"] is None) == (record["class_sets"] is not None) == (classes is not None)


def test_task_option_overrides_the_inferred_task(training):
    frame = pl.DataFrame({"x": range(30), "y": [row % 3 for row in range(30)]})

    classified, regressed = training(frame, "y").record, training(frame, "y", task="regression").record

    assert classified["classes"] == [0, 1, 2]
    assert "predicted as classes; send task=regression" in " ".join(classified["warnings"])
    assert (regressed["task"], "as classes" in " ".join(regressed["warnings"])) == (Task.REGRESSION, False)


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "datetime", "category"])
def test_empty_column_of_any_type_can_be_chosen(training, kind):
    frame = pl.DataFrame({"x": range(30), "empty": [None] * 30, "y": [row * 7 % 11 for row in range(30)]})

    record = training(frame, "y", features=["x", "empty"], types={"empty": kind}).record

    assert (record["features"][1].type, record["features"][1].required) == (kind, False)
    assert "Feature 'empty' was chosen although it is empty." in record["warnings"]


def test_values_have_the_same_hash_however_they_are_written(training):
    rows = range(1, 41)
    days = [date(2024, 1, 1) + timedelta(row) for row in rows]
    plain = {
        "share": [row / 1_000 for row in rows],
        "price": [row * 1_234.5 for row in rows],
        "sold": [row % 3 == 0 for row in rows],
        "day": days,
        "y": [row % 7 * 1_000 for row in rows],
    }
    written = {
        "share": [f"{row / 10}%" for row in rows],
        "price": [f"{row * 1_234.5:,}€".translate(str.maketrans(",.", ".,")) for row in rows],
        "sold": ["nein" if row % 3 else "Ja" for row in rows],
        "day": [day.strftime("%d.%m.%Y") for day in days],
        "y": [f"€{row % 7 * 1_000:,}.00" for row in rows],
    }

    first, second = (training(pl.DataFrame(columns), "y").record for columns in (plain, written))

    assert first["data_sha256"] == second["data_sha256"]
    assert first["metrics"] == second["metrics"]
    assert (second["target_read_as"].unit, second["features"][0].read_as.unit) == ("€", "%")


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize(
    ("estimator", "target"), [("linear", "grade"), ("hist_gradient_boosting", "price"), ("random_forest", "sold")]
)
def test_same_table_and_seed_give_the_same_model(table, training, estimator, target):
    first, again = (training(table, target, estimator=estimator, seed=3) for _ in range(2))

    assert first.record == again.record
    assert hashlib.sha256(first.file).digest() == hashlib.sha256(again.file).digest()


def test_different_seeds_give_different_folds(table, training, record_of):
    assert training(table, "price", seed=1).record["metrics"] != record_of("price")["metrics"]


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("target", ["price", "grade"])
def test_auto_lists_what_it_keeps_and_then_the_best(table, training, target):
    # Enough for the estimators that a fork adds.
    record = training(table, target, estimator="auto", budget_s=600).record

    kept, *others = record["leaderboard"]
    scores = [entry.score for entry in others]
    assert {kept.estimator, *(entry.estimator for entry in others)} >= {"linear", "hist_gradient_boosting"}
    assert scores == sorted(scores)
    assert (record["estimator"], record["budget_reached"]) == (kept.estimator, False)


def test_auto_keeps_the_best_so_far_when_the_budget_is_reached(table, training):
    record = training(table, "price", estimator="auto", budget_s=1).record

    assert ([entry.estimator for entry in record["leaderboard"]], record["budget_reached"]) == (["linear"], True)


@pytest.mark.usefixtures("few_trees")
def test_budget_ends_the_evaluation_of_a_candidate_between_folds(table, training):
    seen: list[tuple[str, float]] = []

    record = training(table, "grade", estimator="auto", budget_s=16, seen=seen).record

    assert ([entry.estimator for entry in record["leaderboard"]], record["budget_reached"]) == (["linear"], True)
    assert any(stage.startswith("Evaluating hist") for stage, _ in seen)
    assert [share for _, share in seen] == sorted(share for _, share in seen)


@contextmanager
def eager_fits(samples, clock):
    """Make estimators at once, as a cluster does."""

    def submit(make, train_rows, test_rows):
        estimator = make()
        return lambda on_progress: fit_and_predict(samples, estimator, train_rows, test_rows, clock, on_progress)

    yield submit


@pytest.mark.parametrize("fits", [eager_fits, local_fits])
def test_recipe_that_makes_no_estimator_is_left_out(table, monkeypatch, fits):
    monkeypatch.setitem(ESTIMATORS, "unmade", Recipe(lambda task, columns, seed: float("unmade")))
    kept = {name: ESTIMATORS[name] for name in ("linear", "unmade")}
    monkeypatch.setattr(estimators, "ESTIMATORS", kept)
    options = TrainOptions(target="price", features=["size"])

    record = train(Table(table), options, count().__next__, lambda _stage, _share: None, fits=fits).record

    assert any("'unmade' cannot be fitted on this table" in warning for warning in record["warnings"])
    assert [entry.estimator for entry in record["leaderboard"]] == ["linear"]


@pytest.mark.usefixtures("few_trees")
def test_auto_warns_of_estimators_that_cannot_be_fitted(table, training, monkeypatch):
    Unfit.left = 0
    monkeypatch.setitem(ESTIMATORS, "unfit", Recipe(lambda task, columns, seed: Unfit()))

    record = training(table, "price", estimator="auto", budget_s=600).record

    assert "unfit" not in {entry.estimator for entry in record["leaderboard"]}
    assert any("'unfit' cannot be fitted on this table" in warning for warning in record["warnings"])


class OwnError(Exception):
    """An exception of a library."""


def missing(task, columns, seed):
    """A recipe whose library is not installed."""
    importlib.import_module("missing_gbm")


@pytest.mark.parametrize("recipe", [lambda task, columns, seed: Failing(), missing], ids=["fit", "recipe"])
def test_auto_warns_of_estimators_that_fail(table, training, monkeypatch, recipe):
    monkeypatch.setattr(Failing, "error", OwnError("a screw\nis loose"))
    monkeypatch.setattr("mlapp.ml.estimators.ESTIMATORS", {"failing": Recipe(recipe), "linear": ESTIMATORS["linear"]})

    record = training(table, "price", estimator="auto", budget_s=600).record

    assert [entry.estimator for entry in record["leaderboard"]] == ["linear"]
    (warning,) = [warning for warning in record["warnings"] if "failing" in warning]
    why = "ModuleNotFoundError: No module named 'missing_gbm'" if recipe is missing else "OwnError: a screw�is loose"
    assert f"'failing' failed: {why};" in warning


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (TypeError("no text"), Unacceptable),
        (ZeroDivisionError("by zero"), Unacceptable),
        (OwnError("a screw is loose"), TrainingFailed),
        (RuntimeError("a screw is loose"), TrainingFailed),
        (MemoryError(), MemoryError),
    ],
)
def test_exception_of_a_named_estimator_is_translated(table, training, monkeypatch, error, raised):
    monkeypatch.setattr(Failing, "error", error)
    monkeypatch.setitem(ESTIMATORS, "failing", Recipe(lambda task, columns, seed: Failing()))

    with pytest.raises(raised) as failed:
        training(table, "price", estimator="failing")

    assert error in (failed.value, failed.value.__cause__)
    assert str(error) in str(failed.value)


def test_estimator_that_cannot_be_serialized_fails(table, training, monkeypatch):
    nameless = make_pipeline(FunctionTransformer(lambda X: X[:, :1]), DummyRegressor())
    monkeypatch.setitem(ESTIMATORS, "nameless", Recipe(lambda task, columns, seed: nameless))

    with pytest.raises(TrainingFailed, match="'nameless' failed: .*<lambda>"):
        training(table, "price", estimator="nameless")


def test_record_has_the_version_of_the_estimators_package(table, training, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "tested", Recipe(lambda task, columns, seed: make_pipeline(Plugged())))

    record = training(table, "price", estimator="tested").record

    assert record["library_versions"]["pytest"] == pytest.__version__
    assert "n_jobs" not in record["parameters"]


def test_estimator_that_predicts_nan_is_rejected(table, training, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "not_a_number", Recipe(lambda task, columns, seed: NotANumber()))

    with pytest.raises(Unacceptable, match=r"'not_a_number' cannot be fitted .*: .* not finite"):
        training(table, "price", estimator="not_a_number")


def test_probabilities_are_calibrated_if_that_improves_them(training, fitting):
    random = np.random.default_rng(0)
    noise = {f"x{index}": random.normal(size=300) for index in range(60)}
    frame = pl.DataFrame(noise | {"y": np.where(random.uniform(size=300) < 0.7, "a", "b")})

    model = fitting(frame, "y", estimator="linear")

    assert model.info.parameters["temperature"] > 1.5
    assert model.info.metrics["log_loss"] < 1.1 * model.info.baseline["log_loss"]
    assert sum(model.predict(model.encoder.encode(Table(frame)))[0]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("target", "plots"),
    [("price", ["predicted_actual", "residuals"]), ("grade", ["confusion", "classes", "roc", "calibration"])],
)
def test_record_has_the_plots_of_its_task(record_of, target, plots):
    record = Record(**record_of(target), **STORED)

    text = record.model_dump_json(indent=1)
    assert list(record.plots.model_dump()) == plots
    assert len(text) < 30_000
    assert Record.model_validate_json(text) == record


def test_classes_are_spelled_in_plots_as_in_a_csv(record_of):
    assert record_of("sold")["plots"].confusion.classes == ["false", "true"]


def test_rows_without_a_target_are_dropped_and_counted(table, training):
    partial = table.with_columns(pl.when(pl.int_range(60) >= 25).then("price"))

    record = training(partial, "price").record

    assert (record["rows"], record["rows_dropped"]) == (35, 25)


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
    assert (record["ignored"], sum("was chosen" in warning for warning in record["warnings"])) == ([], 2)


@pytest.mark.parametrize("hidden", ["weekday", "hour"])
def test_calendar_features_are_used(training, hidden):
    moments = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 2, 28), "7h", eager=True)
    y = moments.dt.weekday() >= 6 if hidden == "weekday" else moments.dt.hour() >= 12

    record = training(pl.DataFrame({"at": moments, "y": y}), "y", estimator="hist_gradient_boosting").record

    assert record["metrics"]["accuracy"] > 0.95


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", [name for name, recipe in ESTIMATORS.items() if Task.CLASSIFICATION in recipe.tasks])
def test_more_than_255_categories_can_be_fitted(training, name):
    frame = pl.DataFrame({"c": [f"k{row // 2:03}" for row in range(600)], "y": [row // 2 % 2 for row in range(600)]})

    assert training(frame, "y", estimator=name).record["features"][0].categories[-1] == "k299"


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", [name for name, recipe in ESTIMATORS.items() if Task.CLASSIFICATION in recipe.tasks])
def test_rare_classes_can_be_fitted_and_evaluated(training, name):
    frame = pl.DataFrame({"x": range(24), "y": ["a"] * 12 + ["b"] * 10 + ["c", "d"]})

    record = training(frame, "y", estimator=name).record

    assert record["classes"] == ["a", "b", "c", "d"]
    assert all(np.isfinite(score) for score in record["metrics"].values())


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("number", r"always predicting the mean: R² -0\.\d+"),
        ("answer", r"shares of the values in the table: log loss 0\.[78]\d* on .* against 0\.69"),
    ],
)
def test_first_warning_is_of_a_model_that_does_not_beat_the_baseline(training, target, sentence):
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"x": random.normal(size=40), "number": random.normal(size=40), "answer": ["a", "b"] * 20})

    record = training(frame, target, features=["x"]).record

    assert re.search(sentence, record["warnings"][0])


def test_model_that_beats_the_baseline_has_no_such_warning(record_of):
    for target in ("price", "grade"):
        assert not [warning for warning in record_of(target)["warnings"] if "no better" in warning.lower()]


def test_large_table_is_evaluated_on_a_sample_and_fitted_whole(training):
    frame = pl.DataFrame({"x": range(25_000)}).with_columns(y=pl.col("x") * 2.0 + 1)

    record = training(frame, "y").record

    assert record["rows"] == 25_000
    assert record["metrics"]["r2"] > 0.99


def test_time_column_holds_out_the_latest_rows(training):
    # The relation changes at the end, which only a time split detects.
    frame = pl.DataFrame({"t": range(100), "x": [row % 10 for row in range(100)]}).with_columns(
        y=pl.when(pl.col("t") < 80).then("x").otherwise(9 - pl.col("x")) + 0.5
    )

    shuffled = training(frame, "y", features=["x"]).record
    by_time = training(frame, "y", features=["x"], time_column="t").record

    assert by_time["metrics"]["r2"] < 0 < shuffled["metrics"]["r2"]
    assert set(by_time["spread"].values()) == {0}
    assert not by_time["coverage_verified"]
    assert (by_time["evaluation"], shuffled["evaluation"]) == (Evaluation.LATEST, Evaluation.CROSS_VALIDATION)


def test_rows_that_depend_on_each_other_are_reported_and_held_out_by_group(training):
    frame = pl.DataFrame(grouped(12, 10))

    shuffled = training(frame, "y", estimator="hist_gradient_boosting").record
    by_group = training(frame, "y", estimator="hist_gradient_boosting", group_column="group").record

    (sentence,) = (warning for warning in shuffled["warnings"] if "group_column=group" in warning)
    assert "Rows with the same 'group' are alike" in sentence
    assert by_group["metrics"]["r2"] < 0.5 < shuffled["metrics"]["r2"]
    assert (by_group["evaluation"], by_group["held_out_groups"]) == (Evaluation.GROUPS, 12)
    assert (by_group["coverage_verified"], shuffled["coverage_verified"]) == (True, False)
    assert [feature.name for feature in by_group["features"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": None}, "send the option 'target'"),
        ({"target": "z"}, "There is no column 'z'"),
        ({"target": "made"}, "does not hold numbers"),
        ({"target": "kind", "task": "regression"}, "does not hold numbers"),
        ({"target": "price", "task": "classification"}, "At least two classes"),
        ({"target": "price", "estimator": "magic"}, "no estimator 'magic' for regression"),
        ({"target": "price", "features": ["price"]}, "is the target"),
        ({"target": "price", "time_column": "kind"}, "needs a date"),
        ({"target": "price", "time_column": "z"}, "There is no column 'z'"),
        ({"target": "price", "group_column": "price"}, "is the target"),
        (
            {"target": "price", "group_column": "kind", "features": ["kind", "size"]},
            "'kind' in 'features' is the gr",
        ),
    ],
)
def test_unusable_table_or_option_is_rejected(table, training, options, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        training(table, **options)


def test_ten_classes_in_ten_rows_are_rejected(training):
    frame = pl.DataFrame({"x": range(10), "y": [f"k{row}" for row in range(10)]})

    with pytest.raises(Unacceptable, match="need two rows or more"):
        training(frame, "y")


@pytest.mark.parametrize("fits", [0, 3, 5], ids=["at once", "in a fold", "on all rows"])
def test_named_estimator_that_cannot_be_fitted_is_rejected_with_the_reason(table, training, monkeypatch, fits):
    Unfit.left = fits
    monkeypatch.setitem(ESTIMATORS, "unfit", Recipe(lambda task, columns, seed: Unfit()))

    with pytest.raises(
        Unacceptable, match=r"'unfit' cannot be fitted on this table: n_samples=1.is too small"
    ) as rejected:
        training(table, "price", estimator="unfit")

    assert len(rejected.value.detail) < 400
    assert "\n" not in rejected.value.detail


def test_very_large_table_is_fitted_once_and_evaluated_on_held_out_rows(training):
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

    assert type(ModelFile.from_bytes(trained.file).estimator) is dummy
    assert trained.record["parameters"]["strategy"] == dummy().strategy
    assert all(importance.mean == 0 for importance in trained.record["importance"])


def test_warnings_of_libraries_stay_out_of_the_log(recwarn):
    frame = pl.DataFrame({"x": [0.0] * 9 + [1e30], "y": ["a", "b"] * 5})

    train(Table(frame), TrainOptions(target="y", estimator="linear"), lambda: 0.0, lambda *_: None)

    assert not recwarn.list


def test_record_has_example_rows_and_distributions(table, record_of):
    record = record_of("grade")

    names = [feature.name for feature in record["features"]]
    assert len(record["examples"]) == 20
    assert record["examples"][0] == [feature.example for feature in record["features"]]
    rows = table.with_columns(table["made"].cast(pl.String)).select(names).fill_nan(None).rows()
    assert all(tuple(row) in rows for row in record["examples"])
    assert [each.total for each in record["distributions"]] == [60] * len(names)
    assert record["target_distribution"].categories == table["grade"].value_counts(sort=True)["grade"].to_list()
    assert record_of("price")["target_distribution"].edges


def test_distribution_of_integer_classes_has_integer_names(training):
    frame = pl.DataFrame({"x": range(30), "y": [row % 3 == 0 for row in range(30)]}).cast({"y": pl.Int64})

    assert training(frame, "y").record["target_distribution"].categories == ["0", "1"]


def test_record_of_a_wide_table_has_fewer_example_rows(training):
    frame = pl.DataFrame({f"x{column}": [(row * column) % 7 for row in range(12)] for column in range(1, 252)})

    assert len(training(frame, "x1").record["examples"]) == 9


def test_balanced_classes_have_calibrated_probabilities(table, training):
    frame = table.with_columns(grade=pl.Series(["small", *["large"] * 4] * 12))

    plain, balanced = (training(frame, "grade", class_weight=weight).record for weight in (None, "balanced"))

    assert balanced["class_weight"] == "balanced"
    assert balanced["metrics"] != plain["metrics"]
    assert balanced["metrics"]["log_loss"] == pytest.approx(plain["metrics"]["log_loss"], rel=0.3)


def test_class_weight_is_rejected_for_regression(table, training):
    with pytest.raises(Unacceptable, match="'class_weight' is for classes"):
        training(table, "price", class_weight="balanced")


def test_estimator_without_weights_is_rejected_where_rows_have_some(table, training, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "unfit", Recipe(lambda *_: Unfit(9)))

    with pytest.raises(Unacceptable, match="'unfit' cannot be fitted on this table: it takes no weights of rows"):
        training(table, "price", estimator="unfit", weight_column="parts")
