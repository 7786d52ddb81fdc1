"""Workbook reader: sheets, typed cells, and limits."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import polars as pl
import pytest
import xlsxwriter

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody, UnsupportedType
from mlapp.schemas import FileOptions, Format
from mlapp.tables.formats.reader import read_file
from mlapp.tables.workbooks import bounds

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


def workbook(**sheets) -> bytes:
    """Return a workbook with the rows of each sheet; None is an empty cell."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        formats = {
            date: book.add_format({"num_format": "dd.mm.yyyy"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
            timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(list[list[object]](rows)):
                for column, cell in enumerate(row):
                    sheet.write(number, column, cell, formats.get(type(cell)))
    return buffer.getvalue()


def packed(cells: str, prologue: str = "", **parts: str) -> bytes:
    """Return a workbook with the XML of the rows of its only sheet, and further parts."""
    buffer = io.BytesIO()
    sheet = f'{prologue}<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    with (
        zipfile.ZipFile(io.BytesIO(workbook(S=[]))) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in source.namelist():
            archive.writestr(name, sheet if name == SHEET else source.read(name))
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes, *, training: bool = False, **options):
    return read_file(data, Format.WORKBOOK, FileOptions(**options), training=training)


def test_cells_keep_their_types():
    moment = datetime(2024, 2, 1, 13, 4, 5, 123_000)  # noqa: DTZ001 - workbooks have no time zones
    rows = [[1, 1.5, "a", True, date(2024, 2, 1), moment], [2, -0.25, None, False, None, date(2024, 2, 2)]]
    table = read(workbook(S=[list("ifsbdm"), *rows]))

    kinds = [pl.Int64, pl.Float64, pl.String, pl.Boolean, pl.Date, pl.Datetime("us")]
    assert table.frame.dtypes == kinds
    assert table.frame.row(0) == (1, 1.5, "a", True, date(2024, 2, 1), moment)
    assert table.frame["m"][1].isoformat() == "2024-02-02T00:00:00"
    assert (table.read_as.sheet, table.read_as.header_row, list(table.lines)) == ("S", 1, [2, 3])


def test_times_and_durations_are_seconds():
    table = read(
        workbook(S=[["time", "long"], [time(12, 30), timedelta(hours=30, seconds=1)], [None, time(0, 0, 0, 7_000)]])
    )

    assert table.frame.rows() == [(45_000.0, 108_001.0), (None, 0.007)]
    assert table.read_as.warnings[1] == "Column 'long' has times or durations, which are read as seconds."


def test_columns_of_several_types_are_spelt_as_in_a_csv():
    cells = [
        1,
        2.5,
        "N/A",
        True,
        date(2024, 2, 1),
        time(12, 30),
        timedelta(hours=30, milliseconds=500),
        timedelta(-1),
        1e300,
    ]
    table = read(workbook(S=[["x", "y"], *([cell, 1] for cell in cells)]))

    texts = ["1", "2.5", "N/A", "true", "2024-02-01", "12:30:00", "30:00:00.5", "-24:00:00", "1e+300"]
    assert table.frame["x"].to_list() == texts


def test_numbers_keep_17_digits():
    cells = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{value}</v></c><c r="B{row}"><v>2</v></c></row>'
        for row, value in enumerate(["0.30000000000000004", "0.33333333333333331"], 2)
    )
    header = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'

    assert read(packed(header + cells)).frame["a"].to_list() == [0.1 + 0.2, 1 / 3]


def test_errors_and_empty_texts_are_missing():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        for row, value in enumerate(["#N/A", "#DIV/0!", 5, ""], 1):
            sheet.write_formula(row, 0, "=X1", None, value)
            sheet.write(row, 1, row)

    assert read(buffer.getvalue()).frame["a"].to_list() == [None, None, 5, None]


