"""Row weights."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.training_set import make_training_set
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table

ROWS = 30


def weighted(weights, **options):
    frame = pl.DataFrame({"x": range(ROWS), "y": [row * 7 % 11 for row in range(ROWS)], "w": weights}, strict=False)
    return make_training_set(Table(frame), TrainOptions(**({"target": "y", "weight_column": "w"} | options)))


def test_weights_have_a_mean_of_one_and_rows_without_weight_do_not_count():
    training_set = weighted([row % 3 for row in range(ROWS)])

    weights = training_set.samples.weights
    assert weights is not None
    assert (len(weights), weights.mean()) == (20, pytest.approx(1))
    assert weights[:2].tolist() == pytest.approx([2 / 3, 4 / 3])
    assert [feature.name for feature in training_set.signature.features] == ["x"]


def test_weight_of_a_row_without_target_may_be_missing():
    target = [None if row < 5 else row * 7 % 11 for row in range(ROWS)]
    frame = pl.DataFrame({"x": range(ROWS), "y": target, "w": [None if row < 5 else 1.5 for row in range(ROWS)]})

    samples = make_training_set(Table(frame), TrainOptions(target="y", weight_column="w")).samples

    assert samples.weights is not None
    assert samples.weights.tolist() == [1] * 25


@pytest.mark.parametrize(
    ("weights", "message", "pointers"),
    [
        (
            [None, -1, *[1] * 28],
            "Row 0: the weight 'w' is missing; .* So do 1 more rows",
            ["/records/0/w", "/records/1/w"],
        ),
        ([1, -1, *[1] * 28], "Row 1: the weight 'w' is -1; every row needs a number from 0", ["/records/1/w"]),
        ([0] * ROWS, "Only 0 rows have a target and a weight above 0; at least 10", None),
        (["a", "b"] * 15, "weight column 'w' needs a number from 0 in every row", ["/weight_column"]),
    ],
)
def test_invalid_weights_are_rejected(weights, message, pointers):
    with pytest.raises(Unacceptable, match=message) as failure:
        weighted(weights)

    assert pointers is None or [error["pointer"] for error in failure.value.errors] == pointers


@pytest.mark.parametrize(
    ("column", "options"), [("a/b", {"types": {"a/b": "number"}}), ("w", {"exclude": ["a/b"], "weight_column": "w"})]
)
def test_errors_of_cells_point_into_a_body_by_columns(column, options):
    columns = {"a/b": ["p1", *range(29)], "w": [-1, *[1] * 29], "x": list(range(30)), "y": list(range(30))}

    with pytest.raises(Unacceptable) as failure:
        make_training_set(Table(values=columns), TrainOptions(target="y", **options))

    assert [error["pointer"] for error in failure.value.errors] == [f"/columns/{column.replace('/', '~1')}/0"]


def test_training_with_weights_equals_one_on_repeated_rows(training):
    random = np.random.default_rng(0)
    weights = np.array([2, 0, 1, 3, 2] * 8)
    x = random.normal(size=40)
    frame = pl.DataFrame({"x": x, "y": 3 * x + random.normal(size=40), "w": weights, "time": range(40)})
    # The latest fifth is held out in both.
    repeated = frame.select(pl.all().repeat_by("w").explode())
    options = {"features": ["x"], "time_column": "time"}

    by_weight = training(frame, "y", weight_column="w", **options).record
    by_rows = training(repeated, "y", **options).record

    assert (by_weight["rows"], by_weight["rows_dropped"], by_rows["rows"]) == (32, 8, 64)
    assert by_weight["baseline"] == pytest.approx(by_rows["baseline"])
    assert by_weight["metrics"] == pytest.approx(by_rows["metrics"], rel=0.05)
    assert by_weight["weight_column"] == "w"
