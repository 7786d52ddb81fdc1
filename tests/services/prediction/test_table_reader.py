"""TableReader: workbooks in processes of their own."""

import asyncio
import gzip
import io
import zipfile

import polars as pl
import psutil
import pytest
import xlsxwriter

from mlapp.errors import TooLarge, Unacceptable, Unavailable
from mlapp.schemas import Format
from mlapp.services.admission import Pool
from mlapp.services.jobs import runner
from mlapp.services.jobs.runner import Processes
from mlapp.services.prediction import table_reader
from mlapp.services.prediction.reading import Body
from mlapp.services.prediction.table_reader import TableReader
from mlapp.tables.formats.writer import write_table
from tests.services.conftest import eventually

pytestmark = pytest.mark.slow
FRAME = pl.DataFrame({"x": [1.5, None], "kind": ["a", "b"], "n": [1, 2]})
WORKBOOK = write_table(FRAME, Format.WORKBOOK)


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def pool():
    pool = Pool("read", 1, lambda: None)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    ("data", "packed"),
    [(WORKBOOK, None), (gzip.compress(WORKBOOK), "gzip"), (zipped("a.xlsx", WORKBOOK), "zip")],
    ids=["plain", "gzip", "zip"],
)
async def test_workbook_is_read_in_a_process(pool: Pool, data, packed):
    processes = Processes(idle_s=3_600)

    table, options = await TableReader(processes).read(Body(data, None, {"sheet": "Sheet1"}), pool)

    assert table.frame.equals(FRAME)
    assert (table.read_as.packed, table.options, list(table.lines or [])) == (packed, options, [2, 3])
    assert processes._idle is not None


@pytest.mark.parametrize("data", [b"x,kind\n1.5,a\n", gzip.compress(b"x,kind\n1.5,a\n")], ids=["plain", "gzip"])
async def test_other_files_are_read_without_a_process(pool: Pool, data):
    processes = Processes()

    table, _ = await TableReader(processes).read(Body(data, Format.CSV), pool)

    assert table.frame.height == 1
    assert processes._idle is None


async def test_errors_of_the_file_are_raised(processes: Processes, pool: Pool):
    with pytest.raises(Unacceptable, match="no sheet 'x'"):
        await TableReader(processes).read(Body(WORKBOOK, None, {"sheet": "x"}), pool)


async def test_workbook_that_takes_too_much_memory_is_rejected(processes: Processes, pool: Pool):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row in range(12_000):
            # Stored once, but each cell is a copy of it.
            sheet.write_string(row, 0, "x" * 32_000)

    with pytest.raises(TooLarge, match="takes too much memory; send fewer rows"):
        await TableReader(processes).read(Body(buffer.getvalue()), pool)


async def test_workbook_of_too_many_bytes_is_rejected_without_a_process(pool: Pool):
    processes = Processes()

    with pytest.raises(TooLarge, match="The workbook has 30 MB; at most 25 MB are read for a prediction"):
        await TableReader(processes).read(Body(WORKBOOK + bytes(30_000_000)), pool)
    assert processes._idle is None


async def test_workbook_that_takes_too_long_is_rejected(monkeypatch, processes: Processes, pool: Pool):
    monkeypatch.setattr(table_reader, "LIMIT_S", 1e-9)
    monkeypatch.setattr(runner, "WATCH_S", 0.0)
    frame = pl.DataFrame({"x": range(100_000), "y": 1})

    with pytest.raises(TooLarge, match="takes too much memory or time"):
        await TableReader(processes).read(Body(write_table(frame, Format.WORKBOOK)), pool)


async def test_reading_that_is_terminated_can_be_repeated(processes: Processes, pool: Pool):
    frame = pl.DataFrame({"x": range(100_000), "y": 1})
    reading = asyncio.create_task(TableReader(processes).read(Body(write_table(frame, Format.WORKBOOK)), pool))
    await eventually(lambda: processes.pids)
    psutil.Process(processes.pids[0]).terminate()

    with pytest.raises(Unavailable, match="send it again"):
        await reading