def test_first_sheet_with_a_table_is_read():
    notes = [["Report of the third quarter"], ["by Jo"], [], ["Internal", "only"]]
    data = workbook(Empty=[], Notes=notes, Data=[["a", "b"], [1, 2]], More=[["c", "d"], [3, 4]])

    assert read(data).read_as.sheet == "Data"
    assert read(data).read_as.sheets == ["Empty", "Notes", "Data", "More"]
    assert read(data, sheet="More").frame.rows() == [(3, 4)]


@pytest.mark.parametrize(
    "first",
    [
        [["Author", "Jo"], ["Date", date(2024, 1, 1)], ["Version", 3]],
        [["Colour", "Code"], ["red", 1], ["green", 2]],
    ],
    ids=["properties", "few rows"],
)
def test_sheet_with_rows_to_train_on_is_preferred(first):
    data = workbook(First=first, Data=[["a", "b"], *[[row, row] for row in range(10)]])

    assert read(data, training=True).read_as.sheet == "Data"


def test_sheet_of_few_rows_is_read_if_there_is_no_other():
    data = workbook(Notes=[["by Jo"], ["in May"]], Few=[["a", "b"], [1, 2]])

    assert read(data, training=True).frame.rows() == [(1, 2)]


def test_sheet_of_a_single_column_is_read_if_no_other_has_a_table():
    assert read(workbook(Empty=[], One=[["a"], [1], [2]])).frame.rows() == [(1,), (2,)]


def test_hidden_sheets_come_last():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name in ("Cache", "Data"):
            book.add_worksheet(name).write_row(0, 0, ["a", name])
            book.get_worksheet_by_name(name).write_row(1, 0, [1, 2])
        book.get_worksheet_by_name("Data").activate()
        book.get_worksheet_by_name("Cache").hide()

    assert read(buffer.getvalue()).read_as.sheet == "Data"


def test_unknown_sheet_is_rejected_with_the_sheets():
    with pytest.raises(Unacceptable, match="no sheet 'x'; its sheets are: 'A', 'B'."):
        read(workbook(A=[["a"]], B=[]), sheet="x")


def test_workbook_without_a_table_is_rejected():
    with pytest.raises(Unacceptable, match="no sheet with a table"):
        read(workbook(A=[["a"]], B=[]))


TITLED = [
    [None, "Prices 2024"],
    [],
    [None, "item", "area", None, "price", "paid"],
    [None, None, "m²", None, "€", None],
    [None, "a", 10, None, 1.5, date(2024, 1, 1)],
    [],
    [None, "b", 30, None, 2.5, date(2024, 1, 2)],
    [None, "c", 20, None, 3, date(2024, 1, 3)],
    [None, "Total", 60, None, 7],
]


def test_what_is_around_a_table_is_left_out_of_training():
    table = read(workbook(S=TITLED), training=True)

    assert table.frame.columns == ["item", "area", "price", "paid"]
    assert table.frame["area"].to_list() == ["10", "30", "20"]
    assert (table.read_as.header_row, list(table.lines), table.problems) == (3, [5, 7, 8], {})
    left_out = " ".join(table.read_as.left_out)
    for part in ("Row 1 above the header", "Row 4 was left out: a second header", "Row 6", "Row 9", "neither a name"):
        assert part in left_out


def test_all_rows_below_the_header_are_kept_in_prediction():
    table = read(workbook(S=TITLED))

    assert (table.frame.columns, list(table.lines)) == (["item", "area", "price", "paid"], list(range(4, 10)))
    assert list(table.problems) == [0, 2, 5]
    assert table.problems[2] == "The row is blank."


def test_index_of_pandas_is_left_out_of_training():
    data = workbook(S=[[None, "a", "b"], [0, "x", 1.5], [1, "y", 2.5], [2, "y", 3.5]])

    assert read(data, training=True).frame.columns == ["a", "b"]
    assert "Column 1 (A) was left out" in read(data, training=True).read_as.left_out[0]


