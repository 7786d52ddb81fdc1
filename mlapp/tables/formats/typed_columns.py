"""Tables of columns that another protocol carries as tensors, read by the same rules as those of JSON."""

from typing import Any

import polars as pl

from mlapp.tables.columns.json_values import column_of
from mlapp.tables.table import Table, check_cells, check_names, check_shape


def typed_table(columns: dict[str, list[Any] | pl.Series]) -> Table:
    """Return a table of columns of the same length: series, and lists of JSON scalars.

    Raises:
        Unacceptable: a name or a text is too long.
        TooLarge: there are too many rows, columns or cells.
    """
    check_shape(len(next(iter(columns.values()))), len(columns))
    check_names(list(columns))
    series = [
        values.alias(name) if isinstance(values, pl.Series) else column_of(name, values)
        for name, values in columns.items()
    ]
    frame = pl.DataFrame(series)
    check_cells(frame)
    return Table(frame)
