"""The CSV reader."""

import pytest

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.formats.csv import csv_table


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
        ("a,b\n1,\n", {"a": ["1"], "b": [None]}),
        ("a,b\n1\n3,4\n5\n", {"a": ["1", "3", "5"], "b": [None, "4", None]}),
        ("a,b\n1,2\n\n3,4\n\n\n", {"a": ["1", None, "3"], "b": ["2", None, "4"]}),
        ("a\n1\n\n2\n", {"a": ["1", None, "2"]}),
        ("a\n", {"a": []}),
        ("a,b\n", {"a": [], "b": []}),
        ("\r\n\r\na,b\r\n1,2\r\n", {"a": ["1"], "b": ["2"]}),
        ('"a,b",c\n"x\ny","say ""hi"""\n', {"a,b": ["x\ny"], "c": ['say "hi"']}),
        ('a"b,c\n1,2\n', {'a"b': ["1"], "c": ["2"]}),
        ('a,b\n1,2"3\n4,5\n', {"a": ["1", "4"], "b": ['2"3', "5"]}),
        ("a,b\n#1, 2 \n", {"a": ["#1"], "b": [" 2 "]}),
        ("x^2,y\nx^3,1\n", {"x^2": ["x^3"], "y": ["1"]}),
        ("^x$,*\n1,2\n", {"^x$": ["1"], "*": ["2"]}),
    ],
)
def test_cells_are_read_as_text(text, columns):
    assert csv_table(text.encode()).frame.to_dict(as_series=False) == columns


@pytest.mark.parametrize("start", [b"x\x01", "xڀ".encode(), b"x^", b"PK\x03\x04"])
def test_row_that_starts_like_a_compressed_file_is_text(start):
    assert csv_table(b"a,b\n" + start + b",1\n").frame["a"].to_list() == [start.decode()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiter_line_ends_and_bom_are_found(delimiter, end, bom):
    text = bom + end.join([f"a{delimiter}b", f"1,5;x|y{delimiter}2" if delimiter == "\t" else f"1{delimiter}2", ""])

    table = csv_table(text.encode())

    assert (table.format, table.read_as.delimiter, table.frame.columns) == (Format.CSV, delimiter, ["a", "b"])
    assert table.frame["b"].to_list() == ["2"]


def test_delimiter_is_the_one_with_the_most_matching_rows():
    table = csv_table(b'price,EUR;name,first\n1,5;"a;b"\n2,7;x\n')

    assert table.frame.rows() == [("1,5", "a;b"), ("2,7", "x")]


def test_delimiter_is_found_in_a_sample_that_ends_within_quotes():
    text = 'a;b\n1;"' + "x,y\n" * 300_000 + '"\n'

    with pytest.raises(Unacceptable, match="Column 'b' .* 32,000 bytes"):
        csv_table(text.encode())


def test_header_of_a_thousand_long_names_is_read():
    names = [f"{index:03}" + "é" * 150 for index in range(1_000)]

    assert csv_table((",".join(names) + "\n" + "1," * 999 + "1\n").encode()).frame.columns == names


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a,b\n1,\x00\n", "binary content"),
        (b"a,b\n1,\xff\x01\n", "binary content"),
        (b"a,b\n1,\x81\n", "Line 2 of the file is neither UTF-8 nor Windows-1252"),
        (b"a,b\n" + b"1,2\n" * 300_000 + b"1,\x81\n", "Line 300002 of the file is neither"),
        (
            b"a,b\n" + b"1,2\n" * 300_000 + b"x" * 1_000_000 + b",2\n3,4\n",
            "line of the CSV is longer than 1,000,000 bytes",
        ),
        (b"a,b\n1," + b"x" * 1_000_000 + b"\n", "line of the CSV is longer than 1,000,000 bytes"),
        (b'"a,b\n1,2\n', "header of the CSV cannot be read"),
        (b"a,b\n1,2,3\n", "Line 2 of the CSV has 3 cells where the header has 2: '3'"),
        (b"a,b\n1,2\n1,2,3\n", "Line 3 of the CSV has 3 cells"),
        (b'a,b\n"1\n",2\n1,2,3\n', "Line 4 of the CSV has 3 cells"),
        (b"a\nx,2\n", "Line 2 of the CSV has 2 cells where the header has 1"),
        (b'a,b\n1,"2\n', "unexpected end of data. Check its quotes"),
        (b'a,b\n1,"2"3\n', "expected after"),
    ],
)
def test_unreadable_csv_is_rejected_with_the_reason(data, sentence):
    with pytest.raises(UnreadableBody, match=sentence):
        csv_table(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The CSV is empty"),
        (b"\xef\xbb\xbf \n", "The CSV is empty"),
        (b"a,b1,2", "single line.*--data-binary @file"),
        (b"a,a\n1,2\n", "Columns 1 \\(A\\) and 2 \\(B\\) are both called 'a'"),
        (b"a,,c\n1,2,3\n", "Column 2 .B. has values, such as '2', but no name"),
        (b"a," + b"b" * 201 + b"\n1,2\n", "Column 2 .B. has a name of 201 characters"),
    ],
)
def test_invalid_header_is_rejected_with_the_reason(data, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        csv_table(data)


def test_too_many_columns_are_rejected_by_the_header():
    with pytest.raises(TooLarge, match="1,001 columns; at most 1,000"):
        csv_table((",".join(f"c{index}" for index in range(1_001)) + "\n").encode())


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("sep=;\na;b\n1,5;x\n", [("1,5", "x")]),
        ('"sep=\t"\r\na\tb\r\n1,5\tx\r\n', [("1,5", "x")]),
        ("a, b\n1, x\n, y\n", [("1", "x"), (None, "y")]),
        ('a, b\n1, "x, y"\n2, z\n', [("1", "x, y"), ("2", "z")]),
        (" a | b \n---+---\n 1 | x \n   | y \n", [("1", "x"), (None, "y")]),
        ("'a';'b'\n'x; y';'z'\n", [("x; y", "z")]),
        ('a,b\n1,"say \\"x\\", y"\n', [("1", 'say "x", y')]),
        ("  a    b\n1.5    x\n 22    y\n", [("1.5", "x"), ("22", "y")]),
        ("a,b\n1,x\n2,y\x1a", [("1", "x"), ("2", "y")]),
        ('a\tb\n5" long\tx\n7" long\ty\n', [('5" long', "x"), ('7" long', "y")]),
    ],
)
def test_dialects_are_read(text, rows):
    frame = csv_table(text.encode()).frame

    assert (frame.columns, [row for row in frame.rows() if row[0] != "---+---"]) == (["a", "b"], rows)


