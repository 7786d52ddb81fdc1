"""Target: rows, task and values."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.target import as_classes, as_numbers, as_times, infer_task, rows_with_target
from mlapp.schemas import ColumnType, Task, TrainOptions
from mlapp.tables.columns.conversion import infer_type
from mlapp.tables.table import Table


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["u", "v", "w"], Task.CLASSIFICATION),
        ([True, False, True], Task.CLASSIFICATION),
        ([0, 1, 1], Task.CLASSIFICATION),
        (["7", "5", "7"], Task.CLASSIFICATION),
        ([1, 2, 3], Task.REGRESSION),
        ([0.5, 1.5, 1.5], Task.REGRESSION),
        (["2024-01-01", "2024-01-02", "2024-01-02"], Task.REGRESSION),
    ],
)
def test_task_follows_from_the_target(values, task):
    assert infer_task(*infer_type(pl.Series(values))) is task


def test_rows_without_a_target_are_dropped():
    frame = pl.DataFrame({"^a$": range(12), "^y$": [None, ""] + [str(row) for row in range(10)]})

    rows, kind, target = rows_with_target(Table(frame), TrainOptions(target="^y$"))

    assert (rows.frame["^a$"].to_list(), kind, target.to_list()) == (
        list(range(2, 12)),
        ColumnType.INTEGER,
        [*range(10)],
    )


@pytest.mark.parametrize(
    ("options", "sentence", "pointers"),
    [
        ({}, "Say which column to predict", []),
        ({"target": "z"}, "no column 'z' in the table; there are 'a', 'y', 'few', 'same', 'none'", ["/target"]),
        ({"target": "y", "time_column": "t/"}, "no column 't/' in the table", ["/time_column"]),
        ({"target": "few"}, "Only 9 rows have a target; at least 10 are needed", []),
        ({"target": "same"}, "'same' has only one value", []),
        ({"target": "none"}, "'none' is missing in every row", []),
    ],
)
def test_unusable_target_is_rejected_with_the_reason(options, sentence, pointers):
    columns = {"a": range(12), "y": range(12), "few": [None] * 3 + [*range(9)], "same": [1] * 12, "none": [""] * 12}

    with pytest.raises(Unacceptable, match=sentence) as rejected:
        rows_with_target(Table(pl.DataFrame(columns)), TrainOptions(**options))

    assert [error["pointer"] for error in rejected.value.errors] == pointers


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a", "b", "a"], ["a", "b"]),
        ([True, False, False, True], [False, True]),
        (["7", "5", "5", "7"], [5, 7]),
        ([0.5, 2.0, 2.0, 0.5], [0.5, 2.0]),
        (["2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02"]),
    ],
)
def test_classes_keep_the_type_of_the_target(values, classes):
    found, codes = as_classes(infer_type(pl.Series("^y$", values))[1])

    assert (found, [type(label) for label in found]) == (classes, [type(label) for label in classes])
    assert [found[code] for code in codes] == list(np.array(classes)[codes])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([f"k{row // 2}" for row in range(2_002)], "'y' has 1,001 classes; at most 1,000"),
        ([f"k{row}" for row in range(10)], "At least two classes of the target 'y' need two rows or more"),
        (["a"] * 9 + ["b"], "At least two classes of the target 'y' need two rows or more"),
    ],
)
def test_classes_that_cannot_be_evaluated_are_rejected(values, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        as_classes(pl.Series("y", values))


def test_regression_target_is_numbers():
    assert as_numbers(pl.Series("y", [1.5, 2.0])).tolist() == [1.5, 2.0]


@pytest.mark.parametrize("values", [["a", "b"], [True, False], ["2024-01-01", "2024-01-02"]])
def test_target_without_numbers_is_rejected_for_regression(values):
    with pytest.raises(Unacceptable, match=r"'y' does not hold numbers, .* task=classification"):
        as_numbers(infer_type(pl.Series("y", values))[1])


@pytest.mark.parametrize("values", [["2024-01-02", "2024-01-01", "2024-01-03 10:00"], [2, 1, 3], ["1.5", "-1", "2"]])
def test_times_sort_the_rows(values):
    assert np.argsort(as_times(Table(pl.DataFrame({"^t$": values})), "^t$")).tolist() == [1, 0, 2]


@pytest.mark.parametrize("values", [["a", "b"], [True, False], ["2024-01-01", None]])
def test_times_that_do_not_sort_all_rows_are_rejected(values):
    with pytest.raises(Unacceptable, match="The time column 't' needs a date, time or number in every row"):
        as_times(Table(pl.DataFrame({"t": values})), "t")


def test_table_without_columns_is_rejected():
    with pytest.raises(Unacceptable, match="no column 'y' in the table"):
        rows_with_target(Table(pl.DataFrame()), TrainOptions(target="y"))
