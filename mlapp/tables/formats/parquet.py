"""Parquet reader, and what it shares with the reader of Arrow files: plain columns without pandas' index."""

import io
import json
import re
from collections.abc import Callable

import polars as pl
import polars.selectors as cs

from mlapp.errors import Unacceptable, UnreadableBody, shorten
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.columns.times import in_seconds
from mlapp.tables.table import Table, check_cells, check_names, check_shape

INDEX = re.compile(r"__index_level_\d+__")
"""Names of the columns of a pandas index without a name.

Source: pandas, Developer documentation, Storing pandas DataFrame objects in Apache Parquet format.
"""
PER_SECOND = {"ns": 1_000_000_000, "us": 1_000_000, "ms": 1_000}
EXACT_DIGITS = 15
"""Decimals with more digits are cast to floats by their text: dividing their integer would round twice."""


def parquet_table(data: bytes, options: FileOptions, *, training: bool = False) -> Table:
    """Read a Parquet file; its size is checked by its footer, before any column is decompressed.

    Raises:
        UnreadableBody: the file is truncated, or not Parquet.
        Unacceptable: the target or a chosen feature does not have plain values.
    """
    return columnar_table(
        lambda: pl.scan_parquet(io.BytesIO(data)),
        lambda names: _pandas_index(data) | unnamed_index(names),
        Format.PARQUET,
        options,
        training=training,
    )


def columnar_table(
    scan: Callable[[], pl.LazyFrame],
    index: Callable[[list[str]], set[str]],
    kind: Format,
    options: FileOptions,
    *,
    training: bool,
) -> Table:
    """Read a file of typed columns. Nested and binary columns are never decompressed.

    `index` returns the columns of the pandas index, which are left out of training.

    Raises:
        UnreadableBody: the file is truncated, or has another format.
        Unacceptable: the target or a chosen feature does not have plain values.
    """
    try:
        lazy = scan()
        schema = lazy.collect_schema()
        check_shape(int(lazy.select(pl.len()).collect().item()), len(schema))
        check_names(schema.names())
        reasons = _reasons(schema, index(schema.names()) if training else set(), options.needed_columns)
        kept = [_plain(name, dtype) for name, dtype in schema.items() if name not in reasons]
        frame = lazy.select(kept).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        name = kind.suffix[1:].capitalize()
        raise UnreadableBody(f"The {name} file cannot be read: it is truncated, damaged or not {name}.") from None
    check_cells(frame)
    left_out = [f"Column '{shorten(name)}' {reason}; it is left out." for name, reason in reasons.items()]
    warnings = [
        f"Column '{shorten(name)}' has times or durations, which are read as seconds."
        for name, dtype in schema.items()
        if isinstance(dtype, (pl.Time, pl.Duration)) and name not in reasons
    ]
    return Table(frame, ReadAs(format=kind, left_out=left_out, warnings=warnings), options=options)


def _reasons(schema: pl.Schema, index: set[str], needed: set[str]) -> dict[str, str]:
    """Return the columns that are left out, and why."""
    reasons = {}
    for name, dtype in schema.items():
        if not _is_plain(dtype):
            reasons[name] = f"has {dtype} values, not numbers, text, booleans or dates"
            if name in needed:
                raise Unacceptable(f"Column '{shorten(name)}' {reasons[name]}; choose another one.")
        elif name in index and name not in needed:
            reasons[name] = "is the index of pandas"
    return reasons


def _pandas_index(data: bytes) -> set[str]:
    """Return the columns of the index in pandas' own metadata."""
    try:
        found = json.loads(pl.read_parquet_metadata(data).get("pandas", "{}"))["index_columns"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def unnamed_index(names: list[str]) -> set[str]:
    """Return the columns whose names pandas gives to an index without a name."""
    return {name for name in names if INDEX.fullmatch(name)}


def _is_plain(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or isinstance(
        dtype, (pl.Boolean, pl.String, pl.Date, pl.Datetime, pl.Time, pl.Duration, pl.Categorical, pl.Enum, pl.Null)
    )


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    # pl.col would treat names such as `*` and `^x$` as patterns.
    column = cs.by_name(name)
    if isinstance(dtype, (pl.Time, pl.Duration)):
        unit = dtype.time_unit if isinstance(dtype, pl.Duration) else "ns"
        return in_seconds(column.cast(pl.Int64), PER_SECOND[unit])
    if isinstance(dtype, pl.Decimal):
        return (column.cast(pl.String) if dtype.precision > EXACT_DIGITS else column).cast(pl.Float64)
    return column.cast(pl.String) if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Null)) else column