@pytest.mark.parametrize(("delimiter", "rows"), [("§", [("1,5", "x")]), (":", [("1,5§x", None)])])
def test_given_delimiter_wins(delimiter, rows):
    table = csv_table("a§b\n1,5§x\n".encode(), FileOptions(delimiter=delimiter))

    assert table.frame.width == len(rows[0]) - (delimiter == ":")
    assert table.frame.rows()[0] == rows[0][: table.frame.width]


@pytest.mark.parametrize(
    ("header_row", "names", "first_line", "left_out"),
    [
        (None, ["a", "b"], 4, ["Line 1 above the header was left out: 'Report'."]),
        (0, ["column_1", "column_2"], 1, []),
        (1, ["Report"], 2, []),
        (3, ["a", "b"], 4, ["Line 1 above the header was left out: 'Report'."]),
        (4, ["1", "x"], 5, ["Lines 1 and 3 above the header were left out: 'Report', 'a,b'."]),
    ],
)
def test_header_row_is_found_or_given(header_row, names, first_line, left_out):
    text = b"Report\n\na,b\n1,x\n2,y\n" if header_row != 1 else b"Report\n\na\n1\n2\n"

    table = csv_table(text, FileOptions(header_row=header_row))

    assert (table.frame.columns, (table.lines or [0])[0]) == (names, first_line)
    assert table.read_as.left_out == left_out
    assert table.read_as.header_row == (3 if header_row is None else header_row)


def test_header_row_beyond_the_file_is_rejected():
    with pytest.raises(Unacceptable, match="less than 9 lines; give the line of the names as header_row"):
        csv_table(b"a,b\n1,2\n", FileOptions(header_row=9))


@pytest.mark.parametrize(
    ("data", "read_as"),
    [
        (b"a,b\n1,2\n", {"encoding": "utf-8", "bom": False, "delimiter": ",", "line_end": "\n"}),
        (b"\xef\xbb\xbfa;b\r\n1;2\r\n", {"encoding": "utf-8", "bom": True, "delimiter": ";", "line_end": "\r\n"}),
        (b"a\tb\r1\t\xe4\r", {"encoding": "windows-1252", "bom": False, "delimiter": "\t", "line_end": "\r"}),
        (
            b"'a','b'\n'1, 2','3'\n",
            {"encoding": "utf-8", "bom": False, "delimiter": ",", "line_end": "\n", "quote": "'"},
        ),
    ],
)
def test_how_the_file_was_read_is_recorded(data, read_as):
    assert csv_table(data).read_as == ReadAs(format=Format.CSV, header_row=1, **read_as)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", ["größe,b\nä,1\n", "a,b\n" + "x,1\n" * 300_000 + "ä,1\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_rows_are_equal_in_all_encodings(encoding, text, end):
    frame = csv_table(text.replace("\n", end).encode(encoding)).frame

    assert (frame.height, frame["b"].unique().to_list()) == (text.count("\n") - 1, ["1"])
    assert frame[frame.columns[0]][-1] == "ä"


def test_given_encoding_wins():
    assert csv_table("a,b\nж,1\n".encode("cp1251"), FileOptions(encoding="cp1251")).frame["a"].to_list() == ["ж"]
