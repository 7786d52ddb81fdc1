"""A table in any format has the same types, values and model."""

import csv
import gzip
import io
import json
from datetime import datetime
from itertools import count

import polars as pl
import pytest
import xlsxwriter

from mlapp.ml.data.training_set import make_training_set
from mlapp.ml.inference.fitted_version import load_version
from mlapp.ml.training.fingerprint import fingerprints
from mlapp.ml.training.train import train
from mlapp.schemas import ColumnType, Format, TrainOptions
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.formats.reader import read_request
from tests.fitted import info_of

ROWS = 210
TEXTS = ["plain é", 'with "quotes"', "a,b;c\td|e", "two\nlines", None]
COLUMNS = {
    "zero or one": [row % 2 for row in range(ROWS)],
    "yes.or.no": ["yes" if row % 3 else "no" for row in range(ROWS)],
    "day": [f"2024-01-{1 + row % 28:02}" for row in range(ROWS)],
    "moment": [f"2024-02-{1 + row % 28:02}T{row % 24:02}:30:00" for row in range(ROWS)],
    "truth": [row % 5 == 0 for row in range(ROWS)],
    "missing, whole": [None if row % 7 == 0 else row * 11 % 100 for row in range(ROWS)],
    "late half": [1.5 if row >= 200 else row % 50 for row in range(ROWS)],
    "code": [f"00{row % 9}23" for row in range(ROWS)],
    'text "quoted"': [TEXTS[row % 5] for row in range(ROWS)],
    # At most 15 digits, as in a workbook.
    ":x": [round(0.1 * (row % 13) + 1e-7 * row, 12) for row in range(ROWS)],
    "^y$": [round(row % 2 + 0.3 * (row % 13) + (row % 17) / 7, 12) for row in range(ROWS)],
}
TYPES = dict.fromkeys(COLUMNS, ColumnType.NUMBER) | {
    "zero or one": ColumnType.INTEGER,
    "yes.or.no": ColumnType.BOOLEAN,
    "day": ColumnType.DATETIME,
    "moment": ColumnType.DATETIME,
    "truth": ColumnType.BOOLEAN,
    "missing, whole": ColumnType.INTEGER,
    "code": ColumnType.CATEGORY,
    'text "quoted"': ColumnType.CATEGORY,
}


def records(columns) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_records(columns) -> tuple[bytes, Format]:
    return json.dumps({"records": records(columns)}).encode(), Format.JSON


def json_columns(columns) -> tuple[bytes, Format]:
    return json.dumps({"columns": columns}).encode(), Format.JSON


def json_of_texts(columns) -> tuple[bytes, Format]:
    texts = {name: [as_text(value) for value in values] for name, values in columns.items()}
    return json.dumps({"columns": texts}).encode(), Format.JSON


def ndjson(columns) -> tuple[bytes, Format]:
    return "\n".join(json.dumps(record) for record in records(columns)).encode(), Format.NDJSON


def json_list(columns) -> tuple[bytes, Format]:
    return json.dumps(records(columns)).encode(), Format.JSON


def csv_writer(delimiter=",", end="\n", start="", encoding="utf-8", decimal="."):
    def write(columns) -> tuple[bytes, Format]:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n" if end == "\r\n" else "\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            texts = [as_text(value) for value in row]
            writer.writerow(
                text.replace(".", decimal) if isinstance(value, float) else text
                for text, value in zip(texts, row, strict=True)
            )
        written = text.getvalue()
        return (start + (written.replace("\n", "\r") if end == "\r" else written)).encode(encoding), Format.CSV

    return write


def as_text(value) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def gzip_csv(columns) -> tuple[bytes, Format]:
    return gzip.compress(csv_writer()(columns)[0]), Format.CSV


def xlsx(columns) -> tuple[bytes, Format]:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as workbook:
        sheet, dates = workbook.add_worksheet(), workbook.add_format({"num_format": "dd.mm.yy hh:mm"})
        for index, name in enumerate(columns):
            sheet.write_string(0, index, name)
            for row, value in enumerate(columns[name], 1):
                if name in ("day", "moment"):
                    sheet.write_datetime(row, index, datetime.fromisoformat(value), dates)
                elif value is not None:
                    (sheet.write_string if isinstance(value, str) else sheet.write)(row, index, value)
    return data.getvalue(), Format.WORKBOOK


def parquet(columns) -> tuple[bytes, Format]:
    buffer = io.BytesIO()
    typed(columns).write_parquet(buffer)
    return buffer.getvalue(), Format.PARQUET


def arrow(columns) -> tuple[bytes, Format]:
    buffer = io.BytesIO()
    typed(columns).write_ipc(buffer)
    return buffer.getvalue(), Format.ARROW


def typed(columns) -> pl.DataFrame:
    frame = pl.DataFrame([pl.Series(name, values, strict=False) for name, values in columns.items()], strict=False)
    return frame.with_columns(
        pl.Series("day", columns["day"]).str.to_date(),
        pl.Series("moment", columns["moment"]).str.to_datetime(time_zone="UTC"),
        pl.Series("late half", columns["late half"], dtype=pl.Float64, strict=False),
    )


