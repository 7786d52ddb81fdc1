"""Row weights: how much each row counts, by a column that says so."""

import numpy as np
import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, pointer, shorten
from mlapp.ml.data.target import Target
from mlapp.schemas import ColumnType, TrainOptions
from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.table import Table


def find_weights(table: Table, options: TrainOptions) -> tuple[pl.Series | None, list[str]]:
    """Return the weights of all rows of a table, null where there is none, and warnings about their column.

    Without the option `weight_column`, there are no weights.

    Raises:
        Unacceptable: the column does not hold numbers.
    """
    name = options.weight_column
    if name is None:
        return None, []
    found = infer_column(table.frame[name], table.conventions, options.types.get(name))
    if found.type not in (ColumnType.NUMBER, ColumnType.INTEGER):
        reasons = "".join(f" {warning}" for warning in found.warnings)
        detail = f"The weight column '{shorten(name)}' needs a number from 0 in every row.{reasons}"
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("weight_column")}])
    return unnamed(found.values), found.warnings


def normalized_weights(table: Table, weights: pl.Series, target: Target, name: str) -> np.ndarray:
    """Return the weights of the rows with a target, with a mean of 1, (rows,).

    `weights` are those of all rows; rows whose weight is 0 were dropped with those that have no target.

    Raises:
        Unacceptable: weights are missing or negative; the errors list the rows.
    """
    rows = np.arange(len(weights)) if target.rows is None else np.flatnonzero(target.rows.to_numpy())
    values = weights.cast(pl.Float64).fill_null(np.nan).to_numpy()[rows]
    # Also true for NaN.
    invalid = rows[~(values > 0)]
    if len(invalid):
        errors = [
            {"detail": _invalid(table, row, name, weights[row]), "pointer": table.pointer(row, name)}
            for row in invalid[:MAX_REPORTED].tolist()
        ]
        more = f" So do {len(invalid) - 1:,} more rows." if len(invalid) > 1 else ""
        raise Unacceptable(f"{errors[0]['detail']}{more}", errors)
    return np.asarray(values / values.mean())


def _invalid(table: Table, row: int, name: str, value: float | None) -> str:
    found = "is missing" if value is None else f"is {value:g}"
    return f"{table.place(row)}: the weight '{shorten(name)}' {found}; every row needs a number from 0."
