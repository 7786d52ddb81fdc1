"""Table preview: types, distributions and examples of the columns, and the first rows."""

import polars as pl

from mlapp.errors import Unacceptable
from mlapp.schemas import ColumnType, TableColumn, TablePreview, TrainOptions
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.columns.texts.inference import InferredColumn
from mlapp.tables.columns.texts.spellings import spelling_variants
from mlapp.tables.formats.writer import format_rows
from mlapp.tables.table import Table

HEAD_ROWS = 20
MAX_EXAMPLES = 3
MAX_CATEGORIES = 10_000
"""Spellings of more distinct texts are not compared."""


def preview_table(table: Table, options: TrainOptions) -> TablePreview:
    """Describe the columns as training would convert them, and return the first rows.

    Raises:
        Unacceptable: the table has no columns.
    """
    if not table.frame.width:
        raise Unacceptable("The table is empty; choose one with column names and rows.")
    columns = [describe_column(raw, table.conventions, options) for raw in table.frame.iter_columns()]
    _, head = format_rows(table.frame.head(HEAD_ROWS))
    read_as = table.read_as.completed(column.read_as for column in columns)
    return TablePreview(rows=table.frame.height, columns=columns, head=head, read_as=read_as)


def describe_column(
    raw: pl.Series, conventions: Conventions, options: TrainOptions, *, words: bool = True
) -> TableColumn:
    """Describe a column as training would convert it; without `words`, yes/no words are texts, as in a target."""
    found = _read(raw, conventions, options, words=words)
    present = unnamed(found.values).is_not_null()
    distinct = unnamed(found.values).filter(present).unique()
    is_merged = bool(found.read_as and found.read_as.spellings)
    examples = format_values(unnamed(raw).filter(present)).unique(maintain_order=True).head(MAX_EXAMPLES).to_list()
    return TableColumn(
        name=raw.name,
        type=found.type,
        missing=found.values.null_count(),
        distinct=len(distinct),
        examples=examples,
        distribution=distribution(found.values, found.type),
        read_as=found.read_as,
        warnings=found.warnings,
        variants=is_merged or (found.type is ColumnType.CATEGORY and _has_variants(distinct)),
    )


def _has_variants(distinct: pl.Series) -> bool:
    return len(distinct) <= MAX_CATEGORIES and bool(spelling_variants(distinct))


def _read(raw: pl.Series, conventions: Conventions, options: TrainOptions, *, words: bool) -> InferredColumn:
    """Return a column as training would read it; one that it cannot read as texts, with the reason."""
    reasons: list[str] = []
    for kind in dict.fromkeys((options.types.get(raw.name), None)):
        try:
            found = infer_column(raw, conventions, kind, words=words, merge=raw.name in options.merge_values)
        except Unacceptable as error:
            reasons.append(error.detail)
        else:
            return found._replace(warnings=reasons + found.warnings)
    return InferredColumn(ColumnType.CATEGORY, format_values(raw), None, reasons)
