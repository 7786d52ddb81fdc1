"""Groups of rows."""

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.dependence.groups import as_groups, group_indices
from mlapp.ml.data.target import find_target
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table


def groups_of(frame, **options):
    table = Table(frame)
    return as_groups(table, "patient", options.get("kind"), find_target(table, "y", TrainOptions(target="y")))


@pytest.mark.parametrize(
    "values", [["b", None, "a", "b", None], [3.5, None, 1.0, 3.5, None], [True, None, False, True, None]]
)
def test_groups_are_numbered_by_first_rows_and_missing_values_are_groups_of_their_own(values):
    assert group_indices(pl.Series(values)).tolist() == [0, 1, 2, 0, 3]


def test_groups_are_those_of_the_rows_with_a_target():
    frame = pl.DataFrame({"patient": [f"P{row // 4}" for row in range(44)], "y": [None] * 4 + list(range(40))})

    groups, warnings = groups_of(frame)

    assert groups.tolist() == [row // 4 for row in range(40)]
    assert warnings == []


def test_texts_of_numbers_and_numbers_are_the_same_groups():
    numbers = [row % 7 for row in range(40)]
    frames = [pl.DataFrame({"patient": values, "y": range(40)}) for values in (numbers, [f"{n}.0" for n in numbers])]

    first, second = (groups_of(frame)[0].tolist() for frame in frames)

    assert first == second


def test_single_group_is_rejected():
    frame = pl.DataFrame({"patient": ["a"] * 20, "y": range(20)})

    with pytest.raises(Unacceptable, match="has only one value") as rejected:
        groups_of(frame)

    assert rejected.value.errors[0]["pointer"] == "/group_column"
