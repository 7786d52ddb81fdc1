"""Target: the rows that have one, the task it implies, and its values as estimators take them."""

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml.data.signature import scalar
from mlapp.schemas import ColumnType, Scalar, Task, TrainOptions
from mlapp.tables.columns.conversion import infer_type, unnamed
from mlapp.tables.table import Table

MIN_ROWS = 10
MAX_CLASSES = 1_000


def rows_with_target(table: Table, options: TrainOptions) -> tuple[Table, ColumnType, pl.Series]:
    """Return the rows that have a target, the target's type, and its converted values.

    Raises:
        Unacceptable: a named column does not exist, or there are too few rows or distinct values to train on.
    """
    name = options.target
    if name is None:
        raise Unacceptable("Say which column to predict: send the option 'target'.")
    for option, column in (("target", name), ("time_column", options.time_column)):
        if column is not None and column not in table.frame.columns:
            known = ", ".join(f"'{shorten(known, 40)}'" for known in table.frame.columns[:20])
            detail = f"There is no column '{shorten(column)}' in the table; there are {known or 'none'}."
            raise Unacceptable(detail, [{"detail": detail, "pointer": pointer(option)}])
    kind, values = infer_type(table.frame[name])
    present = unnamed(values).is_not_null()
    count = int(present.sum())
    if count == 0:
        raise Unacceptable(f"The target '{shorten(name)}' is missing in every row.")
    if count < MIN_ROWS:
        have = "row has" if count == 1 else "rows have"
        raise Unacceptable(f"Only {count} {have} a target; at least {MIN_ROWS} are needed.")
    target = values.filter(present)
    if target.n_unique() == 1:
        raise Unacceptable(f"The target '{shorten(name)}' has only one value; there is nothing to predict.")
    frame = table.frame.filter(present) if count < len(values) else table.frame
    return Table(frame, table.read_as, options=table.options), kind, target


def infer_task(kind: ColumnType, target: pl.Series) -> Task:
    """Return classification for texts, booleans and two distinct whole numbers, otherwise regression."""
    binary = kind is ColumnType.INTEGER and target.n_unique() == 2
    if binary or kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return Task.CLASSIFICATION
    return Task.REGRESSION


def as_numbers(target: pl.Series) -> np.ndarray:
    """Return the values of a regression target, (rows,).

    Raises:
        Unacceptable: they are not numbers.
    """
    if target.dtype != pl.Float64:
        raise Unacceptable(
            f"The target '{shorten(target.name)}' does not hold numbers, so regression cannot predict it; choose "
            "another target, send numbers (for example days instead of dates), or task=classification."
        )
    return target.to_numpy()


def as_classes(target: pl.Series) -> tuple[list[Scalar], np.ndarray]:
    """Return the class labels in sorted order, and the index of each row's class, (rows,).

    Raises:
        Unacceptable: there are too many classes, or fewer than two with at least two rows.
    """
    kind, name = infer_type(target)[0], shorten(target.name)
    labels = unnamed(target).unique().sort()
    if len(labels) > MAX_CLASSES:
        raise Unacceptable(f"The target '{name}' has {len(labels):,} classes; at most {MAX_CLASSES:,} are supported.")
    codes = unnamed(target).rank("dense").cast(pl.Int64).to_numpy() - 1
    if np.sort(np.bincount(codes))[-2] < 2:
        raise Unacceptable(
            f"At least two classes of the target '{name}' need two rows or more, one to train and one to evaluate; "
            "send more rows, or task=regression if it is a quantity."
        )
    return [_label(labels[code : code + 1], kind) for code in range(len(labels))], codes


def _label(value: pl.Series, kind: ColumnType) -> Scalar:
    label = scalar(value, kind)
    assert label is not None  # noqa: S101 - rows without a target were dropped
    return label


def as_times(rows: Table, name: str) -> np.ndarray:
    """Return the values of a time column as numbers that sort the rows by time.

    Raises:
        Unacceptable: they are neither dates nor numbers, or some are missing.
    """
    kind, values = infer_type(rows.frame[name])
    if kind not in (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER) or values.has_nulls():
        raise Unacceptable(f"The time column '{shorten(name)}' needs a date, time or number in every row.")
    return values.cast(pl.Float64).to_numpy()
