"""Columns of the table that a pipeline predicts from: which ones, as which types, and how its frame has them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.utils import get_tags

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.text_embedding import column_blocks
from mlapp.ml.pipelines.frames import Column, Frames, Native
from mlapp.ml.pipelines.raw_texts import RawTexts
from mlapp.schemas import ColumnType, Feature, Format, InputKind, TrainOptions
from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.columns.texts.marks import TEXT_MARKS
from mlapp.tables.columns.texts.prose import is_prose
from mlapp.tables.table import Table

TYPED = (Format.PARQUET, Format.ARROW)
"""Formats of files whose columns have types; in others, everything is text."""
TRUTH = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
"""Texts that pandas and polars read as booleans."""
TEXTS = (ColumnType.TEXT, ColumnType.CATEGORY)


def feature_columns(pipeline: Any, table: Table, options: TrainOptions) -> list[str]:
    """Return the columns that a pipeline predicts from: those it was fitted on, by name or by number.

    Raises:
        Unacceptable: the table does not have these columns.
    """
    target = str(options.target)
    names = [*getattr(pipeline, "feature_names_in_", ())]
    if target in names:
        raise Unacceptable(
            f"The pipeline was fitted on its own target '{shorten(target)}'; fit it on the other columns, "
            f"such as df.drop(columns='{shorten(target)}')."
        )
    if names:
        if absent := [shorten(name) for name in names if name not in table.names]:
            raise Unacceptable(
                f"The pipeline was fitted on {', '.join(map(repr, absent[:5]))}, which the table does not have; "
                "pass the table that it was fitted on, with the target."
            )
        return [*map(str, names)]
    if absent := [shorten(name) for name in options.features or () if name not in table.names]:
        raise Unacceptable(f"'features' names the column {absent[0]!r}, which the table does not have.")
    chosen = options.features or [name for name in table.names if name not in (target, *options.exclude)]
    expected = 1 if takes_texts(pipeline) else getattr(pipeline, "n_features_in_", len(chosen))
    if len(chosen) != expected:
        columns = "1 column" if expected == 1 else f"{expected:,} columns"
        raise Unacceptable(
            f"The pipeline was fitted on {columns}, and the table has {len(chosen):,} beside the target; say which, in "
            "their order: features=[…]."
        )
    return chosen


def takes_texts(pipeline: Any) -> bool:
    """Return whether a pipeline takes texts, one a row, instead of a table."""
    first = pipeline.steps[0][1] if hasattr(pipeline, "steps") else pipeline
    try:
        tags = get_tags(first).input_tags
    except (AttributeError, TypeError):
        return False
    return bool(tags.string and not tags.two_d_array)


def column_types(table: Table, names: Sequence[str], *, is_typed: bool) -> dict[str, ColumnType]:
    """Return the type of each column as programs read it: texts stay texts, unless a file has nothing but texts."""
    is_typed |= table.format in TYPED
    return {name: _column_type(table, table.frame[name], is_typed=is_typed) for name in names}


def _column_type(table: Table, raw: pl.Series, *, is_typed: bool) -> ColumnType:
    values = unnamed(raw)
    if raw.dtype == pl.String and not is_typed:
        found = infer_column(raw, table.conventions)
        is_words = found.type is ColumnType.BOOLEAN and not TRUTH.issuperset(values.drop_nulls().unique())
        return ColumnType.CATEGORY if is_words else found.type
    known = next((kind for kind, is_of in _KINDS if is_of(raw.dtype)), None)
    return known or (ColumnType.TEXT if is_prose(values.cast(pl.String)) else ColumnType.CATEGORY)


_KINDS: list[tuple[ColumnType, Callable[[pl.DataType], bool]]] = [
    (ColumnType.BOOLEAN, lambda dtype: dtype == pl.Boolean),
    (ColumnType.INTEGER, lambda dtype: dtype.is_integer()),
    (ColumnType.NUMBER, lambda dtype: dtype.is_numeric()),
    (ColumnType.DATETIME, lambda dtype: dtype in (pl.Date, pl.Datetime)),
]


def kept_values(table: Table, names: Sequence[str]) -> list[str]:
    """Return the texts of columns that usually mark missing values, but are values for a pipeline."""
    texts = [unnamed(table.frame[name]) for name in names if table.frame[name].dtype == pl.String]
    return sorted(mark for mark in TEXT_MARKS if any((text == mark).any() for text in texts))


def make_frames(kind: InputKind, features: Sequence[Feature], native: Native) -> Frames:
    """Return what makes frames with the types of `native`, a frame of polars or pandas."""
    raw = [RawTexts() for feature in features if feature.type in TEXTS]
    blocks = column_blocks(features, raw)
    columns = []
    for index, feature in enumerate(features):
        values = native[feature.name]
        text = blocks[index][1] if feature.type in TEXTS else None
        dtype, categories = _dtype(values, kind)
        columns.append(Column(feature.name, feature.type, index, text, dtype, _missing(values), categories))
    return Frames(kind, tuple(columns))


def _dtype(values: Any, kind: InputKind) -> tuple[Any, tuple[list[str], bool] | None]:
    """Return the data type of a column of a frame, and the categories if it is a categorical column of pandas."""
    if isinstance(values, pl.Series):
        return (_PANDAS[values.dtype.base_type()] if kind is InputKind.PANDAS else values.dtype), None
    if str(values.dtype) == "category":
        return "category", (values.cat.categories.tolist(), bool(values.cat.ordered))
    return str(values.dtype), None


_PANDAS: dict[Any, str] = {
    pl.Float64: "float64",
    pl.Int64: "int64",
    pl.Boolean: "bool",
    pl.String: "object",
    pl.Datetime: "datetime64[us]",
}
"""Types of columns as pandas reads them from a file."""


def _missing(values: Any) -> str | float | None:
    """Return what stands for missing values in a column of a frame."""
    if isinstance(values, pl.Series):
        if values.null_count():
            return None
        if values.dtype.is_float() and values.is_nan().any():
            return np.nan
        return "" if values.dtype == pl.String and (unnamed(values) == "").any() else None
    lacks = values.isna()
    if lacks.any():
        first = values[lacks.to_numpy()].iloc[0]
        return None if first is None else np.nan
    return "" if (values == "").any() else np.nan
