"""Target: rows, task and values."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.target import Target, as_classes, as_numbers, as_times, find_target, infer_task, task_warnings
from mlapp.schemas import ColumnType, Task, TrainOptions
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.table import Table


def target_of(values, name="y", **options):
    frame = pl.DataFrame({"x": range(len(values)), name: pl.Series(values, strict=False)})
    return find_target(Table(frame), name, TrainOptions(**options))


def as_target(values, kind=None):
    found = infer_column(pl.Series("y", values), kind=kind)
    return Target(found.type, found.values, None, [])


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["u", "v", "w"], Task.CLASSIFICATION),
        ([True, False, True], Task.CLASSIFICATION),
        ([0, 1, 1], Task.CLASSIFICATION),
        (["7", "5", "7"], Task.CLASSIFICATION),
        ([0.5, 1.5, 1.5], Task.REGRESSION),
        (["2024-01-01", "2024-01-02", "2024-01-02"], Task.REGRESSION),
    ],
)
def test_task_follows_from_the_target(values, task):
    target = as_target(values)

    assert (infer_task(target.type, target.values), task_warnings(target.type, target.values)) == (task, [])


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 2] * 5,
        ["3", "1", "2"] * 5,
        [1.0, 2.0, 3.0, 4.0] * 5,
        [*range(10)] * 2,
        [*range(1, 11)] * 2,
        [0] * 24 + [1] + [2] * 25,
    ],
)
def test_few_consecutive_whole_numbers_are_classes_with_a_warning(values):
    target = as_target(values)

    assert infer_task(target.type, target.values) is Task.CLASSIFICATION
    (warning,) = task_warnings(target.type, target.values)
    assert "are predicted as classes; send task=regression if it is a quantity" in warning


@pytest.mark.parametrize(
    "values",
    [
        [2, 3, 4] * 5,
        [0, 1, 3] * 5,
        [*range(11)] * 2,
        [*range(1, 12)] * 2,
        [0] * 25 + [1] + [2] * 25,
        [-1, 0, 1] * 5,
        [0.5, 1, 2] * 5,
        [*range(10)],
    ],
)
def test_other_numbers_are_a_quantity(values):
    target = as_target(values)

    assert infer_task(target.type, target.values) is Task.REGRESSION


def test_rows_without_a_target_are_dropped():
    target = target_of([None, ""] + [str(row) for row in range(10)], "^y$")

    assert target.rows is not None
    assert target.rows.arg_true().to_list() == list(range(2, 12))
    assert (target.type, target.values.to_list()) == (ColumnType.INTEGER, [*range(10)])


@pytest.mark.parametrize(
    ("name", "values", "warning"),
    [
        ("y", [f"Ann {row}" for row in range(11)] + ["Bob"] * 9, "has 12 distinct texts in 20 rows, like a name or an"),
        ("y", range(20), "has a distinct whole number in every row, like a row number or an ID"),
        ("order_id", range(5, 3_000, 7), "has a distinct whole number in every row, like a row number or an ID"),
    ],
)
def test_target_that_identifies_rows_has_a_warning(name, values, warning):
    (found,) = target_of(list(values), name).warnings

    assert f"The target '{name}' {warning}" in found


def test_marks_of_missing_values_are_rows_without_a_target():
    target = target_of(["N/A", "", " ", "-"] + [f"{row}.5" for row in range(10)])

    assert (target.type, target.values.to_list()) == (ColumnType.NUMBER, [row + 0.5 for row in range(10)])
    assert target.rows is not None
    assert target.rows.arg_true().to_list() == list(range(4, 14))
    assert target.read_as
    assert target.read_as.missing == ["-", "N/A"]


def test_words_are_classes_as_they_are_spelled():
    target = target_of(["yes", "no"] * 10)

    assert (target.type, as_classes(target)[0], target.read_as) == (ColumnType.CATEGORY, ["no", "yes"], None)


@pytest.mark.parametrize(
    ("kind", "classes"), [("category", ["0", "1"]), ("integer", [0, 1]), ("boolean", [False, True])]
)
def test_type_in_the_options_is_the_type_of_the_classes(kind, classes):
    assert as_classes(target_of(["0", "1"] * 10, types={"y": kind}))[0] == classes


def test_number_in_the_options_makes_codes_a_quantity():
    target = target_of([0, 1, 2] * 10, types={"y": "number"})

    assert infer_task(target.type, target.values) is Task.REGRESSION


def test_spellings_are_reported_and_merged_on_request():
    values = ["yes", "Yes", "no", "no", " no", "yes"] * 5

    apart, merged = target_of(values), target_of(values, merge_values=["y"])

    (warning,) = apart.warnings
    assert warning.startswith("The spellings ' no', 'no' in 'y' differ only by case or spaces, as do those of another")
    assert warning.endswith("merge_values=y.")
    assert (as_classes(apart)[0], as_classes(merged)[0]) == ([" no", "Yes", "no", "yes"], ["no", "yes"])
    assert merged.warnings == []


@pytest.mark.parametrize("odd", [1, 8])
@pytest.mark.parametrize("number", ["{}.5", "{}.123,50 €", "$ {}.50"])
def test_values_that_stand_in_the_way_of_numbers_are_listed(odd, number):
    (warning,) = target_of([number.format(row + 1) for row in range(40 - odd)] + [">100"] * odd).warnings

    assert ("not a number" if odd == 1 else "not numbers") + " ('>100')" in warning
    assert f"{odd} of " in warning


def test_regression_of_texts_names_the_values_that_stand_in_the_way():
    target = target_of([f"{row % 9}.5" for row in range(38)] + ["A12", "A12"])

    with pytest.raises(Unacceptable, match=r"does not hold numbers, .* \('A12'\)"):
        as_numbers(target)


@pytest.mark.parametrize("values", [["00123", "00456"] * 10, ["1", "A", "B", "C"] * 10])
def test_codes_and_texts_have_no_warning_of_numbers(values):
    assert target_of(values).warnings == []


@pytest.mark.parametrize("values", [["a", "b"] * 10, [1.5, 2.5] * 10, [row**2 % 97 for row in range(40)]])
def test_ordinary_target_has_no_warning(values):
    assert target_of(values).warnings == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([None] * 3 + [*range(9)], "Only 9 rows have a target; at least 10 are needed"),
        ([None] * 11 + [1], "Only 1 row has a target; at least 10 are needed"),
        ([1] * 12, "'y' has only one value"),
        ([""] * 12, "'y' is missing in every row"),
    ],
)
def test_unusable_target_is_rejected_with_the_reason(values, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        target_of(values)


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
    found, codes = as_classes(as_target(values))

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
        as_classes(as_target(values))


def test_regression_target_is_numbers():
    assert as_numbers(as_target([1.5, 2.0])).tolist() == [1.5, 2.0]


@pytest.mark.parametrize("values", [["a", "b"], [True, False], ["2024-01-01", "2024-01-02"]])
def test_target_without_numbers_is_rejected_for_regression(values):
    with pytest.raises(Unacceptable, match=r"'y' does not hold numbers, .* task=classification"):
        as_numbers(as_target(values))


def times_of(values, kind=None, y=None):
    table = Table(pl.DataFrame({"^t$": values, "y": y or [*range(len(values))]}))
    return as_times(table, "^t$", kind, find_target(table, "y", TrainOptions()))


DAYS = [f"2024-01-{day}" for day in range(10, 21)]


@pytest.mark.parametrize(
    "values", [DAYS, [*range(11)], [f"{row}.5" for row in range(11)], [day + " 10:00" for day in DAYS]]
)
def test_times_sort_the_rows(values):
    assert np.argsort(times_of(values[::-1])[0]).tolist() == [*range(11)][::-1]


@pytest.mark.parametrize("values", [["a", "b"] * 6, [True, False] * 6, [*DAYS, None], ["a", *DAYS]])
def test_times_that_do_not_sort_all_rows_are_rejected(values):
    with pytest.raises(Unacceptable, match=r"The time column '\^t\$' needs a date, time or number in every row"):
        times_of(values)


def test_times_are_needed_only_in_rows_with_a_target():
    times, _ = times_of([None, *DAYS], y=[None, *range(11)])

    assert len(times) == 11


def test_type_in_the_options_is_the_type_of_the_times():
    with pytest.raises(Unacceptable, match="The time column"):
        times_of(DAYS, ColumnType.CATEGORY)
