"""Frames of pandas as frames of polars."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.library.tables import to_polars

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        (pd.Series([1, 2]), [1, 2], pl.Int64),
        (pd.Series([1.5, np.nan]), [1.5, None], pl.Float64),
        (pd.Series([1, None], dtype="Int64"), [1, None], pl.Int64),
        (pd.Series([True, None], dtype="boolean"), [True, None], pl.Boolean),
        (pd.Series(["a", None]), ["a", None], pl.String),
        (pd.Series(["a", None], dtype="category"), ["a", None], pl.String),
        (pd.Series([2, 1], dtype="category"), [2, 1], pl.Int64),
        (pd.Series([1, "a", None], dtype=object), ["1", "a", None], pl.String),
        (pd.Series([Decimal("1.50"), None]), ["1.50", None], pl.String),
        (pd.Series([date(2024, 3, 1), None]), ["2024-03-01", None], pl.String),
        (
            pd.Series(["2024-03-01T12:00", None], dtype="datetime64[s]"),
            [NOON.replace(tzinfo=None), None],
            pl.Datetime("us"),
        ),
        (pd.Series([NOON, None]).astype("datetime64[ns, UTC]"), [NOON, None], pl.Datetime("ns", "UTC")),
        (pd.Series([NOON]).dt.tz_convert("+02:00"), [NOON], pl.Datetime("us", "UTC")),
        (pd.Series([NOON]).dt.tz_convert("dateutil/Europe/Berlin"), [NOON], pl.Datetime("us", "UTC")),
        (pd.Series([1.5, np.nan], dtype=np.longdouble), [1.5, None], pl.Float64),
        (pd.to_timedelta(pd.Series([60.0, None]), unit="s"), [pd.Timedelta(60, unit="s"), None], pl.Duration),
    ],
)
def test_columns_of_pandas_keep_values_and_types(column: "pd.Series[Any]", values: list[Any], dtype: pl.DataType):
    found = to_polars(pd.DataFrame({"a": column}))["a"]

    assert found.dtype == dtype
    assert found.to_list() == values


def test_index_is_left_out_and_names_become_text():
    frame = pd.DataFrame({0: [1, 2], "*": [3, 4]}, index=pd.Index([7, 8], name="id"))

    assert to_polars(frame).to_dict(as_series=False) == {"0": [1, 2], "*": [3, 4]}
    assert to_polars(pd.DataFrame(index=[1, 2])).height == 2


def test_columns_of_one_name_are_rejected():
    frame = pd.DataFrame([[1, 2]], columns=["1", 1])

    with pytest.raises(Unacceptable, match="The column '1' is given twice"):
        to_polars(frame)


@pytest.mark.parametrize("frame", [pd.DataFrame({"\ud800": [1]}), pd.DataFrame({"a": ["\ud800"]}, dtype=object)])
def test_lone_surrogates_are_rejected(frame):
    with pytest.raises(Unacceptable, match="A text has a lone surrogate, half of a character"):
        to_polars(frame)


@pytest.mark.parametrize(("table", "kind"), [([{"a": 1}], "list"), (pd.Series([1]), "Series")])
def test_other_types_are_rejected(table, kind):
    with pytest.raises(TypeError, match=f"A table is a polars or pandas frame, or the path of a file, not {kind}"):
        to_polars(table)
