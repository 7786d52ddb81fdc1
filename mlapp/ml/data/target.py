"""Target: the rows that have one, the task it implies, and its values as estimators take them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.quality.quality_checks import identifies, spelling_warnings
from mlapp.ml.data.signature import scalar
from mlapp.schemas import ColumnFormat, ColumnType, KeptTask, Scalar, Task, TrainOptions
from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.columns.texts.obstacles import MAX_EXPLAINED, listed
from mlapp.tables.table import Table

MIN_ROWS = 10
MAX_CLASSES = 1_000
CODES = range(3, 11)
"""Numbers of distinct whole numbers that are taken as codes of classes, if they are consecutive from 0 or 1."""
NUMBER_LIKE = r"^\s*[-+($€£¥]*\s*\d[\d.,'’\s]*[%€$£¥)]*\s*$"
ROWS_PER_CODE = 50
"""One row in this many, at least, has each of the codes: 2 %."""


@dataclass(frozen=True)
class Target:
    """The values of the rows that have a target."""

    type: ColumnType
    values: pl.Series
    """Converted to the type."""
    read_as: ColumnFormat | None
    """How the values are written; None if they are plain."""
    warnings: list[str]
    """Warnings about the values, as sentences."""
    rows: pl.Series | None = None
    """True for the rows of the table that have a target, and no weight of 0; None if all have."""


def find_target(table: Table, name: str, options: TrainOptions, weights: pl.Series | None = None) -> Target:
    """Return the target of a table; rows whose weight is 0 do not count.

    Raises:
        Unacceptable: values are not of the type in the options, or there are too few rows or distinct values.
    """
    kind = options.types.get(name)
    # Classes are answered as they are spelled in the table: `yes`, not `true`.
    found = infer_column(table.frame[name], table.conventions, kind, words=False, merge=name in options.merge_values)
    if found.type is ColumnType.TEXT:
        # Texts to predict are classes, however long.
        found = found._replace(type=ColumnType.CATEGORY)
    present = unnamed(found.values).is_not_null()
    count = int(present.sum())
    if count == 0:
        raise Unacceptable(f"The target '{shorten(name)}' is missing in every row.")
    what = "a target"
    if weights is not None:
        present, what = present & (weights.is_null() | (weights != 0)), "a target and a weight above 0"
        count = int(present.sum())
    if count < MIN_ROWS:
        have = "row has" if count == 1 else "rows have"
        raise Unacceptable(f"Only {count} {have} {what}; at least {MIN_ROWS} are needed.")
    rows = present if count < len(present) else None
    values = found.values if rows is None else found.values.filter(rows)
    if values.min() == values.max():
        raise Unacceptable(f"The target '{shorten(name)}' has only one value; there is nothing to predict.")
    warnings = [*found.warnings, *_warnings(found.type, values, is_given=kind is not None)]
    return Target(found.type, values, found.read_as, warnings, rows)


def _warnings(kind: ColumnType, values: pl.Series, *, is_given: bool) -> list[str]:
    """Warn of values that identify rows, of spellings, and of texts that are mostly numbers."""
    name, rows = shorten(values.name), len(values)
    if kind is ColumnType.INTEGER and identifies(values.name, unnamed(values)):
        return [_identity(name, "a distinct whole number in every row, like a row number or an ID")]
    if kind is not ColumnType.CATEGORY:
        return []
    others, distinct = unnamed(values).filter(~unnamed(values).str.contains(NUMBER_LIKE)), unnamed(values).unique()
    warnings = spelling_warnings(name, distinct)
    if not is_given and 0 < len(others) < rows / 2:
        # `infer_column` warns of a smaller share.
        if len(others) > MAX_EXPLAINED * rows:
            found = f"{len(others):,} of the {rows:,} values of the target '{name}' are not numbers ({listed(others)})"
            advice = "empty those cells, or send them as na_values, if it is a quantity"
            warnings.append(f"{found}, so they are predicted as classes; {advice}.")
    elif len(distinct) > rows / 2:
        warnings.append(_identity(name, f"{len(distinct):,} distinct texts in {rows:,} rows, like a name or an ID"))
    return warnings


def _identity(name: str, found: str) -> str:
    return f"The target '{name}' has {found}; choose another column unless this is what you predict."


def infer_task(kind: ColumnType, values: pl.Series) -> Task:
    """Return classification for texts, booleans, two distinct whole numbers and codes, otherwise regression."""
    if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return Task.CLASSIFICATION
    if kind is ColumnType.INTEGER and (_is_binary(values) or _are_codes(values)):
        return Task.CLASSIFICATION
    return Task.REGRESSION


def keep_task(target: Target, kept: KeptTask | None) -> Task | None:
    """Return the task of a model if the target suits it: numbers for regression, classes of the same type."""
    if kept is None:
        return None
    if kept.task is Task.REGRESSION:
        return kept.task if target.values.dtype == pl.Float64 else None
    return kept.task if target.type is kept.target_type and target.values.n_unique() <= MAX_CLASSES else None


def _is_binary(numbers: pl.Series) -> bool:
    """Return whether there are two distinct numbers; counting all distinct ones of a large column takes long."""
    return bool(((numbers == numbers.min()) | (numbers == numbers.max())).all())


def _are_codes(values: pl.Series) -> bool:
    """Return whether whole numbers are consecutive ones from 0 or 1, none of them rare, like codes of classes."""
    low, span = values.min(), values.max() - values.min() + 1  # type: ignore[operator]
    if low not in (0, 1) or span not in CODES:
        return False
    counts = unnamed(values).value_counts(name="rows")["rows"].sort()
    # Classes with one row each could not be evaluated.
    return bool(len(counts) == span and counts[0] * ROWS_PER_CODE >= len(values) and counts[-2] > 1)


def task_warnings(kind: ColumnType, values: pl.Series) -> list[str]:
    """Warn of whole numbers that were taken as classes, although they could be a quantity."""
    if kind is not ColumnType.INTEGER or _is_binary(values):
        return []
    name, low, high = shorten(values.name), int(values.min()), int(values.max())  # type: ignore[arg-type]
    found = f"The target '{name}' has only the whole numbers {low} to {high}, so they are predicted as classes"
    return [f"{found}; send task=regression if it is a quantity."]


def as_numbers(target: Target) -> np.ndarray:
    """Return the values of a regression target, (rows,).

    Raises:
        Unacceptable: they are not numbers.
    """
    if target.values.dtype != pl.Float64:
        name, reasons = shorten(target.values.name), "".join(f" {warning}" for warning in target.warnings)
        raise Unacceptable(
            f"The target '{name}' does not hold numbers, so regression cannot predict it; choose "
            f"another target, send numbers (for example days instead of dates), or task=classification.{reasons}"
        )
    return target.values.to_numpy()


def as_classes(target: Target) -> tuple[list[Scalar], np.ndarray]:
    """Return the class labels in sorted order, and the index of each row's class, (rows,).

    Raises:
        Unacceptable: there are too many classes, or fewer than two with at least two rows.
    """
    name, values = shorten(target.values.name), unnamed(target.values)
    labels = values.unique().sort()
    if len(labels) > MAX_CLASSES:
        raise Unacceptable(f"The target '{name}' has {len(labels):,} classes; at most {MAX_CLASSES:,} are supported.")
    codes = values.rank("dense").cast(pl.Int64).to_numpy() - 1
    if np.sort(np.bincount(codes))[-2] < 2:
        raise Unacceptable(
            f"At least two classes of the target '{name}' need two rows or more, one to train and one to evaluate; "
            "send more rows, or task=regression if it is a quantity."
        )
    return [_label(labels[code : code + 1], target.type) for code in range(len(labels))], codes


def _label(value: pl.Series, kind: ColumnType) -> Scalar:
    label = scalar(value, kind)
    assert label is not None  # noqa: S101 - rows without a target were dropped
    return label


def as_times(table: Table, name: str, kind: ColumnType | None, target: Target) -> tuple[np.ndarray, list[str]]:
    """Return a time column as numbers that sort the rows with a target by time, and warnings about it.

    `kind` overrules the type of the column.

    Raises:
        Unacceptable: its values are neither dates nor numbers, or some are missing.
    """
    found = infer_column(table.frame[name], table.conventions, kind)
    values = found.values if target.rows is None else found.values.filter(target.rows)
    if found.type not in (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER) or values.has_nulls():
        reasons = "".join(f" {warning}" for warning in found.warnings)
        raise Unacceptable(f"The time column '{shorten(name)}' needs a date, time or number in every row.{reasons}")
    return values.cast(pl.Float64).to_numpy(), found.warnings
