"""Loaded versions: predictions, responses and loading errors."""

import importlib
import sys

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Conflict, Unacceptable
from mlapp.ml.data.validation import NO_WARNINGS
from mlapp.ml.estimators import ESTIMATORS
from mlapp.ml.evaluation.conformal import bounds
from mlapp.ml.inference.fitted_version import load_version
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.inference.what_if import what_if
from mlapp.ml.training.novelty_limits import fit_novelty
from mlapp.schemas import Task
from mlapp.tables.table import Table
from tests.ml.conftest import fewer_trees

TRAINED = [
    (name, target)
    for name, recipe in ESTIMATORS.items()
    for target, task in (("price", Task.REGRESSION), ("grade", Task.CLASSIFICATION))
    if task in recipe.tasks
]


@pytest.fixture(scope="module", params=TRAINED)
def model(request, fitting, table):
    estimator, target = request.param
    with fewer_trees():
        return fitting(table, target, estimator=estimator)


def answered(model, frame):
    return model.answers.response(model.predict(model.encoder.encode(Table(frame))))


def numbers(answer):
    return np.array(
        [list(row.values()) for row in answer.probabilities] if answer.probabilities else answer.predictions
    )


def test_prediction_of_a_row_does_not_depend_on_other_rows(table, model):
    together = answered(model, table)
    alone = [answered(model, table[row]) for row in range(20)]
    backwards = answered(model, table.reverse())

    np.testing.assert_allclose(
        numbers(together)[:20], np.concatenate([numbers(answer) for answer in alone]), rtol=1e-12
    )
    np.testing.assert_allclose(numbers(together), numbers(backwards)[::-1], rtol=1e-12)


def test_columns_equal_the_response(table, model):
    predicted = model.predict(model.encoder.encode(Table(table)))

    answer, columns = model.answers.response(predicted), model.answers.columns(predicted)

    assert columns.columns == model.answers.column_names
    assert columns["prediction"].to_list() == answer.predictions
    if answer.probabilities:
        assert columns.columns[1:] == [f"probability_{name}" for name in answer.probabilities[0]]
        assert columns.select(pl.exclude("prediction")).rows() == [tuple(row.values()) for row in answer.probabilities]
    else:
        assert (columns["lower"].to_list(), columns["upper"].to_list()) == (answer.lower, answer.upper)


def test_regression_has_intervals(table, fitting):
    answer = answered(fitting(table, "price", coverage=0.8), table)

    inside = [low <= price <= high for low, price, high in zip(answer.lower, table["price"], answer.upper, strict=True)]
    assert (answer.version, answer.coverage, answer.probabilities, answer.warnings_total) == (3, 0.8, None, None)
    assert np.mean(inside) >= 0.8


@pytest.mark.parametrize(
    ("values", "classes", "names"),
    [
        (["small", "large"], ["large", "small"], ["large", "small"]),
        ([True, False], [False, True], ["false", "true"]),
        ([0, 1], [0, 1], ["0", "1"]),
        (["7", "-3"], [-3, 7], ["-3", "7"]),
        ([0.5, 2.0], [0.5, 2.0], ["0.5", "2.0"]),
        (["2024-01-02", "2024-01-01T10:00"], ["2024-01-01T10:00:00", "2024-01-02"], None),
    ],
)
def test_classes_keep_their_type_and_format(fitting, values, classes, names):
    frame = pl.DataFrame({"x": range(20), "y": values * 10}, strict=False)

    answer = answered(fitting(frame, "y", task="classification", estimator="hist_gradient_boosting"), frame)

    assert {type(found) for found in answer.predictions} == {type(classes[0])}
    assert set(answer.predictions) <= set(classes)
    assert list(answer.probabilities[0]) == (names or classes)
    assert [sum(row.values()) for row in answer.probabilities] == pytest.approx([1] * 20)


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("estimator", list(ESTIMATORS))
def test_values_outside_the_training_data_are_predicted_and_reported(table, fitting, estimator):
    model = fitting(table, "price", estimator=estimator, features=["size", "parts", "kind", "made", "old"])
    row = {"size": 500, "parts": 3, "kind": "boat", "made": None, "old": True}

    table = Table(pl.DataFrame([row]))
    x = model.encoder.encode(table)
    answer = model.answers.response(model.predict(x), model.validator.warnings(x, table.text))

    assert np.isfinite(answer.predictions).all()
    assert [warning.code for warning in answer.warnings] == ["out_of_range", "unknown_category", "missing"]
    assert answer.warnings_total == 3


def test_strict_validation_rejects_the_target_as_an_extra_column(table, priced):
    with pytest.raises(Unacceptable, match="Column 'price' is not a feature"):
        priced.validator.reject_unusual(Table(table), NO_WARNINGS)


def test_model_of_other_libraries_is_not_loaded(priced):
    info = priced.info
    foreign = info.model_copy(update={"library_versions": info.library_versions | {"scikit-learn": "0.24.2"}})

    with pytest.raises(
        Conflict, match=r"Version 3 of prices cannot be loaded. It was trained with scikit-learn 0.24.2"
    ):
        load_version(foreign, b"")


def test_model_with_missing_code_is_not_loaded(priced, tmp_path, monkeypatch):
    (tmp_path / "gone.py").write_text("class Estimator: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    novelty = fit_novelty(np.ones((9, 0)), [], 0)
    file = ModelFile(importlib.import_module("gone").Estimator(), novelty, np.zeros((1, 1))).to_bytes()
    monkeypatch.undo()
    del sys.modules["gone"]

    with pytest.raises(
        Conflict, match="Version 3 of prices cannot be loaded: it was trained with code that is not here"
    ):
        load_version(priced.info, file)


@pytest.fixture(scope="module")
def noisy(fitting):
    """A version with a learned scale: the errors depend on a feature that the prediction does not depend on."""
    random = np.random.default_rng(0)
    x, noise = random.normal(size=(2, 1_100))
    y = 3 * x + np.exp(1.5 * noise) * random.normal(size=1_100)
    return fitting(pl.DataFrame({"x": x, "noise": noise, "y": y}), "y", features=["x", "noise"])


def test_learned_intervals_follow_the_features(noisy):
    rows = pl.DataFrame({"x": [0.5, 0.5, 0.5], "noise": [-1.5, 1.5, None]})

    predicted = noisy.predict(noisy.encoder.encode(Table(rows)))

    width = predicted[:, 2] - predicted[:, 1]
    assert (noisy.info.interval.learned, width[1] > 5 * width[0], width[2] > 0) == (True, True, True)


def test_learned_interval_of_a_row_is_that_in_a_batch(noisy):
    x = noisy.examples

    together = noisy.predict_batch([x]).predicted
    alone = np.concatenate([noisy.predict_batch([x[row : row + 1]]).predicted for row in range(len(x))])

    assert noisy.compiled.one is not None
    np.testing.assert_allclose(alone, together, rtol=1e-12)
    factors = noisy.parts.scale.predict(x)
    lower, upper = bounds(noisy.info.interval, together[:, 0], factors)
    np.testing.assert_allclose(together[:, 1:], np.column_stack([lower, upper]), rtol=1e-9)


def test_what_if_uses_the_learned_interval(noisy):
    found = what_if(noisy, {"x": 0, "noise": 0}, "noise")

    assert found.upper
    assert found.lower
    widths = np.subtract(found.upper, found.lower)
    assert widths[-1] > 5 * widths[0] > 0
