"""Table preview: types, distributions and examples of the columns, and the first rows."""

import polars as pl

from mlapp.errors import Unacceptable
from mlapp.schemas import ColumnType, TableColumn, TablePreview, TrainOptions
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.columns.texts.inference import InferredColumn
from mlapp.tables.formats.writer import format_rows
from mlapp.tables.table import Table

HEAD_ROWS = 20
MAX_EXAMPLES = 3


def preview_table(table: Table, options: TrainOptions) -> TablePreview:
    """Describe the columns as training would convert them, and return the first rows.

    Raises:
        Unacceptable: the table has no columns.
    """
    if not table.frame.width:
        raise Unacceptable("The table is empty; choose one with column names and rows.")
    columns = [_describe(raw, table.conventions, options.types.get(raw.name)) for raw in table.frame.iter_columns()]
    _, head = format_rows(table.frame.head(HEAD_ROWS))
    return TablePreview(rows=table.frame.height, columns=columns, head=head, read_as=table.read_as)


def _describe(raw: pl.Series, conventions: Conventions, kind: ColumnType | None) -> TableColumn:
    found = _read(raw, conventions, kind)
    present = unnamed(found.values).is_not_null()
    examples = format_values(unnamed(raw).filter(present)).unique(maintain_order=True).head(MAX_EXAMPLES).to_list()
    return TableColumn(
        name=raw.name,
        type=found.type,
        missing=found.values.null_count(),
        distinct=found.values.filter(present).n_unique(),
        examples=examples,
        distribution=distribution(found.values, found.type),
        read_as=found.read_as,
        warnings=found.warnings,
    )


def _read(raw: pl.Series, conventions: Conventions, kind: ColumnType | None) -> InferredColumn:
    """Return a column as training would read it; one that it cannot read as texts, with the reason."""
    reasons: list[str] = []
    for attempt in dict.fromkeys((kind, None)):
        try:
            found = infer_column(raw, conventions, attempt)
        except Unacceptable as error:
            reasons.append(error.detail)
        else:
            return found._replace(warnings=reasons + found.warnings)
    return InferredColumn(ColumnType.CATEGORY, format_values(raw), None, reasons)
