"""Property-based tests: a table is read with the same values, however it is written."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, note, settings
from hypothesis import strategies as st

from mlapp.schemas import ColumnType, Format
from mlapp.tables.columns.conventions import PLAIN
from mlapp.tables.columns.inference import convert_column, infer_column
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

pytestmark = pytest.mark.slow
often = settings(max_examples=60, deadline=None, derandomize=True, database=None)

NUMBERS = {
    "plain": ("", "."),
    "english": (",", "."),
    "german": (".", ","),
    "french": ("\u00a0", ","),
    "swiss": ("'", "."),
    "spaced": (" ", "."),
    "comma": ("", ","),
}
"""Thousands separator and decimal sign by format."""
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y", "%Y%m%dT%H%M%SZ")
UNITS = (("", ""), ("$", ""), ("", " €"), ("CHF ", ""), ("", " kg"), ("", "km"))
"""What is before and after all numbers of a column."""
MARKS = ("", "NA", "N/A", "#N/A", "NULL", "?")
NUMBER_MARKS = (*MARKS, "-", "nan", "None", "null", ".")
BOOLEANS = {"true": "false", "TRUE": "FALSE", "yes": "no", "ja": "nein"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")
LETTERS = "aZ09äßéñ€œ'\";,|\t&<>%+=@#_.:/ -()\n"
"""Characters of all encodings, and those that delimit, quote and escape."""


class Column(NamedTuple):
    """A column with its type, and its values as they are to be read."""

    type: ColumnType
    values: list[Any]


class Dialect(NamedTuple):
    """How a table is written."""

    numbers: str
    units: tuple[str, str]
    parentheses: bool
    dates: str
    mark: str
    number_mark: str
    true: str

    def text(self, value: Any, kind: ColumnType) -> str:
        """Return a value as it is written in this dialect."""
        if value is None:
            return self.mark if kind is ColumnType.CATEGORY else self.number_mark
        if isinstance(value, Decimal):
            thousands, decimal = NUMBERS[self.numbers]
            number = f"{abs(value):,f}".translate({ord(","): thousands, ord("."): decimal}).join(self.units)
            return number if value >= 0 else f"({number})" if self.parentheses else f"-{number}"
        if isinstance(value, datetime):
            return value.strftime(self.dates)
        return (self.true if value else BOOLEANS[self.true]) if isinstance(value, bool) else str(value)


dialects = st.builds(
    Dialect, *map(st.sampled_from, (list(NUMBERS), UNITS, [False, True], DATES, MARKS, NUMBER_MARKS, list(BOOLEANS)))
)


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-(10**13), 10**13).map(lambda number: Decimal(number).scaleb(-places))


texts = st.text(LETTERS, min_size=1, max_size=8).map(str.strip).filter(lambda text: text and text not in MARKS)
days = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(  # noqa: DTZ001 - as polars returns them
    lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0)
)
KINDS: dict[ColumnType, tuple[list[Any], st.SearchStrategy[Any]]] = {
    # The first two values show the format, which the others may leave ambiguous.
    ColumnType.NUMBER: ([Decimal("-1234567.25"), Decimal("0.5")], st.integers(0, 6).flatmap(decimals)),
    ColumnType.INTEGER: ([Decimal(1_234_567), Decimal(0)], decimals(0)),
    ColumnType.DATETIME: ([datetime(2024, 12, 31), datetime(1999, 1, 2)], days),  # noqa: DTZ001
    ColumnType.BOOLEAN: ([True, False], st.booleans()),
    ColumnType.CATEGORY: (["Straße", 'a "b", c; d'], texts),
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Column]:
    """Return columns by name; the first has no missing values, as blank lines are no rows."""
    rows = draw(st.integers(3, 20))
    words = [f"row {'abcdefghijklmnopqrstuvwxyz'[row]}" for row in range(rows + 2)]
    columns = {"Größe, name": Column(ColumnType.CATEGORY, words)}
    for kind in draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4)):
        first, values = KINDS[kind]
        others = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        columns[f"{kind}_{len(columns)}"] = Column(kind, first + others)
    return dict(draw(st.permutations(list(columns.items()))))


def cells_of(columns: dict[str, Column], dialect: Dialect) -> dict[str, list[str]]:
    return {name: [dialect.text(value, kind) for value in values] for name, (kind, values) in columns.items()}


def typed(columns: dict[str, Column]) -> dict[str, list[Any]]:
    """Return the values as formats with types have them."""

    def value_of(value: Any, kind: ColumnType) -> Any:
        if isinstance(value, Decimal):
            return int(value) if kind is ColumnType.INTEGER else float(value)
        return value

    return {name: [value_of(value, kind) for value in values] for name, (kind, values) in columns.items()}


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_csv(
    columns: dict[str, list[str]],
    delimiter: str = ",",
    line_end: str = "\r\n",
    quoting: int = csv.QUOTE_MINIMAL,
    encoding: str = "utf-8",
) -> bytes:
    text = io.StringIO(newline="")
    if line_end == "\r":
        # Python's writer does not quote other line ends.
        quoting = csv.QUOTE_ALL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return text.getvalue().encode(encoding)


def write_xlsx(columns: dict[str, list[Any]]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        sheet = workbook.add_worksheet()
        for index, (name, values) in enumerate(columns.items()):
            sheet.write_string(0, index, name)
            for row, value in enumerate(values, 1):
                write = sheet.write_string if isinstance(value, str) else sheet.write
                write(row, index, value)
    return data.getvalue()


def write_frame(columns: dict[str, list[Any]], write: Callable[[pl.DataFrame, io.BytesIO], Any]) -> bytes:
    data = io.BytesIO()
    write(pl.DataFrame(columns), data)
    return data.getvalue()


def write_json(columns: dict[str, list[Any]]) -> bytes:
    return json.dumps(rows_of(columns), default=datetime.isoformat).encode()


def write_ndjson(columns: dict[str, list[Any]]) -> bytes:
    return "".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in rows_of(columns)).encode()


WRITERS: dict[Format, Callable[[dict[str, list[Any]]], bytes]] = {
    Format.WORKBOOK: write_xlsx,
    Format.PARQUET: lambda columns: write_frame(columns, pl.DataFrame.write_parquet),
    Format.ARROW: lambda columns: write_frame(columns, pl.DataFrame.write_ipc),
    Format.JSON: write_json,
    Format.NDJSON: write_ndjson,
}


def pack(data: bytes, container: str | None) -> bytes:
    if container == "gzip":
        return gzip.compress(data, mtime=0)
    if container == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("table", data)
        return packed.getvalue()
    return data


def read(data: bytes, kind: Format) -> Table:
    note(f"{kind}: {data[:2_000]!r}")
    return read_file(data, kind, training=True)


def assert_equal(table: Table, columns: dict[str, Column]) -> None:
    assert list(table.frame.columns) == list(columns)
    for name, (kind, values) in columns.items():
        found = infer_column(table.frame[name], table.conventions)
        expected = [float(value) if isinstance(value, Decimal) else value for value in values]
        assert (name, found.type, found.values.to_list()) == (name, kind, expected)


@often
@given(
    tables(),
    dialects,
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(ENCODINGS),
    st.sampled_from([None, "gzip", "zip"]),
)
def test_text_file_is_read_in_any_dialect(columns, dialect, delimiter, line_end, quoting, encoding, container):
    data = write_csv(cells_of(columns, dialect), delimiter, line_end, quoting, encoding)

    assert_equal(read(pack(data, container), Format.CSV), columns)


@often
@given(tables(), st.none() | dialects, st.sampled_from(list(WRITERS)), st.sampled_from([None, "gzip", "zip"]))
def test_other_files_are_read_with_typed_cells_and_with_texts(columns, dialect, kind, container):
    data = WRITERS[kind](cells_of(columns, dialect) if dialect else typed(columns))

    assert_equal(read(pack(data, container), kind), columns)


@often
@given(tables(), dialects, st.sampled_from([Format.CSV, Format.JSON]), st.data())
def test_single_row_is_read_as_in_the_training_table(columns, dialect, kind, data):
    written = cells_of(columns, dialect)
    trained = read(write_csv(written), Format.CSV)
    row = data.draw(st.integers(0, trained.height - 1))
    one = {name: [values[row]] for name, values in written.items()}

    table = read_file(write_csv(one) if kind is Format.CSV else write_json(one), kind)

    conventions = table.conventions if kind is Format.CSV else PLAIN
    for name in columns:
        found = infer_column(trained.frame[name], trained.conventions)
        read_back = convert_column(table.frame[name], found.type, found.read_as, conventions)
        assert (name, read_back.values[0]) == (name, found.values[row])
        assert not read_back.invalid[0]


@often
@given(tables(), dialects, dialects, st.sampled_from(",;\t|"))
def test_file_in_another_dialect_is_read_by_its_own_evidence(columns, dialect, other, delimiter):
    trained = read(write_csv(cells_of(columns, dialect)), Format.CSV)
    other = other._replace(units=dialect.units, true=dialect.true)

    table = read_file(write_csv(cells_of(columns, other), delimiter), Format.CSV)

    for name in columns:
        found = infer_column(trained.frame[name], trained.conventions)
        read_back = convert_column(table.frame[name], found.type, found.read_as, table.conventions)
        assert (name, read_back.values.to_list()) == (name, found.values.to_list())
        assert not read_back.invalid.any()
