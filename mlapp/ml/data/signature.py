"""Signature: the features that a version expects, inferred from its training table."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.column_options import INDEX_NAME, feature_names, of_rows
from mlapp.ml.data.quality.quality_checks import spelling_warnings
from mlapp.ml.threads import map_columns
from mlapp.schemas import ColumnType, Distribution, Feature, IgnoredColumn, Scalar, TrainOptions
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.columns.texts.inference import InferredColumn
from mlapp.tables.table import Table

MAX_CATEGORIES = 10_000
"""A column of categories with more distinct values is no feature."""
INDEX_SPAN = 5
"""A part of a shuffled table, such as its test rows, has row numbers up to this many times its rows."""
MADE_UP_TEXT = "This is an example of a text."
"""The example of text features, as no one may see what others wrote in the training table."""
MAX_EXAMPLES = 20
MAX_EXAMPLE_CELLS = 2_000
"""Bounds the cells of all example rows; one row is kept in any case."""


@dataclass(frozen=True)
class Signature:
    """The features of a version, the ignored columns, and the table converted to the features' types."""

    features: list[Feature]
    ignored: list[IgnoredColumn]
    warnings: list[str]
    frame: pl.DataFrame
    """The converted columns of the features."""
    examples: list[list[Scalar | None]]
    """A few rows, in the order of the features; the first one is also in the features' `example`."""
    distributions: list[Distribution]
    """The distribution of each feature."""


def infer_signature(table: Table, target: str, options: TrainOptions, rows: pl.Series | None = None) -> Signature:
    """Infer the signature from a training table, of which only some `rows` have a target.

    By default, constant and empty columns, row numbers, and categories that are distinct in every row are ignored.
    Chosen features are all used, with a warning for each that would be ignored. Other columns are not looked at.

    Raises:
        Unacceptable: a feature cannot be used, or no feature is left.
    """
    names = feature_names(table.frame.columns, target, options)
    reasons = dict.fromkeys(options.exclude, "was excluded") | of_rows(options)
    ignored = [IgnoredColumn(name=name, reason=reason) for name, reason in reasons.items()]
    warnings, used = [], []
    # Computed once, before the threads.
    conventions = table.conventions

    def inspect(name: str) -> _UsedColumn | IgnoredColumn:
        found = infer_column(
            table.frame[name], conventions, options.types.get(name), merge=name in options.merge_values
        )
        values = found.values if rows is None else found.values.filter(rows)
        return _inspect(found._replace(values=values), chosen=options.features is not None)

    for column in map_columns(inspect, names, table.frame.height):
        if isinstance(column, IgnoredColumn):
            ignored.append(column)
        else:
            warnings += column.warnings
            used.append(column)
    if not used:
        raise Unacceptable("No column is left to predict from: " + _reasons(ignored))
    features = [column.feature for column in used]
    frame = pl.DataFrame({column.feature.name: column.values for column in used})
    examples = _examples(features, frame)
    for feature, example in zip(features, examples[0], strict=True):
        feature.example = example
    return Signature(features, ignored, warnings, frame, examples, [column.distribution for column in used])


class _UsedColumn(NamedTuple):
    feature: Feature
    values: pl.Series
    """Converted."""
    distribution: Distribution
    warnings: list[str]


def _inspect(found: InferredColumn, *, chosen: bool) -> _UsedColumn | IgnoredColumn:
    """Return a column as a feature, or why it is ignored; a chosen column is always a feature."""
    name, values = found.values.name, unnamed(found.values)
    reason = _ignore_reason(name, found.type, values)
    if reason and not chosen:
        return IgnoredColumn(name=name, reason=reason)
    warnings = [f"Feature '{shorten(name)}' was chosen although it {reason}."] if reason else []
    feature = describe_feature(name, found.type, values)
    feature.read_as = found.read_as
    variants = spelling_warnings(name, pl.Series(feature.categories, dtype=pl.String))
    return _UsedColumn(
        feature, found.values, distribution(found.values, found.type), warnings + found.warnings + variants
    )


