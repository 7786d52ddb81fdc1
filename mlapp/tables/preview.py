"""A look at a table before training: what its columns are."""

import polars as pl

from mlapp.errors import Unacceptable
from mlapp.schemas import TableColumn, TablePreview
from mlapp.tables.columns.histograms import distribution
from mlapp.tables.columns.types import format_values, infer_type, unnamed
from mlapp.tables.table import Table

HEAD_ROWS = 20
EXAMPLES = 3


def preview_table(table: Table) -> TablePreview:
    """Describe every column as training would take it, and show the first rows.

    Raises:
        Unacceptable: there is no column, or one holds infinite numbers.
    """
    if not table.frame.width:
        raise Unacceptable("The table is empty; choose one with column names and rows.")
    columns = [_describe(column) for column in table.frame.iter_columns()]
    texts = [format_values(column).to_list() for column in table.frame.head(HEAD_ROWS).iter_columns()]
    return TablePreview(rows=table.frame.height, columns=columns, head=[list(row) for row in zip(*texts, strict=True)])


def _describe(raw: pl.Series) -> TableColumn:
    kind, values = infer_type(raw)
    there = unnamed(values).is_not_null()
    examples = format_values(unnamed(raw).filter(there)).unique(maintain_order=True).head(EXAMPLES).to_list()
    distinct = values.filter(there).n_unique()
    return TableColumn(
        name=raw.name,
        type=kind,
        missing=values.null_count(),
        distinct=distinct,
        examples=examples,
        distribution=distribution(values, kind),
    )
