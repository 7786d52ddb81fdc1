"""The target: which rows have one, what task it makes, and its values as estimators take them."""

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml.data.signature import scalar
from mlapp.schemas import ColumnType, Scalar, Task, TrainOptions
from mlapp.tables.columns.types import nameless, narrow
from mlapp.tables.table import Table

MIN_ROWS = 10
MAX_CLASSES = 1_000


def usable_rows(table: Table, options: TrainOptions) -> tuple[Table, ColumnType, pl.Series]:
    """Return the rows that have a target, its type, and its converted values.

    Raises:
        Unacceptable: a named column is not there, or there are too few rows or values to learn from.
    """
    name = options.target
    if name is None:
        raise Unacceptable("Say which column to predict: send the option 'target'.")
    for option, column in (("target", name), ("time_column", options.time_column)):
        if column is not None and column not in table.frame.columns:
            known = ", ".join(f"'{shorten(known, 40)}'" for known in table.frame.columns[:20])
            detail = f"There is no column '{shorten(column)}' in the table; there are {known or 'none'}."
            raise Unacceptable(detail, [{"detail": detail, "pointer": pointer(option)}])
    kind, values = narrow(table.frame[name])
    there = nameless(values).is_not_null()
    usable = int(there.sum())
    if usable == 0:
        raise Unacceptable(f"The target '{shorten(name)}' is missing in every row.")
    if usable < MIN_ROWS:
        have = "row has" if usable == 1 else "rows have"
        raise Unacceptable(f"Only {usable} {have} a target; at least {MIN_ROWS} are needed.")
    target = values.filter(there)
    if target.n_unique() == 1:
        raise Unacceptable(f"The target '{shorten(name)}' has only one value; there is nothing to learn.")
    frame = table.frame.filter(there) if usable < len(values) else table.frame
    return Table(frame, table.format), kind, target


def infer_task(kind: ColumnType, target: pl.Series) -> Task:
    """Return what a target makes: classes of texts, booleans and two whole numbers, else a quantity."""
    few = kind is ColumnType.INTEGER and target.n_unique() == 2
    if few or kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return Task.CLASSIFICATION
    return Task.REGRESSION


def as_numbers(target: pl.Series) -> np.ndarray:
    """Return the values of a quantity.

    Raises:
        Unacceptable: they are no numbers.
    """
    if target.dtype != pl.Float64:
        raise Unacceptable(
            f"The target '{shorten(target.name)}' holds no numbers, so regression cannot predict it; choose another "
            "target, send numbers (days, say, instead of dates), or task=classification."
        )
    return target.to_numpy()


def as_classes(target: pl.Series) -> tuple[list[Scalar], np.ndarray]:
    """Return the classes in order, and for each row the place of its class.

    Raises:
        Unacceptable: there are too many, or no two with two rows.
    """
    kind, name = narrow(target)[0], shorten(target.name)
    values = nameless(target).unique().sort()
    if len(values) > MAX_CLASSES:
        raise Unacceptable(
            f"The target '{name}' has {len(values):,} classes; at most {MAX_CLASSES:,} can be told apart."
        )
    places = nameless(target).rank("dense").cast(pl.Int64).to_numpy() - 1
    if np.sort(np.bincount(places))[-2] < 2:
        raise Unacceptable(
            f"At least two classes of the target '{name}' need two rows or more, to learn from one and judge by the "
            "other; send more rows, or task=regression if it is a quantity."
        )
    return [_class(values[place : place + 1], kind) for place in range(len(values))], places


def _class(value: pl.Series, kind: ColumnType) -> Scalar:
    found = scalar(value, kind)
    assert found is not None  # noqa: S101 - rows without a target are gone
    return found


def as_times(rows: Table, name: str) -> np.ndarray:
    """Return the values of a time column, as numbers that order the rows.

    Raises:
        Unacceptable: they are neither dates nor numbers, or some are missing.
    """
    kind, values = narrow(rows.frame[name])
    if kind not in (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER) or values.has_nulls():
        raise Unacceptable(f"The time column '{shorten(name)}' needs a date, time or number in every row.")
    return values.cast(pl.Float64).to_numpy()
