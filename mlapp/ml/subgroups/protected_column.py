"""The protected column of a training: its values, whether or not they are a feature."""

from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml.data.encoding import encode_columns
from mlapp.ml.data.signature import describe_feature
from mlapp.ml.data.target import Target
from mlapp.schemas import ColumnType, Feature, TrainOptions
from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.table import Table


class ProtectedColumn(NamedTuple):
    """A protected column."""

    feature: Feature
    values: np.ndarray
    """Encoded values of the rows with a target, (rows,)."""


def protected_column(table: Table, options: TrainOptions, target: Target) -> ProtectedColumn | None:
    """Return the protected column of the options; None if they have none.

    Raises:
        Unacceptable: the column holds texts, which make no groups.
    """
    name = options.protected_column
    if name is None:
        return None
    merge = name in options.merge_values
    found = infer_column(table.frame[name], table.conventions, options.types.get(name), merge=merge)
    if found.type is ColumnType.TEXT:
        detail = f"The protected column '{shorten(name)}' holds texts, which make no groups; choose another column."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("protected_column")}])
    values = found.values if target.rows is None else found.values.filter(target.rows)
    feature = describe_feature(name, found.type, unnamed(values))
    return ProtectedColumn(feature, encode_columns(pl.DataFrame([values]), [feature])[:, 0])
