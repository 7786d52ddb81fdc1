"""Data-quality warnings."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.quality.leakage import leaking_features
from mlapp.ml.data.quality.quality_checks import quality_warnings
from mlapp.ml.data.signature import infer_signature
from mlapp.ml.data.target import as_classes, as_numbers, find_target, infer_task
from mlapp.schemas import Task, TrainOptions
from mlapp.tables import dataset, describe_datasets
from mlapp.tables.table import Table

ROWS = 200
# A fork may have deleted some of them, and may have added tables that have warnings.
BUNDLED = [info.name for info in describe_datasets() if info.name in {"diabetes", "breast_cancer", "wine", "machines"}]


def warned(frame, target="y", chosen=None, seed=0):
    options = TrainOptions(target=target, features=chosen)
    table = Table(frame)
    found = find_target(table, target, options)
    task = infer_task(found.type, found.values)
    y = as_numbers(found) if task is Task.REGRESSION else as_classes(found)[1]
    signature = infer_signature(table, target, options, found.rows)
    leaking = leaking_features(signature.frame, signature.features, y, task, seed)
    return quality_warnings(signature.frame, signature.features, found.values, task, y, leaking)


def noise(rows=ROWS, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def frame_of(rows=ROWS, **columns):
    """A table without defects, and the columns given."""
    return pl.DataFrame({"x": noise(rows), "y": noise(rows, 1)} | columns)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_table_has_no_warnings(name):
    table, target = dataset(name)

    assert warned(table.frame, target) == []


def test_warnings_are_deterministic():
    frame = frame_of(leak=noise(seed=1) * 2.5, id=range(ROWS))

    assert warned(frame) == warned(frame)


def test_leak_is_reported():
    (warning,) = warned(frame_of(leak=noise(seed=1) * 2.5))

    assert "'leak' alone predicts 'y'" in warning


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("row", range(ROWS)),
        ("shuffled", np.random.default_rng(0).permutation(ROWS) + 1000),
        ("falling", range(10_000, 10_000 - 7 * ROWS, -7)),
        ("PassengerId", np.random.default_rng(0).permutation(ROWS) ** 2),
        ("customer_nr", np.random.default_rng(0).permutation(ROWS) ** 2),
    ],
)
def test_row_numbers_and_ids_are_reported(name, values):
    (warning,) = warned(frame_of(**{name: values}))

    assert f"'{name}' has another whole number in every row" in warning


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("paid", np.random.default_rng(0).permutation(ROWS) ** 2),
        ("number", np.arange(ROWS) % 150),
        ("id", [*range(ROWS - 1), None]),
        ("id", np.arange(ROWS) + 0.5),
    ],
    ids=["another name", "repeated", "with a missing value", "not whole"],
)
def test_other_whole_numbers_are_not_reported(name, values):
    assert warned(frame_of(**{name: values})) == []


def test_distinct_numbers_in_few_rows_are_not_reported():
    assert warned(frame_of(12, id=range(12))) == []


def test_mostly_missing_column_is_reported():
    half, less = [None, 1.5, None, 2.5] * 50, [None, 1.5, 3.5, 2.5] * 50

    (warning,) = warned(frame_of(half=half, less=less))

    assert "'half' is missing in 50.0% of the rows" in warning


@pytest.mark.parametrize(
    ("usual", "other", "spelled"), [(1.0, 2.0, "1"), (1.5, 2, "1.5"), ("a", "b", "a"), (True, False, "true")]
)
def test_near_constant_column_is_reported(usual, other, spelled):
    (warning,) = warned(frame_of(same=[usual] * (ROWS - 2) + [other] * 2, enough=[usual] * (ROWS - 3) + [other] * 3))

    assert f"'same' is '{spelled}' in 99.0% of the rows" in warning


def test_near_constant_column_of_few_rows_is_not_reported():
    assert warned(frame_of(99, same=[1] * 98 + [2])) == []


def test_columns_that_the_signature_reports_are_not_reported_again():
    useless = {"none": [None] * ROWS, "one": [7] * ROWS, "but": ["a"] * (ROWS - 1) + [None]}

    assert warned(frame_of(**useless), chosen=["x", *useless]) == []


def test_duplicate_rows_are_reported():
    once = frame_of()

    (warning,) = warned(pl.concat([once, once.head(3)]))

    assert warning.startswith("3 rows of 203 (1.5%) repeat another row exactly")
    assert warned(pl.concat([once, once.head(2)])) == []
    assert warned(pl.concat([once, once.head(20).with_columns(y=pl.col("y") + 1)])) == []


def test_duplicates_by_chance_are_not_reported():
    kind, parts = np.resize(["a", "b", None], ROWS), np.arange(ROWS) // 50
    table = pl.DataFrame({"kind": kind, "old": [True, False] * 100, "parts": parts, "y": ["u", "u", "v", "u"] * 50})

    assert table.n_unique() < ROWS / 2
    assert warned(table) == []


def test_rare_classes_are_reported():
    y = [f"k{row % 3}" for row in range(188)] + ["r1"] + ["r2"] * 4 + ["r3"] * 4 + ["r4"] * 3

    warning = warned(frame_of(y=y))[0]

    assert warning.startswith("'y' has 4 values in fewer than 5 rows")
    assert ": 'r1' (1 row), 'r2' (4 rows), 'r3' (4 rows), …. " in warning
    assert "'y' is 'a' in 50.0%" in warned(frame_of(y=["a"] * 100 + ["b"] * 95 + ["c"] * 5))[0]


@pytest.mark.parametrize(("usual", "rare", "spelled"), [("no", "yes", "no"), (0, 1, "0"), (False, True, "false")])
def test_class_imbalance_is_reported(usual, rare, spelled):
    (warning,) = warned(frame_of(y=[usual] * 190 + [rare] * 10))

    assert f"'y' is '{spelled}' in 95.0% of the rows" in warning
    assert "balanced accuracy" in warning


def test_balanced_classes_are_not_reported():
    assert warned(frame_of(y=["no"] * 189 + ["yes"] * 11)) == []
    assert warned(frame_of(y=[f"k{row % 40:02}" for row in range(ROWS)])) == []


def test_many_columns_share_a_warning():
    same = {f"c{index:03}": [1.5] * (ROWS - 1) + [2.5] for index in range(40)}

    warnings = warned(frame_of(**same))

    assert len(warnings) == 4
    assert "37 more columns: 'c003', 'c004'," in warnings[3]
    assert warnings[3].endswith("'c012', ….")


def test_column_is_reported_once():
    (warning,) = warned(frame_of(id=range(ROWS), y=np.arange(ROWS) * 2.5))

    assert "'id' alone predicts" in warning


def test_hostile_names_are_shortened():
    name = "a\n'b'" + "x" * 500

    (warning,) = warned(frame_of(**{name: range(ROWS)}))

    assert "\n" not in warning
    assert len(warning) < 300
