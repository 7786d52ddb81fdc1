"""Default target: the column of a table that somebody most likely wants to predict."""

import re
from collections.abc import Sequence

from mlapp.ml.data.column_options import of_rows
from mlapp.ml.data.quality.quality_checks import ID_NAME, ID_SPAN
from mlapp.schemas import ColumnType, TableColumn, TrainOptions

NAMES = (
    *("target", "label", "labels", "y", "outcome", "response", "ziel", "zielwert", "output"),
    *("churn", "churned", "survived", "diagnosis", "species", "fraud", "default", "clicked", "converted", "class"),
    *("price", "preis", "prix", "precio", "prezzo", "rent", "miete", "sales", "umsatz", "revenue"),
)
"""Names of columns that are often predicted, the most telling first."""
WORD = re.compile(r"[A-Z]?[a-zß-ÿ]+|[A-Z]+(?![a-z])")
MAX_CLASSES = 50
NEVER = (ColumnType.DATETIME, ColumnType.TEXT)
"""Types of columns that are not plausible."""
MAX_MISSING, MAX_DISTINCT = 0.5, 0.5
"""Shares of missing rows, and of distinct texts, up to which a column is plausible."""


def default_target(columns: Sequence[TableColumn], rows: int, options: TrainOptions) -> str | None:
    """Return the most telling plausible column by its name, otherwise the last plausible one; None if none is.

    Columns that the options use in another way are not chosen.
    """
    used = {options.time_column, *of_rows(options), *options.exclude, *(options.features or ())}
    plausible = [column for column in columns if column.name not in used and _is_plausible(column, rows)]
    ranks = {column.name: _rank(column.name) for column in plausible}
    plausible.sort(key=lambda column: ranks[column.name], reverse=True)
    return plausible[-1].name if plausible else None


def _is_plausible(column: TableColumn, rows: int) -> bool:
    present = rows - column.missing
    if column.distinct < 2 or column.missing > MAX_MISSING * rows or column.type in NEVER:
        return False
    if column.type is ColumnType.CATEGORY:
        return column.distinct <= min(MAX_CLASSES, MAX_DISTINCT * present)
    return not (column.type is ColumnType.INTEGER and column.distinct == rows and _is_identifier(column))


def _is_identifier(column: TableColumn) -> bool:
    """Return whether distinct whole numbers look like row numbers or IDs, unless the name says otherwise."""
    edges = column.distribution.edges if column.distribution else None
    is_dense = edges is not None and edges[-1] - edges[0] <= ID_SPAN * column.distinct
    return bool(ID_NAME.search(column.name)) or (is_dense and _rank(column.name) == len(NAMES))


def _rank(name: str) -> int:
    """Return the position of a name, or of its last word, in `NAMES`; a higher one for other names."""
    last = [word.lower() for word in WORD.findall(name)[-1:] if len(word) > 1]
    return min((NAMES.index(known) for known in (name.strip().lower(), *last) if known in NAMES), default=len(NAMES))
