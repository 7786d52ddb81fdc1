"""Tensors: datatypes of features and predictions, and their binary form.

Binary tensors are little-endian; each text of BYTES follows its length in four bytes.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import UnreadableBody, shorten
from mlapp.schemas import ColumnType, Feature, Scalar, Task, VersionInfo

DTYPES = {
    "BOOL": "<u1",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""Binary form of the datatypes of fixed size."""
TEXT = "BYTES"
DATATYPES = (*DTYPES, TEXT)
SCALARS = {bool: "BOOL", int: "INT64", float: "FP64"}
"""Datatype of classes by their type."""
RELIABLE = "reliable"
LENGTH_BYTES = 4
MAX_TEXT_BYTES = 32_000
"""Longest text, as of a cell in other formats."""


class Tensor(NamedTuple):
    """An input tensor of shape [rows] or [rows, 1]."""

    name: str
    datatype: str
    rows: int
    data: list[Scalar | None] | None
    """Values in JSON; None if the tensor is binary."""
    raw: memoryview
    """The bytes of a binary tensor."""


def input_type(feature: Feature) -> str:
    """Return the datatype of a feature; one with missing values has one that can express them in binary form."""
    if feature.type is ColumnType.BOOLEAN:
        return "BOOL" if feature.required else TEXT
    if feature.type is ColumnType.INTEGER:
        return "INT64" if feature.required else "FP64"
    return "FP64" if feature.type is ColumnType.NUMBER else TEXT


def output_type(info: VersionInfo, column: str) -> str:
    """Return the datatype of a column of predictions."""
    if column == RELIABLE:
        return "BOOL"
    if column != "prediction" or info.task is Task.REGRESSION:
        return "FP64"
    kinds = set(map(type, info.classes or ()))
    return SCALARS.get(kinds.pop(), TEXT) if len(kinds) == 1 else TEXT


def decode(tensor: Tensor, *, compact: bool) -> list[Any] | pl.Series:
    """Return the values of a tensor, NaN as missing ones; as a series if it is `compact` and binary.

    Raises:
        UnreadableBody: the bytes are not a tensor of this datatype and shape.
    """
    if tensor.data is not None:
        return tensor.data
    if tensor.datatype == TEXT:
        texts = _texts(tensor)
        return pl.Series(texts, dtype=pl.String) if compact else texts
    dtype = np.dtype(DTYPES[tensor.datatype])
    if len(tensor.raw) != tensor.rows * dtype.itemsize:
        raise UnreadableBody(
            f"Input {_quoted(tensor)} has {len(tensor.raw):,} bytes; {tensor.rows:,} values of {tensor.datatype} take "
            f"{tensor.rows * dtype.itemsize:,}."
        )
    values = np.frombuffer(tensor.raw, dtype)
    if tensor.datatype == "BOOL":
        if (values > 1).any():
            raise UnreadableBody(f"Input {_quoted(tensor)} has other bytes than 0 and 1, which BOOL takes.")
        values = values.astype(bool)
    if not compact:
        return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN
    return pl.Series(values.astype(float, copy=False) if dtype.kind == "f" else values, nan_to_null=True)


def _texts(tensor: Tensor) -> list[str]:
    raw, texts, start = tensor.raw, list[str](), 0
    # Before a loop over a number of rows that a client made up.
    if len(raw) < LENGTH_BYTES * tensor.rows:
        raise _wrong_texts(tensor)
    try:
        for _ in range(tensor.rows):
            end = start + LENGTH_BYTES
            start, end = end, end + int.from_bytes(raw[start:end], "little")
            if end > len(raw):
                raise _wrong_texts(tensor)
            if end - start > MAX_TEXT_BYTES:
                raise UnreadableBody(
                    f"Input {_quoted(tensor)} has a text of over {MAX_TEXT_BYTES:,} bytes; shorten it or leave it out."
                )
            texts.append(str(raw[start:end], "utf-8"))
            start = end
    except UnicodeDecodeError:
        raise UnreadableBody(f"Input {_quoted(tensor)} has a text that is not UTF-8; send it as UTF-8.") from None
    if start != len(raw):
        raise _wrong_texts(tensor)
    return texts


def _wrong_texts(tensor: Tensor) -> UnreadableBody:
    return UnreadableBody(
        f"Input {_quoted(tensor)} has {len(tensor.raw):,} bytes, which are not {tensor.rows:,} texts with their length "
        "in four bytes before each."
    )


def encode(values: pl.Series, datatype: str) -> bytes:
    """Return the binary form of predictions."""
    if datatype == TEXT:
        texts = [str(value).encode() for value in values]
        return b"".join(part for text in texts for part in (len(text).to_bytes(LENGTH_BYTES, "little"), text))
    return values.to_numpy().astype(DTYPES[datatype]).tobytes()


def _quoted(tensor: Tensor) -> str:
    return f"'{shorten(tensor.name)}'"
