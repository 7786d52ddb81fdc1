"""Preview of a training."""

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.estimators import ESTIMATORS, Recipe, linear
from mlapp.ml.recipe import AUTO
from mlapp.ml.training.preview import preview_training
from mlapp.ml.training.runtime_estimate import MEASURED
from mlapp.schemas import ColumnType, Format, ReadAs, Task, TrainOptions
from mlapp.tables.bundled.datasets import dataset
from mlapp.tables.table import Table
from tests.ml.data.dependence.conftest import grouped

ROWS = 60
X = [row * 7 % 11 + row / 100 for row in range(ROWS)]
Y = [value * 2 + row % 3 for row, value in enumerate(X)]


def previewed(columns, read_as=None, **options):
    frame = pl.DataFrame(columns)
    table = Table(frame, read_as) if read_as else Table(frame)
    return preview_training(table, TrainOptions(**options))


@pytest.mark.parametrize(("target", "task"), [("y", Task.REGRESSION), ("kind", Task.CLASSIFICATION)])
def test_preview_tells_the_task_of_the_target(target, task):
    preview = previewed({"x": X, "kind": ["a", "b"] * 30, "y": Y}, target=target)

    assert (preview.target, preview.task, preview.error) == (target, task, None)
    assert preview.estimates["linear"] > 0


def test_preview_without_a_target_chooses_a_plausible_one():
    preview = previewed({"x": X, "price": Y, "name": [f"n{row}" for row in range(ROWS)]})

    assert (preview.target, preview.task) == ("price", Task.REGRESSION)
    assert [column.ignored for column in preview.columns] == [
        None,
        None,
        "has a distinct text in every row, like a name or an ID",
    ]
    assert preview.warnings == ["'name' has a distinct text in every row, like a name or an ID; it is left out."]


@pytest.mark.parametrize(("columns", "then"), [({"x": X, "z": Y}, "'z' is predicted instead."), ({}, "choose another")])
def test_preview_survives_a_target_that_is_gone(columns, then):
    names = {"name": [f"n{row}" for row in range(ROWS)]}

    preview = previewed(names | columns, target="y")

    assert preview.warnings[0].startswith("There is no column 'y' in the table as it is read now; " + then)
    assert preview.target == ("z" if columns else None)


def test_preview_of_a_short_table_says_so():
    assert previewed({"x": ["a"], "y": ["b"]}).error == "The table has too few rows: 1; at least 10 are needed."


def test_preview_without_a_plausible_target_asks_for_one():
    preview = previewed({"name": [f"n{row}" for row in range(ROWS)]})

    assert (preview.target, preview.task, preview.estimates, preview.warnings) == (None, None, {}, [])
    assert preview.error == "No column looks like one to predict; choose the column to predict."


@pytest.mark.parametrize(
    ("columns", "options", "error"),
    [
        ({"x": X[:5], "y": Y[:5]}, {}, "Only 5 rows have a target; at least 10 are needed."),
        ({"x": X, "y": [1] * ROWS}, {}, "The target 'y' has only one value; there is nothing to predict."),
        ({"x": [1] * ROWS, "y": Y}, {}, "No column is left to predict from: 'x' has only one value, '1'."),
        ({"x": X, "y": Y}, {"exclude": ["z"]}, "There is no column 'z' in the table; there are 'x', 'y'."),
        ({"x": X, "y": [1e300, *Y[1:]]}, {}, "Row 0 of column 'y' is beyond ±1e38"),
    ],
)
def test_preview_tells_why_no_model_can_be_trained(columns, options, error):
    preview = previewed(columns, target="y", **options)

    assert (preview.error or "").startswith(error)
    assert (preview.target, preview.task, preview.warnings, preview.estimates) == ("y", None, [], {})


def test_preview_tells_what_was_left_out_and_ambiguous_also_with_an_error():
    read_as = ReadAs(format=Format.CSV, left_out=["Line 1 is a title."], warnings=["1,234 is read as 1234."])

    usable, unusable = previewed({"x": X, "y": Y}, read_as), previewed({"x": X[:3], "y": Y[:3]}, read_as)

    assert usable.warnings == unusable.warnings == ["Line 1 is a title.", "1,234 is read as 1234."]
    assert unusable.error


def test_preview_marks_columns_that_leak_the_target():
    preview = previewed({"x": X, "double": [2 * value for value in Y], "y": Y}, target="y")

    assert [column.leaks for column in preview.columns] == [False, True, False]
    assert "alone predicts 'y'" in preview.warnings[0]


def test_excluded_columns_have_no_warning():
    preview = previewed({"x": X, "z": X, "y": Y}, target="y", exclude=["z"])

    assert ([column.ignored for column in preview.columns], preview.warnings) == ([None, "was excluded", None], [])


def test_columns_that_are_not_used_do_not_matter():
    preview = previewed({"x": X, "z": [1e300] * ROWS, "y": Y}, target="y", features=["x"])

    assert preview.error is None
    assert "beyond ±1e38" in preview.columns[1].warnings[0]


def test_table_without_columns_is_rejected():
    with pytest.raises(Unacceptable, match="The table is empty"):
        previewed({})


@pytest.mark.recipes("random_forest")
def test_preview_estimates_training_times(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ESTIMATORS, "own", Recipe(linear))
    machines, wine = (
        preview_training(table, TrainOptions(target=y)) for table, y in map(dataset, ("machines", "wine"))
    )

    assert machines.estimates["linear"] < machines.estimates["random_forest"] < 10
    assert machines.estimates.keys() == wine.estimates.keys() == MEASURED.keys() & {AUTO, *ESTIMATORS}


def test_preview_shows_the_type_of_the_target():
    preview = previewed({"x": X, "y": [1, 2, 3] * 20}, target="y", types={"x": "number"})

    assert [column.type for column in preview.columns] == [ColumnType.NUMBER, ColumnType.INTEGER]
    assert preview.task is Task.CLASSIFICATION


def test_preview_shows_the_spellings_of_a_target_of_yes_no_words():
    columns = {"x": X, "bought": ["yes", "Yes", "no"] * 20}

    apart, merged = (previewed(columns, target="bought", merge_values=names).columns[1] for names in ([], ["bought"]))

    assert (apart.type, apart.distinct, apart.variants) == (ColumnType.CATEGORY, 3, True)
    assert (merged.distinct, merged.variants) == (2, True)
    as_feature = previewed({**columns, "y": Y}, target="y").columns[1]
    assert (as_feature.type, as_feature.distinct, as_feature.variants) == (ColumnType.BOOLEAN, 2, False)


def test_preview_names_two_classes_with_that_of_interest_last():
    table = {"x": X, "answer": ["yes", "no"] * 30, "kind": ["a", "b", "c"] * 20}

    assert previewed(table, target="answer").two_classes == ["no", "yes"]
    assert previewed(table, target="answer", positive="no").two_classes == ["yes", "no"]
    assert previewed(table, target="kind").two_classes == []


def test_preview_suggests_to_hold_out_whole_groups_until_it_is_set():
    frame = pl.DataFrame(grouped())

    suggested, chosen = (
        preview_training(Table(frame), TrainOptions(target="y", **options))
        for options in ({}, {"group_column": "group"})
    )

    assert [(each.option, each.column) for each in suggested.suggestions] == [("group_column", "group")]
    assert chosen.suggestions == []
    assert chosen.warnings == []
    assert next(column.ignored for column in chosen.columns if column.name == "group") == "is the group column"
