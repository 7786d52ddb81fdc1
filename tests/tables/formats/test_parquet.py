"""Parquet and Arrow readers: pandas' index, and columns that are not plain."""

import io
import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody, UnsupportedType
from mlapp.schemas import FileOptions, Format, TrainOptions
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.formats.reader import read_file

TRAINING = TrainOptions(target="y")


def parquet(columns, **metadata) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(
        buffer, metadata={name: json.dumps(value) for name, value in metadata.items()} or None
    )
    return buffer.getvalue()


def arrow(columns, **options) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_ipc(buffer, **options)
    return buffer.getvalue()


WRITERS = pytest.mark.parametrize(("write", "kind"), [(parquet, Format.PARQUET), (arrow, Format.ARROW)])


@WRITERS
def test_unnamed_index_of_pandas_is_left_out_of_training(write, kind):
    data = write({"x": [1, 2], "__index_level_0__": [7, 3]})

    trained = read_file(data, kind, TRAINING, training=True)

    assert trained.frame.columns == ["x"]
    assert trained.read_as.left_out == ["Column '__index_level_0__' is the index of pandas; it is left out."]
    assert read_file(data, kind).frame.columns == ["x", "__index_level_0__"]


def test_named_index_of_pandas_is_left_out_unless_it_is_chosen():
    data = parquet({"x": [1], "id": [7]}, pandas={"index_columns": ["id", {"kind": "range", "stop": 3}]})

    assert read_file(data, Format.PARQUET, TRAINING, training=True).frame.columns == ["x"]
    assert read_file(data, Format.PARQUET, TrainOptions(target="id"), training=True).frame.columns == ["x", "id"]


@pytest.mark.parametrize("pandas", ["x", 1, {}, {"index_columns": 3}, {"index_columns": None}])
def test_odd_metadata_of_pandas_is_ignored(pandas):
    data = parquet({"x": [1]}, pandas=pandas)

    assert read_file(data, Format.PARQUET, FileOptions(), training=True).frame.columns == ["x"]


@WRITERS
def test_decimals_categories_times_and_durations_are_plain(write, kind):
    table = read_file(
        write(
            {
                "decimal": pl.Series([Decimal("31.31"), Decimal(2)], dtype=pl.Decimal(10, 2)),
                "long": pl.Series([Decimal("12345678901234567.125")] * 2, dtype=pl.Decimal(30, 3)),
                "category": pl.Series(["u", "v"], dtype=pl.Categorical),
                "time": [time(0, 1, 0, 500_000), None],
                "duration": pl.Series([timedelta(hours=30)] * 2, dtype=pl.Duration("ms")),
                "nothing": [None, None],
                "zone": pl.Series([datetime(2024, 1, 1, 12, tzinfo=UTC)] * 2),
                "*": [1, 2],
                "^x$": ["u", "v"],
            }
        ),
        kind,
    )

    row = table.frame.row(0, named=True)
    assert [row[name] for name in ("decimal", "long", "category")] == [31.31, 12345678901234567.125, "u"]
    assert [row[name] for name in ("time", "duration", "nothing", "*", "^x$")] == [60.5, 108_000.0, None, 1, "u"]
    assert row["zone"].isoformat() == "2024-01-01T12:00:00+00:00"
    assert table.read_as.warnings[0] == "Column 'time' has times or durations, which are read as seconds."


@WRITERS
@pytest.mark.parametrize("values", [[[1]], [{"a": 1}], [b"x"]], ids=["list", "struct", "bytes"])
def test_columns_of_nested_values_are_left_out_unless_they_are_chosen(write, kind, values):
    data = write({"tags": values, "y": [1]})

    assert read_file(data, kind).frame.columns == ["y"]
    assert "Column 'tags' has" in read_file(data, kind, TRAINING, training=True).read_as.left_out[0]
    with pytest.raises(Unacceptable, match=r"Column 'tags' has .* values, not numbers.*; choose another one"):
        read_file(data, kind, TrainOptions(target="y", features=["tags"]), training=True)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Format.PARQUET, b"PAR1"),
        (Format.PARQUET, parquet({"a": [1] * 1_000})[:-20]),
        (Format.ARROW, b"ARROW1"),
        (Format.ARROW, arrow({"a": [1] * 1_000})[:-20]),
        (Format.ARROW, arrow({"a": [1]})[:-10] + b"\xff\xff\xff\x7fARROW1"),
    ],
)
def test_damaged_file_is_rejected(kind, data):
    with pytest.raises(UnreadableBody, match="file cannot be read: it is truncated"):
        read_file(data, kind)


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_arrow_with_too_many_rows_is_rejected(compression):
    with pytest.raises(TooLarge, match="2,000,001 rows; at most 2,000,000"):
        read_file(arrow({"a": pl.repeat(1, 2_000_001, eager=True)}, compression=compression), Format.ARROW)


def test_arrow_stream_is_rejected():
    buffer = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_ipc_stream(buffer)

    with pytest.raises(UnsupportedType, match="The file is an Arrow stream"):
        read_file(buffer.getvalue(), Format.ARROW)


def test_times_and_durations_equal_those_of_a_csv():
    times = [time(second // 3600, second // 60 % 60, second % 60, 100_000) for second in range(0, 86_400, 37)]
    lengths = [timedelta(hours=each.hour, minutes=each.minute, seconds=each.second) for each in times]
    csv = "t,d\n" + "".join(f"{each:%H:%M:%S.%f},{each:%H:%M:%S}\n" for each in times)

    columns = {"t": times, "d": pl.Series(lengths, dtype=pl.Duration("us"))}
    typed, texts = (read_file(data, None).frame for data in (parquet(columns), csv.encode()))

    for name in ("t", "d"):
        assert infer_column(typed[name]).values.equals(infer_column(texts[name]).values)
