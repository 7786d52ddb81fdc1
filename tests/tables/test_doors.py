"""One table through every door: the same types, the same values, the same model."""

import csv
import io
import json
from itertools import count

import polars as pl
import pytest

from mlapp.ml.inference.fitted_model import load_model
from mlapp.ml.training.train import train
from mlapp.schemas import ColumnType, Format, Model, TrainOptions
from mlapp.tables.columns.types import infer_type
from mlapp.tables.formats.reader import read_request

ROWS = 210
TEXTS = ["plain", 'with "quotes"', "a,b;c\td|e", "two\nlines", None]
COLUMNS = {
    "zero or one": [row % 2 for row in range(ROWS)],
    "yes.or.no": ["yes" if row % 3 else "no" for row in range(ROWS)],
    "day": [f"2024-01-{1 + row % 28:02}" for row in range(ROWS)],
    "moment": [f"2024-02-{1 + row % 28:02}T{row % 24:02}:30:00" for row in range(ROWS)],
    "truth": [row % 5 == 0 for row in range(ROWS)],
    "gaps, whole": [None if row % 7 == 0 else row * 11 % 100 for row in range(ROWS)],
    "late half": [1.5 if row >= 200 else row % 50 for row in range(ROWS)],
    "code": [f"00{row % 9}23" for row in range(ROWS)],
    'text "quoted"': [TEXTS[row % 5] for row in range(ROWS)],
    ":x": [0.1 * (row % 13) + 1e-7 * row for row in range(ROWS)],
    "^y$": [row % 2 + 0.3 * (row % 13) + (row % 17) / 7 for row in range(ROWS)],
}
TYPES = dict.fromkeys(COLUMNS, ColumnType.NUMBER) | {
    "zero or one": ColumnType.INTEGER,
    "yes.or.no": ColumnType.CATEGORY,
    "day": ColumnType.DATETIME,
    "moment": ColumnType.DATETIME,
    "truth": ColumnType.BOOLEAN,
    "gaps, whole": ColumnType.INTEGER,
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
    texts = {name: [format_scalar(value) for value in values] for name, values in columns.items()}
    return json.dumps({"columns": texts}).encode(), Format.JSON


def ndjson(columns) -> tuple[bytes, Format]:
    return "\n".join(json.dumps(record) for record in records(columns)).encode(), Format.NDJSON


def csv_door(delimiter=",", end="\n", start=""):
    def write(columns) -> tuple[bytes, Format]:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n" if end == "\r\n" else "\n")
        writer.writerow(columns)
        writer.writerows([format_scalar(value) for value in row] for row in zip(*columns.values(), strict=True))
        written = text.getvalue()
        return (start + (written.replace("\n", "\r") if end == "\r" else written)).encode(), Format.CSV

    return write


def format_scalar(value) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def parquet(columns) -> tuple[bytes, Format]:
    frame = pl.DataFrame([pl.Series(name, values, strict=False) for name, values in columns.items()], strict=False)
    frame = frame.with_columns(
        pl.Series("day", columns["day"]).str.to_date(),
        pl.Series("moment", columns["moment"]).str.to_datetime(time_zone="UTC"),
        pl.Series("late half", columns["late half"], dtype=pl.Float64, strict=False),
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue(), Format.PARQUET


DOORS = {
    "JSON records": json_records,
    "JSON columns": json_columns,
    "JSON of texts": json_of_texts,
    "NDJSON": ndjson,
    "Parquet": parquet,
    "CSV": csv_door(),
    "CSV ;": csv_door(";"),
    "CSV tab": csv_door("\t"),
    "CSV |": csv_door("|"),
    "CSV with BOM": csv_door(start="\ufeff"),
    "CSV CRLF": csv_door(end="\r\n"),
    "CSV CR": csv_door(end="\r"),
}
every_door = pytest.mark.parametrize("door", DOORS)


@every_door
def test_types_and_values_are_the_same_through_every_door(door):
    table = read_request(*DOORS[door](COLUMNS))[0]
    reference = read_request(*json_records(COLUMNS))[0]

    found = {column.name: infer_type(column) for column in table.frame}

    assert {name: kind for name, (kind, _) in found.items()} == TYPES
    for column in reference.frame:
        assert found[column.name][1].equals(infer_type(column)[1], check_dtypes=True, check_names=True), column.name


@pytest.mark.parametrize(
    ("values", "kind", "made"),
    [
        ([1] * 200 + [1.5], ColumnType.NUMBER, [1.0] * 200 + [1.5]),
        ([True] * 200 + [7], ColumnType.CATEGORY, ["true"] * 200 + ["7"]),
        ([None] * 200 + [3.5], ColumnType.NUMBER, [None] * 200 + [3.5]),
        ([1] * 200 + ["x"], ColumnType.CATEGORY, ["1"] * 200 + ["x"]),
        ([1] * 200 + [2**64], ColumnType.CATEGORY, ["1"] * 200 + [str(2**64)]),
        ([0.5] * 200 + [None, "2"], ColumnType.NUMBER, [0.5] * 200 + [None, 2.0]),
    ],
    ids=["half", "seven", "number", "text", "long", "digits"],
)
@pytest.mark.parametrize("door", [name for name in DOORS if name != "Parquet"])
def test_late_value_is_neither_cut_nor_dropped(door, values, kind, made):
    table = read_request(*DOORS[door]({"a": values, "b": [0] * len(values)}))[0]

    found, converted = infer_type(table.frame["a"])

    assert (found, converted.to_list()) == (kind, made)


@pytest.mark.parametrize("kind", [Format.JSON, Format.NDJSON])
def test_late_column_is_not_dropped(kind):
    rows = [{"a": 1}] * 200 + [{"a": 1, "b": 2}]
    lines = "\n".join(json.dumps(row) for row in rows)

    table = read_request((json.dumps({"records": rows}) if kind is Format.JSON else lines).encode(), kind)[0]

    assert infer_type(table.frame["b"])[1].to_list() == [None] * 200 + [2.0]


@pytest.fixture(scope="module")
def reference():
    return trained_through("JSON records")


def trained_through(door):
    table = read_request(*DOORS[door](COLUMNS))[0]
    options = TrainOptions(target="^y$", estimator="linear")
    trained = train(table, options, count().__next__, lambda *_: None)
    model = Model(
        **trained.record,
        created_at="2024-01-31T00:00Z",
        version=1,
        active=True,
        usable=True,
        model_sha256="",
        source=None,
    )
    fitted = load_model(model, trained.file)
    return trained, fitted.answer(fitted.predict(fitted.encoder.encode(table)))


@every_door
def test_model_is_the_same_through_every_door(door, reference):
    trained, answer = trained_through(door)

    assert trained.record["data_sha256"] == reference[0].record["data_sha256"]
    assert trained.record == reference[0].record
    assert answer == reference[1]
