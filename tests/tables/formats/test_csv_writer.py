"""The CSV writer: answers in the dialect that was sent, without formulas."""

import polars as pl
import pytest

from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.formats.csv_writer import write_csv
from mlapp.tables.formats.reader import read_file
from mlapp.tables.formats.writer import write_rows

FRAME = pl.DataFrame({"a": ["x;y", None], "b": [0.1, None]})


@pytest.mark.parametrize(
    ("read_as", "written"),
    [
        ({}, b"a,b\nx;y,0.1\n,\n"),
        ({"delimiter": ";", "line_end": "\r\n"}, b'a;b\r\n"x;y";0.1\r\n;\r\n'),
        ({"delimiter": ";", "quote": "'"}, b"a;b\n'x;y';0.1\n;\n"),
        ({"encoding": "utf-8", "bom": True}, b"\xef\xbb\xbfa,b\nx;y,0.1\n,\n"),
        ({"encoding": "utf-16-le", "bom": True}, b"\xff\xfe" + "a,b\nx;y,0.1\n,\n".encode("utf-16-le")),
        ({"encoding": "utf-16-be", "bom": False}, "a,b\nx;y,0.1\n,\n".encode("utf-16-be")),
    ],
)
def test_frame_is_written_in_a_dialect(read_as, written):
    assert write_csv(FRAME, ReadAs(format=Format.CSV, **read_as)) == written


@pytest.mark.parametrize("quote", ['"', "'"])
def test_index_column_has_no_name(quote):
    frame, read_as = pl.DataFrame({"": ["1"], "a": ["x"]}), ReadAs(format=Format.CSV, quote=quote)

    assert write_csv(frame, read_as) == b",a\n1,x\n"
    assert write_csv(frame, read_as, header=False) == b"1,x\n"


def test_rows_without_header_have_no_byte_order_mark():
    read_as = ReadAs(format=Format.CSV, encoding="utf-16-le", bom=True)

    assert write_csv(FRAME, read_as, header=False) == "x;y,0.1\n,\n".encode("utf-16-le")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_rows_are_written_in_the_dialect_that_was_read(encoding):
    body = "Stadt;Größe\r\nKöln;1,5\r\n€;2,25\r\n".encode(encoding)
    table = read_file(body, None, FileOptions(decimal=","))
    added = pl.DataFrame({"p": [0.5, -1.25]})

    parts = [write_rows(table, slice(row, row + 1), added[row], Format.CSV) for row in range(2)]

    expected = "Stadt;Größe;p\r\nKöln;1,5;0,5\r\n€;2,25;-1,25\r\n".encode(encoding)
    assert b"".join(parts) == expected


def test_letters_that_the_encoding_lacks_are_written_as_utf_8():
    table = read_file("Größe,x\n1,2\n".encode("windows-1252"), None)

    written = write_rows(table, slice(0, 1), pl.DataFrame({"probability_да": [0.5]}), Format.CSV)

    assert written == "\ufeffGröße,x,probability_да\n1,2,0.5\n".encode()


def test_formulas_are_escaped_in_a_csv_but_numbers_are_not():
    cells = ["=1+1", "+1", "-1.5e3", "-x", "@SUM(A1)", "\tx", "\0x", "a=b", None]
    frame = pl.DataFrame({"=name": cells, "number": [-1.0] * 9})

    header, *rows = write_csv(frame).decode().splitlines()

    assert header == "'=name,number"
    assert [row.rsplit(",", 1)[0].strip('"') for row in rows] == [
        "'=1+1", "+1", "-1.5e3", "'-x", "'@SUM(A1)", "'\tx", "'\0x", "a=b", "",
    ]  # fmt: skip
    assert {row.rsplit(",", 1)[1] for row in rows} == {"-1.0"}


@pytest.mark.parametrize("others", [[], [""], [None], ["A"], ["0"], ["-1"], ["~"], ["", None, "-1", "0", "Z"]])
@pytest.mark.parametrize("formula", ["=1", "@a", "+a", "-a", "\0"])
def test_formula_is_escaped_among_any_other_values(formula, others):
    frame = pl.DataFrame({"a": [*others, formula]})

    assert write_csv(frame).decode().splitlines()[-1].strip('"') == "'" + formula


def test_negative_numbers_are_not_escaped():
    assert write_csv(pl.DataFrame({"a": ["-1", "+2", "3", None]})) == b"a\n-1\n+2\n3\n\n"


def test_column_of_missing_values_is_unchanged():
    assert (
        write_csv(pl.DataFrame({"a": [None, None], "b": ["x", ""]}, schema={"a": pl.String, "b": pl.String}))
        == b'a,b\n,x\n,""\n'
    )


def test_escaped_name_never_equals_the_name_of_another_column():
    assert write_csv(pl.DataFrame({"=a": [1], "'=a": [2]})) == b"=a,'=a\n1,2\n"


@pytest.mark.parametrize(
    "number", ["-1,5", "-1.234,56", "+3", "-1 234,5", "-1'000", "-$5", "-5 %", "-,5", "-1e-3", "-", "--"]
)
def test_numbers_are_not_escaped(number):
    assert write_csv(pl.DataFrame({"a": [number, "x"]}), ReadAs(format=Format.CSV, delimiter=";")).split() == [
        b"a",
        *number.encode().split(),
        b"x",
    ]


@pytest.mark.parametrize("formula", ["-1+2", "+1;2", "-2*A1", "-5%-1", "=-1", "--1", "+49 (0) 30"])
def test_calculations_are_escaped(formula):
    assert write_csv(pl.DataFrame({"a": [formula]})).decode().split("\n")[1].strip('"') == "'" + formula
