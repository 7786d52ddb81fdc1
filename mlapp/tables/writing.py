"""The one writer: a frame → bytes."""

import io

import polars as pl

from mlapp.schemas import Format


def write_table(frame: pl.DataFrame, kind: Format, *, delimiter: str = ",", header: bool = True) -> bytes:
    """Write a frame as CSV, NDJSON or Parquet; `header` says whether a CSV starts with the column names."""
    buffer = io.BytesIO()
    if kind is Format.CSV:
        frame.write_csv(buffer, include_header=header, separator=delimiter, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
    elif kind is Format.NDJSON:
        frame.write_ndjson(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()