def test_header_row_is_counted_as_in_the_sheet():
    data = workbook(S=[[], ["a", "b"], [1, 2], ["c", "d"], [3, 4], *[[5, 6]] * 60, ["e", "f"], [7, 8]])

    assert read(data, header_row=4).frame.columns == ["c", "d"]
    assert read(data, header_row=66).frame.rows() == [(7, 8)]
    assert read(data, header_row=0).frame.columns == ["column_1", "column_2"]
    assert next(iter(read(data, header_row=0).lines)) == 2
    with pytest.raises(Unacceptable, match="are in rows 2 to 67, so row 70 cannot have the names"):
        read(data, header_row=70)


def test_rows_without_values_at_the_end_are_no_rows():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([["a", "b"], [1, 2], [3, 4]]):
            sheet.write_row(row, 0, cells)
        for row in range(3, 20):
            sheet.write_formula(row, 0, '=IF(B2="","","")', None, "")

    assert read(buffer.getvalue()).frame.height == 2


def test_sheet_with_a_header_only_has_no_rows():
    assert read(workbook(S=[["a", "b"]]), sheet="S").frame.shape == (0, 2)


@pytest.mark.parametrize(
    ("space", "cell", "match"),
    [
        (" ", "XFD1048576", "spans 1,048,576 rows and 16,384 columns; at most 5,000,000 cells"),
        ("\t", "CV50001", "spans 50,001 rows and 100 columns"),
    ],
    ids=["scanned", "read"],
)
def test_cells_far_apart_are_rejected(space, cell, match):
    row = cell.lstrip("XFDCV")
    cells = f'<row r="1"><c r="A1"><v>1</v></c></row><row{space}r="{row}"><c{space}r="{cell}"><v>1</v></c></row>'

    with pytest.raises(TooLarge, match=match):
        read(packed(cells))


def test_entities_are_not_expanded():
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row>'

    with pytest.raises(UnreadableBody, match="The workbook cannot be read .*unrecognized entity"):
        read(packed(cells, f'<!DOCTYPE w [<!ENTITY a0 "lol">{lol}]>'))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (packed("<row/>" * 10_000_000), r"unpacks from 0.1 to 60 MB; at most 256 MB and 200 times its size"),
        (packed("", **{f"xl/media/{number}.png": "" for number in range(10_001)}), "over 10,000 parts"),
    ],
    ids=["ratio", "parts"],
)
def test_workbook_beyond_a_limit_is_rejected(data, match):
    with pytest.raises(TooLarge, match=match):
        read(data)


def test_damaged_workbook_is_rejected():
    data = workbook(S=[["a"], [1]])
    start = data.index(SHEET.encode()) + len(SHEET)

    with pytest.raises(UnreadableBody, match="The workbook is truncated or damaged"):
        read(data[:start] + bytes(100) + data[start + 100 :])


@pytest.mark.parametrize("start", [b"", bytes(600)])
def test_ole_file_that_is_no_workbook_is_rejected(start):
    with pytest.raises((UnreadableBody, UnsupportedType)):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + start)


def encrypted_ods() -> bytes:
    buffer = io.BytesIO()
    spaces = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", b"\0")
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {spaces}>{entry}</manifest:manifest>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"), encrypted_ods()],
    ids=["xlsx", "ods"],
)
def test_encrypted_workbook_is_rejected(data):
    with pytest.raises(UnsupportedType, match="The workbook is encrypted; save it without a password"):
        read(data)


@pytest.mark.parametrize("chunk_bytes", [1_000, 8_000_000])
def test_cells_far_to_the_right_of_the_first_rows_are_found(monkeypatch, chunk_bytes):
    monkeypatch.setattr(bounds, "CHUNK_BYTES", chunk_bytes)
    rows = [f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 6_001)]
    far = '<row r="6001"><c r="AMZ6001"><v>1</v></c></row>'

    with pytest.raises(TooLarge, match="spans 6,001 rows and 1,040 columns"):
        read(packed("".join(rows) + far))


def test_rows_without_numbers_are_read():
    cell = '<c t="str"><v>{}</v></c>'
    rows = ["".join(map(cell.format, names)) for names in (["a", "b"], ["x", "y"])]

    assert read(packed("".join(f"<row>{row}</row>" for row in rows))).frame.rows() == [("x", "y")]
