"""Columns of numbers that are dates."""

import polars as pl
import pytest

from mlapp.tables.columns.epochs import convert_epochs, infer_epochs


@pytest.mark.parametrize(
    ("name", "numbers", "code", "moments"),
    [
        ("date", [1_673_743_080, None], "epoch_s", ["2023-01-15T00:38:00", None]),
        ("last seen", [1_673_743_080.25], "epoch_s", ["2023-01-15T00:38:00.250"]),
        ("createdAt", [1_673_743_080_001], "epoch_ms", ["2023-01-15T00:38:00.001"]),
        ("Zeitstempel", [1_673_743_080_000_001], "epoch_us", ["2023-01-15T00:38:00.000001"]),
        ("ORDER_DATE", [45_322, 45_322.75], "excel", ["2024-01-31T00:00:00", "2024-01-31T18:00:00"]),
        ("Bestelldatum", [45_322], "excel", ["2024-01-31T00:00:00"]),
        ("orderdate", [20_240_131], "yyyymmdd", ["2024-01-31T00:00:00"]),
    ],
)
def test_numbers_are_dates_where_name_and_range_say_so(name, numbers, code, moments):
    raw = pl.Series(numbers, dtype=pl.Float64, strict=False)

    found = infer_epochs(raw, name)
    assert found
    assert (found.dates, found.values.dt.strftime("%Y-%m-%dT%H:%M:%S%.f").to_list()) == (code, moments)
    assert convert_epochs(raw, code).equals(found.values)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("price", [1_673_743_080]),
        ("price", [45_322]),
        ("time", [45_322]),
        ("update", [45_322]),
        ("when", [20_240_131]),
        ("date", [2024]),
        ("date", [20_240_199]),
        ("date", [20_240_131.5]),
        ("date", [1_673_743_080_001.5]),
        ("date", [1_673_743_080, 5]),
        ("year", [2024, 2023]),
        ("date", [None]),
    ],
)
def test_other_numbers_are_no_dates(name, numbers):
    assert infer_epochs(pl.Series(numbers, dtype=pl.Float64, strict=False), name) is None


@pytest.mark.parametrize(
    ("number", "code"),
    [(1.7e12, "epoch_s"), (-1e10, "epoch_s"), (1.0, "yyyymmdd"), (20_240_131.5, "yyyymmdd"), (0.0, "excel")],
)
def test_numbers_out_of_range_are_missing(number, code):
    assert convert_epochs(pl.Series([number]), code).to_list() == [None]


def test_nanoseconds_are_whole_numbers():
    found = infer_epochs(pl.Series([1_705_190_400_123_456_789]), "ts")
    assert found

    assert (found.dates, found.values.dt.microsecond().to_list()) == ("epoch_ns", [123_456])
