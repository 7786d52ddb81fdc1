"""Scores of a model on rows whose target is known."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.inference.scores import score
from mlapp.tables.table import Table


def scored(model, frame, bad_rows=()):
    table = Table(frame)
    return score(model, table, model.encoder.encode_rows(table), bad_rows)


def predictions(model, frame):
    return model.answers.columns(model.predict(model.encoder.encode(Table(frame))))["prediction"]


def test_score_of_a_regression_is_of_the_rows_with_a_target(table, fitting):
    model = fitting(table.drop("grade", "sold"), "price")
    frame = table.head(20).with_columns(price=table.head(20)["price"].scatter([3], None))

    found = scored(model, frame, bad_rows=[0, 1])

    assert found is not None
    assert (found.rows, set(found.metrics)) == (17, {"r2", "mae", "rmse"})
    expected = model.predict(model.encoder.encode(Table(frame)))[[2, *range(4, 20)], 0]
    errors = abs(expected - frame["price"].gather([2, *range(4, 20)]).to_numpy())
    assert found.metrics["mae"] == pytest.approx(errors.mean())


@pytest.mark.parametrize("target", ["grade", "sold"])
def test_score_of_a_classification_has_all_metrics_if_all_classes_occur(table, fitting, target):
    model = fitting(table, target)
    some = table.filter(table[target] == table[target][0])

    found, of_one = scored(model, table), scored(model, some)

    assert found is not None
    assert of_one is not None
    assert set(found.metrics) == {"accuracy", "balanced_accuracy", "log_loss", "roc_auc"}
    assert set(of_one.metrics) == {"accuracy"}
    assert (found.rows, of_one.rows) == (table.height, some.height)


def test_table_without_enough_targets_has_no_score(table, priced):
    assert scored(priced, table.drop("price")) is None
    assert scored(priced, table.head(1)) is None


def test_score_weights_the_rows_as_the_training_did(table, fitting):
    weights = [row % 3 for row in range(table.height)]
    frame = table.drop("grade", "sold").with_columns(w=pl.Series(weights))
    model = fitting(frame, "price", weight_column="w")

    found, plain = scored(model, frame), scored(model, frame.drop("w"))

    assert found
    assert plain
    errors = abs(model.predict(model.encoder.encode(Table(frame)))[:, 0] - frame["price"].to_numpy())
    assert (found.rows, plain.rows) == (40, 60)
    assert found.metrics["mae"] == pytest.approx(np.average(errors, weights=weights))


def test_worst_rows_of_a_regression_have_the_largest_errors(table, fitting):
    model = fitting(table.drop("grade", "sold"), "price")

    found = scored(model, table, bad_rows=[0, 1])

    assert found is not None
    predicted = model.predict(model.encoder.encode(Table(table)))
    errors = abs(predicted[:, 0] - table["price"].to_numpy())
    expected = 2 + np.argsort(-errors[2:], kind="stable")[:20]
    assert found.worst.rows.tolist() == expected.tolist()
    assert found.worst.predicted == pytest.approx(predicted[expected])
    assert found.worst.measure == pytest.approx(errors[expected])


def test_worst_rows_of_a_classification_are_wrong_and_the_least_expected_first(table, graded):
    probabilities = graded.predict(graded.encoder.encode(Table(table)))
    actual = [graded.info.classes.index(grade) for grade in table["grade"]]
    of_actual = probabilities[np.arange(table.height), actual]
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != actual)

    found = scored(graded, table)

    assert found is not None
    assert 0 < len(wrong) <= 20
    assert sorted(found.worst.rows) == wrong.tolist()
    assert found.worst.measure == pytest.approx(np.sort(of_actual[wrong]))


def test_rows_that_are_right_are_not_among_the_worst(table, graded):
    right = table.with_columns(grade=pl.Series(predictions(graded, table)))

    found = scored(graded, right)

    assert found is not None
    assert (found.metrics["accuracy"], len(found.worst.rows)) == (1, 0)
