"""Versions whose predictions follow a decision, and the parts of the record that it needs."""

import numpy as np
import pytest

from mlapp.ml.decisions.held_out_rows import confusion
from mlapp.ml.inference.additions import additions
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.ml.inference.scores import score
from mlapp.ml.monitoring.profiles import count_predictions
from mlapp.schemas import Decision, PredictOptions
from mlapp.tables.table import Table
from tests.ml.conftest import Fitting
from tests.store.conftest import NOW


@pytest.fixture(scope="module")
def grades(table, fitting: Fitting) -> FittedVersion:
    return fitting(table, "grade", positive="large", coverage=0.8)


@pytest.fixture(scope="module")
def kinds(table, fitting: Fitting) -> FittedVersion:
    return fitting(table, "kind")


def decided(fitted: FittedVersion, **decision: object) -> FittedVersion:
    return fitted.deciding_by(Decision(by="ann", at=NOW, **decision))


def test_predictions_follow_a_threshold_and_probabilities_do_not(grades):
    strict, x = decided(grades, threshold=0.9), grades.examples

    before, after = (each.answers.response(each.predict(x)) for each in (grades, strict))

    assert (before.threshold, after.threshold, after.probabilities) == (None, 0.9, before.probabilities)
    assert after.predictions == ["large" if row["large"] >= 0.9 else "small" for row in after.probabilities or []]
    assert before.predictions != after.predictions
    assert strict.answers.columns(strict.predict(x))["prediction"].to_list() == after.predictions
    assert strict.compiled is grades.compiled


def test_class_counts_and_scores_follow_a_threshold(grades, table):
    always, rows = decided(grades, limit=1000), grades.encoder.encode_rows(Table(table))

    counts, _ = count_predictions(always.info, [always.predict_rows(rows)])
    found, usual = (score(each, Table(table), rows, []) for each in (always, grades))
    assert found
    assert usual

    assert counts.classes == [60, 0, 0]
    assert found.metrics["accuracy"] == pytest.approx((table["grade"] == "large").mean())
    assert found.metrics["balanced_accuracy"] == 0.5
    assert found.metrics["log_loss"] == usual.metrics["log_loss"]


def test_class_of_the_least_expected_cost_is_predicted(kinds):
    pumps = decided(kinds, costs={"pump": {"disk": 1000, "fan": 1000}})
    rows = kinds.parts.held_out

    assert set(pumps.answers.response(pumps.predict(kinds.examples)).predictions) == {"pump"}
    assert (pumps.info.threshold, kinds.info.threshold_curve, kinds.info.positive) == (None, None, None)
    cells = confusion(rows, pumps.answers.rule.classes(rows.probabilities))
    assert cells[:, 2].tolist() == np.bincount(rows.y, minlength=3).tolist()
    assert cells.sum() == 60


def test_sets_have_the_most_probable_class_and_those_that_may_be_true(grades):
    predicted = grades.predict(grades.examples)

    added = additions(grades, predicted, PredictOptions(sets=True))
    answer, file = grades.answers.response(predicted, additions=added), grades.answers.columns(predicted, added)

    assert answer.coverage == 0.8
    assert [row[0] for row in answer.sets or []] == answer.predictions
    assert file["set"].to_list() == [" | ".join(map(str, row)) for row in answer.sets or []]
