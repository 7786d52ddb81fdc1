"""What speaks against a table."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.quality_checks import doubts
from mlapp.ml.data.signature import infer
from mlapp.ml.data.target import as_classes, as_numbers, infer_task, usable_rows
from mlapp.schemas import Task, TrainOptions
from mlapp.tables import dataset, describe_datasets
from mlapp.tables.table import Table

ROWS = 200
# A fork may have deleted one, and may know that one of its own deserves a warning.
BUNDLED = [info.name for info in describe_datasets() if info.name in {"diabetes", "breast_cancer", "wine", "machines"}]


def doubted(frame, target="y", chosen=None, seed=0):
    rows, kind, values = usable_rows(Table(frame), TrainOptions(target=target))
    task = infer_task(kind, values)
    y = as_numbers(values) if task is Task.REGRESSION else as_classes(values)[1]
    signature = infer(rows, target, chosen)
    return doubts(signature.frame, signature.features, values, task, y, 5, seed)


def noise(rows=ROWS, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def frame_of(rows=ROWS, **columns):
    """A healthy table but for the columns given."""
    return pl.DataFrame({"x": noise(rows), "y": noise(rows, 1)} | columns)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_table_is_not_doubted(name):
    table, target = dataset(name)

    assert doubted(table.frame, target) == []


def test_doubts_are_the_same_every_time():
    frame = frame_of(leak=noise(seed=1) * 2.5, id=range(ROWS))

    assert doubted(frame) == doubted(frame)


def test_leak_is_doubted():
    (doubt,) = doubted(frame_of(leak=noise(seed=1) * 2.5))

    assert doubt.startswith("Column 'leak' alone predicts 'y' almost perfectly; if it is the answer in other words")


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
def test_row_numbers_and_ids_are_doubted(name, values):
    (doubt,) = doubted(frame_of(**{name: values}))

    assert doubt.startswith(f"Column '{name}' has another whole number in every row, like a row number or an id")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("paid", np.random.default_rng(0).permutation(ROWS) ** 2),
        ("number", np.arange(ROWS) % 150),
        ("id", [*range(ROWS - 1), None]),
        ("id", np.arange(ROWS) + 0.5),
    ],
    ids=["another name", "repeated", "with a gap", "not whole"],
)
def test_other_whole_numbers_are_not_doubted(name, values):
    assert doubted(frame_of(**{name: values})) == []


def test_whole_numbers_of_few_rows_are_not_doubted():
    assert doubted(frame_of(12, id=range(12))) == []


def test_column_of_gaps_is_doubted():
    half, less = [None, 1.5, None, 2.5] * 50, [None, 1.5, 3.5, 2.5] * 50

    (doubt,) = doubted(frame_of(half=half, less=less))

    assert doubt.startswith("Column 'half' is empty in 50.0% of the rows; fill it in")


@pytest.mark.parametrize(
    ("usual", "other", "spelled"), [(1.0, 2.0, "1"), (1.5, 2, "1.5"), ("a", "b", "a"), (True, False, "true")]
)
def test_near_constant_column_is_doubted(usual, other, spelled):
    (doubt,) = doubted(frame_of(same=[usual] * (ROWS - 2) + [other] * 2, enough=[usual] * (ROWS - 3) + [other] * 3))

    assert doubt.startswith(f"Column 'same' is '{spelled}' in 99.0% of the rows, so that there is little to learn")


def test_near_constant_column_of_few_rows_is_not_doubted():
    assert doubted(frame_of(99, same=[1] * 98 + [2])) == []


def test_columns_that_the_signature_speaks_of_are_not_doubted():
    useless = {"none": [None] * ROWS, "one": [7] * ROWS, "but": ["a"] * (ROWS - 1) + [None]}

    assert doubted(frame_of(**useless), chosen=["x", *useless]) == []


def test_copies_of_rows_are_doubted():
    once = frame_of()

    (doubt,) = doubted(pl.concat([once, once.head(3)]))

    assert doubt.startswith("3 rows of 203 (1.5%) are exact copies of others, the target included; remove them")
    assert doubted(pl.concat([once, once.head(2)])) == []
    assert doubted(pl.concat([once, once.head(20).with_columns(y=pl.col("y") + 1)])) == []


def test_rows_that_are_alike_by_chance_are_not_doubted():
    kind, parts = np.resize(["a", "b", None], ROWS), np.arange(ROWS) // 50
    table = pl.DataFrame({"kind": kind, "old": [True, False] * 100, "parts": parts, "y": ["u", "u", "v", "u"] * 50})

    assert table.n_unique() < ROWS / 2
    assert doubted(table) == []


def test_classes_of_few_rows_are_doubted():
    y = [f"k{row % 3}" for row in range(188)] + ["r1"] + ["r2"] * 4 + ["r3"] * 4 + ["r4"] * 3

    doubt = doubted(frame_of(y=y))[0]

    assert doubt.startswith("'y' has 4 classes with fewer rows than the 5 parts of the evaluation")
    assert "or to judge: 'r1' (1 row), 'r2' (4 rows), 'r3' (4 rows), …; send more" in doubt
    assert doubted(frame_of(y=["a"] * 100 + ["b"] * 95 + ["c"] * 5))[0].startswith("The classes")


@pytest.mark.parametrize(("usual", "rare", "spelled"), [("no", "yes", "no"), (0, 1, "0"), (False, True, "false")])
def test_imbalance_is_doubted(usual, rare, spelled):
    (doubt,) = doubted(frame_of(y=[usual] * 190 + [rare] * 10))

    assert doubt.startswith(f"The classes of 'y' are out of balance: '{spelled}' has 95.0% of the rows and ")
    assert doubt.endswith("right 95.0% of the time, so look at the balanced accuracy instead of the accuracy.")


def test_balanced_classes_are_not_doubted():
    assert doubted(frame_of(y=["no"] * 189 + ["yes"] * 11)) == []
    assert doubted(frame_of(y=[f"k{row % 40:02}" for row in range(ROWS)])) == []


def test_many_columns_share_a_sentence():
    same = {f"c{place:03}": [1.5] * (ROWS - 1) + [2.5] for place in range(40)}

    said = doubted(frame_of(**same))

    assert len(said) == 4
    assert said[3].startswith("The same holds for 37 more columns: 'c003', 'c004',")
    assert said[3].endswith("'c012', ….")


def test_column_is_doubted_once():
    (doubt,) = doubted(frame_of(id=range(ROWS), y=np.arange(ROWS) * 2.5))

    assert doubt.startswith("Column 'id' alone predicts")


def test_hostile_names_are_shortened():
    name = "a\n'b'" + "x" * 500

    (doubt,) = doubted(frame_of(**{name: range(ROWS)}))

    assert "\n" not in doubt
    assert len(doubt) < 300
