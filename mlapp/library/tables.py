"""Tables that callers pass: polars or pandas frames, and paths of files."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import PredictOptions, Submission
from mlapp.services.options import train_options
from mlapp.services.prediction.reading import Body, read_table
from mlapp.services.submissions import TrainingTable, read_submission
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.arrow import frame_table
from mlapp.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

TableLike: TypeAlias = "pl.DataFrame | pd.DataFrame | str | Path"
"""A polars or pandas frame, or the path of a file in any format that the API reads."""


def training_table(table: TableLike, options: dict[str, Any]) -> TrainingTable:
    """Read a training table, and validate the options of its training, as the server does.

    Raises:
        MlappError: the table cannot be read, or an option is invalid.
        OSError: the file cannot be read.
    """
    if isinstance(table, str | Path):
        path = Path(table)
        path.stat()
        return read_submission(Submission(path=str(path), name=path.name, options=options))
    chosen = train_options(options)
    return TrainingTable(None, frame_table(to_polars(table), chosen, training=True), chosen)


def prediction_table(table: TableLike, options: PredictOptions) -> Table:
    """Read a table to predict, as the server does.

    Raises:
        MlappError: the table cannot be read.
        OSError: the file cannot be read.
    """
    if isinstance(table, str | Path):
        return read_table(Body(Path(table).read_bytes(), options=options.model_dump(exclude_unset=True)))[0]
    return frame_table(to_polars(table), options, training=False)


def to_polars(frame: "pl.DataFrame | pd.DataFrame") -> pl.DataFrame:
    """Return a polars or pandas frame as a polars frame; the index of pandas is left out.

    Values of mixed types become text, as in a CSV.

    Raises:
        Unacceptable: a column is given twice, or a text is half a character.
        TypeError: it is no frame.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if not is_pandas(frame):
        raise TypeError(f"A table is a polars or pandas frame, or the path of a file, not {type(frame).__name__}.")
    names = [str(name) for name in frame.columns]
    if twice := next((name for name, count in Counter(names).items() if count > 1), None):
        raise Unacceptable(f"The column '{shorten(twice)}' is given twice; rename one of them.")
    try:
        columns = [_from_pandas(name, frame.iloc[:, number]) for number, name in enumerate(names)]
    except UnicodeEncodeError:
        raise Unacceptable("A text has a lone surrogate, half of a character; use whole characters.") from None
    # An empty list of columns would make a frame without rows.
    return pl.DataFrame(columns or None, height=len(frame))


def is_pandas(frame: object) -> "TypeGuard[pd.DataFrame]":
    """Return whether it is a pandas frame; pandas is not imported for it."""
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas" for kind in type(frame).__mro__
    )


def to_pandas(frame: pl.DataFrame, index: "pd.Index[Any]") -> "pd.DataFrame":
    """Return a polars frame as a pandas frame with an index. Missing values are None; polars' own needs pyarrow."""
    import pandas as pd

    columns = {
        column.name: column.to_numpy() if column.dtype.is_numeric() else column.to_list()
        for column in frame.iter_columns()
    }
    return pd.DataFrame(columns, index=index)


def _from_pandas(name: str, column: "pd.Series[Any]") -> pl.Series:
    """Return a column of pandas without pyarrow, which polars' own conversion needs for all but types of numpy."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        # polars has no floats of more than 64 bits.
        numbers = column.to_numpy(np.float64) if dtype == np.longdouble else column.to_numpy()
        return pl.Series(name, numbers, nan_to_null=True)
    if getattr(dtype, "kind", None) in ("m", "M"):
        return _moments(name, column)
    # Also categories, texts and the types of pandas that have a missing value.
    cells = zip(column.to_list(), column.isna(), strict=True)
    return column_of(name, [None if is_missing else value for value, is_missing in cells])


def _moments(name: str, column: "pd.Series[Any]") -> pl.Series:
    """Return a column of dates or durations; polars has no unit of seconds."""
    unit = "us" if column.dt.unit == "s" else column.dt.unit
    values = column.dt.as_unit(unit)
    if getattr(column.dtype, "tz", None) is None:
        return pl.Series(name, values.to_numpy())
    utc = pl.Series(name, values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    # In UTC, as tables are read: zones of pandas may be unknown to polars, such as offsets.
    return utc.dt.replace_time_zone("UTC")