WRITERS = {
    "JSON records": json_records,
    "JSON columns": json_columns,
    "JSON list": json_list,
    "JSON of texts": json_of_texts,
    "NDJSON": ndjson,
    "Parquet": parquet,
    "Arrow": arrow,
    "Excel": xlsx,
    "CSV": csv_writer(),
    "CSV ;": csv_writer(";"),
    "CSV tab": csv_writer("\t"),
    "CSV |": csv_writer("|"),
    "CSV with BOM": csv_writer(start="\ufeff"),
    "CSV CRLF": csv_writer(end="\r\n"),
    "CSV CR": csv_writer(end="\r"),
    "CSV gzip": gzip_csv,
    "CSV UTF-16 tab": csv_writer("\t", encoding="utf-16"),
    "CSV Windows-1252 ;": csv_writer(";", encoding="cp1252", decimal=","),
}
all_formats = pytest.mark.parametrize("writer", WRITERS)


def table_from(writer):
    return read_request(*WRITERS[writer](COLUMNS))[0]


@pytest.fixture(scope="module")
def values():
    """The values of the columns, read from JSON."""
    return {column.name: infer_column(column).values for column in table_from("JSON records").frame}


@all_formats
def test_types_and_values_are_equal_in_all_formats(writer, values):
    found = {column.name: infer_column(column)[:2] for column in table_from(writer).frame}

    assert {name: kind for name, (kind, _) in found.items()} == TYPES
    for name, expected in values.items():
        assert found[name][1].equals(expected, check_dtypes=True, check_names=True), name


@pytest.mark.parametrize(
    ("values", "kind", "made"),
    [
        ([1] * 200 + [1.5], ColumnType.NUMBER, [1.0] * 200 + [1.5]),
        ([True] * 200 + [7], ColumnType.CATEGORY, ["true"] * 200 + ["7"]),
        ([None] * 200 + [3.5], ColumnType.NUMBER, [None] * 200 + [3.5]),
        ([1] * 200 + ["x7"], ColumnType.CATEGORY, ["1"] * 200 + ["x7"]),
        ([1] * 200 + ["x"], ColumnType.INTEGER, [1.0] * 200 + [None]),
        ([1] * 200 + [2**64], ColumnType.CATEGORY, ["1"] * 200 + [str(2**64)]),
        ([0.5] * 200 + [None, "2"], ColumnType.NUMBER, [0.5] * 200 + [None, 2.0]),
    ],
    ids=["half", "seven", "number", "text", "word", "long", "digits"],
)
@pytest.mark.parametrize("writer", [name for name in WRITERS if name not in ("Parquet", "Arrow", "Excel")])
def test_value_of_another_type_in_a_late_row_is_kept(writer, values, kind, made):
    table = read_request(*WRITERS[writer]({"a": values, "b": [0] * len(values)}))[0]

    found, converted = infer_column(table.frame["a"])[:2]

    assert (found, converted.to_list()) == (kind, made)


@pytest.mark.parametrize("kind", [Format.JSON, Format.NDJSON])
def test_column_that_starts_in_a_late_row_is_kept(kind):
    rows = [{"a": 1}] * 200 + [{"a": 1, "b": 2}]
    lines = "\n".join(json.dumps(row) for row in rows)

    table = read_request((json.dumps({"records": rows}) if kind is Format.JSON else lines).encode(), kind)[0]

    assert infer_column(table.frame["b"]).values.to_list() == [None] * 200 + [2.0]


OPTIONS = TrainOptions(target="^y$", estimator="linear")


def prepared_from(writer):
    """Return what a training gets, and how it names the table."""
    table = table_from(writer)
    made = make_training_set(table, OPTIONS)
    return made, fingerprints(table, made.signature, made.target, OPTIONS)


@pytest.fixture(scope="module")
def prepared():
    return prepared_from("JSON records")


@all_formats
def test_training_sets_are_equal_for_all_formats(writer, prepared):
    (made, hashes), (expected, expected_hashes) = prepared_from(writer), prepared

    assert hashes == expected_hashes
    assert made.samples.X.tobytes() == expected.samples.X.tobytes()
    assert made.samples.y.tobytes() == expected.samples.y.tobytes()
    assert without_formats(features=made.signature.features) == without_formats(features=expected.signature.features)
    assert made.signature.examples == expected.signature.examples
    assert made.quality_warnings() == expected.quality_warnings()


@pytest.fixture(scope="module")
def reference():
    return trained_from("JSON records")


def trained_from(writer):
    table = table_from(writer)
    trained = train(table, OPTIONS, count().__next__, lambda *_: None)
    fitted = load_version(info_of(trained), trained.file)
    return trained, fitted.answers.response(fitted.predict(fitted.encoder.encode(table)))


@pytest.mark.parametrize("writer", ["NDJSON", "Parquet", "Excel", "CSV Windows-1252 ;"])
def test_models_are_equal_whatever_the_format(writer, reference):
    trained, answer = trained_from(writer)

    for name in ("data_sha256", "table_sha256"):
        assert trained.record[name] == reference[0].record[name]
    assert without_formats(**trained.record) == without_formats(**reference[0].record)
    assert answer == reference[1]


def without_formats(**record):
    """Return a record without how its table was written."""
    features = [feature.model_copy(update={"read_as": None}) for feature in record["features"]]
    return record | {"features": features, "read_as": None, "target_read_as": None}
