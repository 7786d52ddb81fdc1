"""Arrow reader: IPC files, which are also called Feather, and frames in memory."""

import io

import polars as pl

from mlapp.errors import UnsupportedType
from mlapp.schemas import FileOptions, Format
from mlapp.tables.formats.parquet import columnar_table, unnamed_index
from mlapp.tables.table import Table


def arrow_table(data: bytes, options: FileOptions, *, training: bool = False) -> Table:
    """Read an Arrow IPC file; its size is checked by its record batches, before any column is decompressed.

    Raises:
        UnsupportedType: it is a stream.
        UnreadableBody: the file is truncated, or not Arrow.
        Unacceptable: the target or a chosen feature does not have plain values.
    """
    if not data.startswith(b"ARROW1"):
        raise UnsupportedType("The file is an Arrow stream, without a footer; write it as an Arrow file (Feather).")
    return columnar_table(
        lambda: pl.scan_ipc(io.BytesIO(data)), unnamed_index, Format.ARROW, options, training=training
    )


def frame_table(frame: pl.DataFrame, options: FileOptions, *, training: bool = False) -> Table:
    """Read a frame of polars, whose memory is Arrow's, as if it came in a file.

    Raises:
        Unacceptable: the target or a chosen feature does not have plain values.
        TooLarge: there are too many rows, columns or cells.
    """
    return columnar_table(frame.lazy, unnamed_index, Format.ARROW, options, training=training)
