"""Transfer of a table to another process: its columns as Arrow IPC, and how it was read."""

import io

import polars as pl

from mlapp.schemas import FileOptions, TransferredTable
from mlapp.tables.table import Table


def pack_table(table: Table) -> TransferredTable:
    """Return a table so that it can be pickled."""
    buffer = io.BytesIO()
    table.frame.write_ipc(buffer)
    return TransferredTable(buffer.getvalue(), table.read_as, table.lines, table.problems, table.mixed)


def unpack_table(packed: TransferredTable, options: FileOptions) -> Table:
    """Return the table."""
    frame = pl.read_ipc(io.BytesIO(packed.columns))
    facts = packed._asdict()
    del facts["columns"]
    return Table(frame, options=options, **facts)