def _ignore_reason(name: str, kind: ColumnType, values: pl.Series) -> str | None:
    present = values.drop_nulls()
    if present.is_empty():
        return "is empty"
    # Counting the distinct values of a numeric column takes as long as reading it.
    distinct = present.n_unique() if kind is ColumnType.CATEGORY else 1 + bool(present.min() != present.max())
    if distinct == 1:
        whole = present.cast(pl.Int64) if kind is ColumnType.INTEGER else present
        shown = "" if kind is ColumnType.TEXT else f", '{shorten(format_values(whole)[0])}'"
        return f"has only one value{shown}"
    if kind is ColumnType.CATEGORY and distinct == len(present):
        return "has a distinct text in every row, like a name or an ID"
    if kind is ColumnType.CATEGORY and distinct > MAX_CATEGORIES:
        return f"has {distinct:,} distinct texts, more than the maximum of {MAX_CATEGORIES:,}"
    if kind is ColumnType.INTEGER and INDEX_NAME.fullmatch(name) and _are_row_numbers(values):
        return "has a distinct whole number in every row and the name of an index"
    return None


def _are_row_numbers(values: pl.Series) -> bool:
    """Return whether whole numbers are distinct, and in order or within the range of row numbers."""
    if values.has_nulls() or values.min() < 0:  # type: ignore[operator]
        return False
    near = values.max() < INDEX_SPAN * len(values)  # type: ignore[operator]
    return bool((near or values.is_sorted()) and values.n_unique() == len(values))


def describe_feature(name: str, kind: ColumnType, values: pl.Series) -> Feature:
    """Return a converted column as a feature, without an example."""
    feature = Feature(name=name, type=kind, required=not values.has_nulls(), example=None)
    # A mean depends on the chunks, and these on the format.
    present = values.drop_nulls().rechunk()
    if kind is ColumnType.CATEGORY:
        counts = present.value_counts(name="count").sort("count", "", descending=[True, False])
        feature.categories = counts[""].head(MAX_CATEGORIES).to_list()
    elif kind is ColumnType.TEXT:
        lengths = present.str.len_chars()
        feature.min, feature.max = lengths.min(), lengths.max()  # type: ignore[assignment]
    elif kind is not ColumnType.BOOLEAN and len(present):
        feature.min, feature.max = present.min(), present.max()  # type: ignore[assignment]
        if kind is not ColumnType.DATETIME:
            feature.mean = float(present.mean())  # type: ignore[arg-type]
        if kind is ColumnType.INTEGER:
            feature.min, feature.max = int(feature.min), int(feature.max)  # type: ignore[arg-type]
    return feature


def _examples(features: list[Feature], frame: pl.DataFrame) -> list[list[Scalar | None]]:
    """Return evenly spaced rows of the table, after the first row with the fewest missing values."""
    first = frame.select(pl.sum_horizontal(pl.all().is_null())).to_series().arg_min() or 0
    count = max(1, min(MAX_EXAMPLES, MAX_EXAMPLE_CELLS // len(features)))
    spread = np.unique(np.linspace(0, frame.height - 1, count, dtype=int)).tolist()
    rows = [first, *(row for row in spread if row != first)][:count]
    return [[scalar(frame[feature.name][row : row + 1], feature.type) for feature in features] for row in rows]


def scalar(value: pl.Series, kind: ColumnType) -> Scalar | None:
    """Return the single value of a converted column as a JSON scalar: integers as int, datetimes as text.

    A made-up text stands for all texts.
    """
    if value[0] is None:
        return None
    if kind is ColumnType.TEXT:
        return MADE_UP_TEXT
    if kind is ColumnType.INTEGER:
        return int(value[0])
    return format_values(value)[0] if kind is ColumnType.DATETIME else value[0]  # type: ignore[no-any-return]


def _reasons(ignored: list[IgnoredColumn]) -> str:
    if not ignored:
        return "the table has only the target."
    first = "; ".join(f"'{shorten(column.name)}' {column.reason}" for column in ignored[:3])
    return first + ("; …" if len(ignored) > 3 else ".")
