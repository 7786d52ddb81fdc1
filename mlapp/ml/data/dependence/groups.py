"""Groups: rows that belong together, such as those of a patient, by a column that says so."""

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml.data.target import Target
from mlapp.schemas import ColumnType
from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.table import Table


def as_groups(table: Table, name: str, kind: ColumnType | None, target: Target) -> tuple[np.ndarray, list[str]]:
    """Return the group of each row with a target as an index, (rows,), and warnings about the column.

    Groups are numbered by their first row. A row without a value is a group of its own. `kind` overrules the type of
    the column.

    Raises:
        Unacceptable: the column has only one group.
    """
    found = infer_column(table.frame[name], table.conventions, kind)
    groups = group_indices(found.values if target.rows is None else found.values.filter(target.rows))
    if groups.max() == 0:
        detail = (
            f"The group column '{shorten(name)}' has only one value, so no group can be held out for evaluation; "
            "choose another column, or leave 'group_column' out."
        )
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("group_column")}])
    return groups, found.warnings


def group_indices(values: pl.Series) -> np.ndarray:
    """Return the group of each value as an index, (rows,), numbered by first rows; missing values are groups each."""
    rows = pl.int_range(len(values), eager=True)
    first = pl.DataFrame([unnamed(values).rename("value"), rows.alias("row")]).select(
        pl.when(pl.col("value").is_null()).then("row").otherwise(pl.col("row").min().over("value"))
    )
    return np.unique(first.to_series().to_numpy(), return_inverse=True)[1]
