"""Transfer of tables between processes."""

import pickle
from datetime import date

import polars as pl

from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.table import Table
from mlapp.tables.transfer import pack_table, unpack_table


def test_table_is_the_same_after_a_transfer():
    frame = pl.DataFrame({"a": [1.5, None], "b": ["x", "1"], "c": [date(2024, 1, 1), None], "d": [True, None]})
    table = Table(frame, ReadAs(format=Format.WORKBOOK), lines=[3, 5], problems={1: "The row is blank."}, mixed={"b"})
    options = FileOptions(sheet="S")

    found = unpack_table(pickle.loads(pickle.dumps(pack_table(table))), options)

    assert found.frame.equals(frame)
    assert (found.read_as, found.options) == (table.read_as, options)
    assert (found.lines, found.problems, found.mixed) == (table.lines, table.problems, table.mixed)
