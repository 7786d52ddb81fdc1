"""Table preview: types, distributions and examples of the columns, and the first rows."""

import polars as pl

from mlapp.errors import Unacceptable
from mlapp.schemas import TableColumn, TablePreview
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.formats.writer import format_rows
from mlapp.tables.table import Table

HEAD_ROWS = 20
MAX_EXAMPLES = 3


def preview_table(table: Table) -> TablePreview:
    """Describe the columns as training would convert them, and return the first rows.

    Raises:
        Unacceptable: the table has no columns, or a column has infinite numbers.
    """
    if not table.frame.width:
        raise Unacceptable("The table is empty; choose one with column names and rows.")
    columns = [_describe(column) for column in table.frame.iter_columns()]
    _, head = format_rows(table.frame.head(HEAD_ROWS))
    return TablePreview(rows=table.frame.height, columns=columns, head=head, read_as=table.read_as)


def _describe(raw: pl.Series) -> TableColumn:
    kind, values, _, _ = infer_column(raw)
    present = unnamed(values).is_not_null()
    examples = format_values(unnamed(raw).filter(present)).unique(maintain_order=True).head(MAX_EXAMPLES).to_list()
    distinct = values.filter(present).n_unique()
    return TableColumn(
        name=raw.name,
        type=kind,
        missing=values.null_count(),
        distinct=distinct,
        examples=examples,
        distribution=distribution(values, kind),
    )
