"""TableReader: reads the bodies of predictions; workbooks in a process with limits on memory and time."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlapp import tables
from mlapp.errors import TooLarge, TrainingAborted, TrainingFailed, Unavailable
from mlapp.schemas import PredictOptions, TransferredTable
from mlapp.services.admission import Pool
from mlapp.services.jobs.ipc import ReadRequest
from mlapp.services.jobs.runner import Processes
from mlapp.services.options import predict_options
from mlapp.services.prediction.reading import PACKED, Body, read_table

if TYPE_CHECKING:
    from mlapp.tables import Table

MAX_PROCESSES = 2
MAX_BYTES = 25_000_000
"""Larger workbooks seldom fit into the memory of the process, and are copied to it three times."""
LIMIT_S = 60.0
"""Limit on the run time of a process; a workbook of two million cells takes about two seconds."""


@dataclass
class TableReader:
    """Reads bodies in threads, and workbooks in processes, as their size in memory does not follow from their bytes."""

    processes: Processes
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PROCESSES))

    async def read(self, body: Body, pool: Pool, model: str = "") -> "tuple[Table, PredictOptions]":
        """Read a body for a model: its table, and the options in the body and outside of it.

        Raises:
            TooLarge: a workbook takes too much memory or time.
            Unavailable: the process was terminated; a retry may succeed.
            MlappError: the body cannot be read, or an option is invalid.
        """
        if body.data.startswith(PACKED) and await pool.run(lambda: tables.holds_workbook(body.data), model):
            options = predict_options(body.options)
            found = await self._read_workbook(ReadRequest(body.data, body.format, options))
            return await pool.run(lambda: tables.unpack_table(found, options), model), options
        return await pool.run(lambda: read_table(body), model)

    async def _read_workbook(self, request: ReadRequest) -> TransferredTable:
        if len(request.data) > MAX_BYTES:
            raise TooLarge(
                f"The workbook has {len(request.data) / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} MB are read for a "
                "prediction. Send fewer rows, or the table as CSV."
            )
        try:
            async with self._slots:
                found = await self.processes.run("read", request, lambda _: None, LIMIT_S)
        except TrainingFailed:
            raise TooLarge(
                "Reading the workbook takes too much memory or time; send fewer rows, or the table as CSV."
            ) from None
        except TrainingAborted:
            raise Unavailable("The workbook was not read, as the process was terminated; send it again.") from None
        assert isinstance(found, TransferredTable)  # noqa: S101 - for the type checker
        return found
