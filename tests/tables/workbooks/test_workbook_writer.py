"""Workbook writer: typed cells, and texts as they are."""

import io
import tempfile
import zipfile
from datetime import UTC, date, datetime

import polars as pl
import pytest
import xlsxwriter
from python_calamine import load_workbook

from mlapp.errors import TooLarge
from mlapp.schemas import FileOptions, Format
from mlapp.tables.formats.writer import write_rows, write_table
from mlapp.tables.workbooks.reader import workbook_table
from mlapp.tables.workbooks.writer import check_workbook_rows

MOMENT = datetime(2024, 1, 1, 12, 30, 15)  # noqa: DTZ001 - workbooks have no time zones
TEXTS = ["=1+1", "http://a.b", "<r><t>x</t></r>", " x ", "_x0041_", "a\x0bb\n", "'", "@SUM(A1)"]


def rewritten(values):
    frame = pl.DataFrame({"a": values, "row": range(len(values))})
    return workbook_table(write_table(frame, Format.WORKBOOK), FileOptions()).frame["a"].to_list()


@pytest.mark.parametrize(
    "values",
    [
        TEXTS,
        [1, -2, None],
        pl.Series([1, 255], dtype=pl.UInt8),
        [0.5, 1e300, None],
        [True, None, False],
        [date(2024, 2, 29), None],
        [MOMENT, None],
    ],
    ids=["texts", "integers", "bytes", "floats", "booleans", "dates", "moments"],
)
def test_values_are_read_back(values):
    assert rewritten(values) == list(values)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([1.5, float("nan"), float("inf")], [1.5, None, None]),
        ([10**15, 1], ["1000000000000000", "1"]),
        ([date(1899, 1, 1), date(2024, 1, 1)], ["1899-01-01", "2024-01-01"]),
        ([datetime(2024, 1, 1, 12, 30, 15, tzinfo=UTC)], [MOMENT]),
        (["", "x"], [None, "x"]),
    ],
    ids=["not finite", "16 digits", "before 1900", "zone", "empty"],
)
def test_values_that_excel_does_not_have_are_written_as_text_or_left_empty(values, read):
    assert rewritten(values) == read


def test_names_and_texts_are_neither_formulas_nor_links():
    data = write_table(pl.DataFrame(dict.fromkeys(TEXTS, TEXTS)), Format.WORKBOOK)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert workbook_table(data, FileOptions(header_row=1)).frame.columns == TEXTS
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_workbook_is_written_without_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    assert rewritten([1, 2]) == [1, 2]


def test_more_rows_than_a_sheet_has_are_rejected():
    with pytest.raises(TooLarge, match="holds 1,048,575 rows, and the answer has 1,048,576; ask for CSV"):
        check_workbook_rows(1_048_576)


def test_cells_of_columns_of_several_types_are_written_back_as_they_were():
    cells = [
        1.5,
        2,
        "N/A",
        True,
        date(2024, 2, 1),
        MOMENT,
        "007",
        "1899-12-31",
        "2024-02-31",
        "1e999",
        None,
        1e300,
        "<r>",
    ]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, ["a", "b"])
        for row, cell in enumerate(cells, 1):
            sheet.write(row, 0, cell, day if isinstance(cell, date) else None)
            sheet.write(row, 1, row)
    table = workbook_table(buffer.getvalue(), FileOptions())
    assert table.mixed == {"a"}

    data = write_rows(table, slice(0, len(cells)), pl.DataFrame({"p": range(len(cells))}), Format.WORKBOOK)

    rows = load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == ["" if cell is None else cell for cell in cells]
