"""Encoding of rows: `encode_plain` returns what `encode` returns."""

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from mlapp import tables
from mlapp.errors import MlappError
from mlapp.ml.data.encoding import Encoder
from mlapp.schemas import ColumnFormat, ColumnType, Feature

FEATURES = [
    Feature(name="number", type=ColumnType.NUMBER, required=True, min=-2.5, max=1e20, example=1.5),
    Feature(name="count", type=ColumnType.INTEGER, required=False, min=0, max=100, example=1),
    Feature(name="flag", type=ColumnType.BOOLEAN, required=False, example=True),
    Feature(name="kind", type=ColumnType.CATEGORY, required=False, categories=["a", "b c", "é"], example="a"),
    Feature(
        name="day",
        type=ColumnType.DATETIME,
        required=False,
        min=datetime(2020, 1, 1),  # noqa: DTZ001 - as records are stored
        max=datetime(2024, 12, 31, 12),  # noqa: DTZ001
        example="2024-01-31",
    ),
]
GOOD = {"number": 1.5, "count": 3, "flag": True, "kind": "b c", "day": "2024-01-31"}


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(FEATURES)


def rows(*records: Any) -> tables.JsonRows:
    return tables.JsonRows(list(records))


PLAIN = [
    {},
    {"number": -2.5},
    {"number": -0.0},
    {"number": 1e20},
    {"count": 100},
    {"count": 3.0},
    {"flag": False},
    {"kind": "é"},
    {"day": "2020-01-01"},
    {"day": "2024-12-31T12:00"},
    {"day": "2024-02-29T23:59:59"},
    {"day": "2024-02-29T23:59:59Z"},
    {"day": "2024-02-29T23:59:59.123"},
    {"day": "2024-02-29T23:59:59.123456Z"},
    {"number": -2.6},
    {"number": 1e21},
    {"count": 2.5},
    {"kind": "unseen"},
    {"kind": ""},
    {"day": "2019-12-31"},
    {"number": None},
    {"more": 1},
    *({name: None} for name in ("count", "flag", "kind", "day")),
]


@pytest.mark.parametrize("changed", PLAIN, ids=str)
@pytest.mark.parametrize("as_columns", [False, True])
def test_plain_json_is_encoded_as_by_encode(encoder: Encoder, changed: dict[str, Any], *, as_columns: bool):
    records = [GOOD | changed, GOOD]
    given = (
        tables.JsonRows(columns={name: [row[name] for row in records] for name in GOOD})
        if as_columns
        else rows(*records)
    )

    x = encoder.encode_plain(given)

    assert x is not None
    np.testing.assert_array_equal(x, encoder.encode(given.table()))


NEEDS_CONVERSION = [
    {"number": "1.5"},
    {"number": " 2e3 "},
    {"count": "3"},
    {"flag": "true"},
    {"kind": 7},
    {"kind": 1.5},
    {"more": [1]},
    {"day": "2024-01-31 10:00"},
    {"day": "2024-01-31T10:00:00+02:00"},
]


@pytest.mark.parametrize("changed", NEEDS_CONVERSION, ids=str)
def test_values_that_need_conversion_are_left_to_encode(encoder: Encoder, changed: dict[str, Any]):
    given = rows(GOOD, GOOD | changed)

    assert encoder.encode_plain(given) is None
    assert encoder.encode(given.table()).shape == (2, len(FEATURES))


INVALID = [
    rows({name: value for name, value in GOOD.items() if name != "number"}),
    rows(GOOD | {"number": True}),
    rows(GOOD | {"number": [1]}),
    rows(GOOD | {"number": 10**400}),
    rows(GOOD | {"": 1}),
    rows(GOOD | {"day": "yesterday"}),
    rows(GOOD | {"day": "2024-02-30"}),
    rows(GOOD | {"day": "２０２４-01-32"}),
    rows(GOOD, {}),
    rows(),
    rows(1),
    tables.JsonRows({"number": 1}),
    tables.JsonRows(columns=[1]),
    tables.JsonRows(columns={"number": [1.5], "count": []}),
    tables.JsonRows(columns={"number": 1.5}),
]


@pytest.mark.parametrize("given", INVALID, ids=str)
def test_invalid_json_is_left_to_encode_which_rejects_it(encoder: Encoder, given: tables.JsonRows):
    assert encoder.encode_plain(given) is None
    with pytest.raises(MlappError):
        encoder.encode(given.table())


def test_absent_optional_features_are_missing_values(encoder: Encoder):
    given = rows({"number": 1.5}, GOOD)

    x = encoder.encode_plain(given)

    assert x is not None
    np.testing.assert_array_equal(x, encoder.encode(given.table()))
    assert np.isnan(x[0]).sum() == 4


@pytest.mark.parametrize(("number", "exact"), [(2**53 - 1, True), (2**53, False), (-(2**60), False)])
def test_numbers_that_floats_may_round_are_not_exact(encoder: Encoder, number: int, *, exact: bool):
    x = encoder.encode_plain(rows(GOOD | {"count": number, "kind": "unseen"}))

    assert x is not None
    assert encoder.is_exact(x) is exact


def test_large_integers_within_the_training_range_are_not_rounded(encoder: Encoder):
    given = rows(GOOD | {"number": 2**53 + 1})

    assert encoder.encode_plain(given) is None
    with pytest.raises(MlappError, match="9007199254740993"):
        encoder.encode(given.table())


def test_numbers_that_mark_missing_values_are_left_to_encode():
    feature = Feature(
        name="x", type=ColumnType.NUMBER, required=False, example=1, read_as=ColumnFormat(missing=["-999"])
    )
    given = rows({"x": -999}, {"x": 1.5})

    assert Encoder([feature]).encode_plain(given) is None
    np.testing.assert_array_equal(Encoder([feature]).encode(given.table()), [[np.nan], [1.5]])


def test_single_feature_is_encoded():
    encoder = Encoder([Feature(name="x", type=ColumnType.NUMBER, required=False, example=None)])

    x = encoder.encode_plain(rows({"x": 1.5}, {"x": None}, {}))

    np.testing.assert_array_equal(x, [[1.5], [np.nan], [np.nan]])


def test_rows_are_encoded_when_the_cache_of_shapes_is_full(encoder: Encoder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.ml.data.plain_rows.MAX_CACHED_SHAPES", 0)

    np.testing.assert_array_equal(encoder.encode_plain(rows(GOOD)), Encoder(FEATURES).encode(rows(GOOD).table()))


def test_records_with_many_other_names_are_encoded_without_being_cached(encoder: Encoder):
    others = {f"other {number}": number for number in range(30)}

    for _ in range(2):
        x = encoder.encode_plain(rows(GOOD | others))
        assert x is not None
        np.testing.assert_array_equal(x, encoder.encode(rows(GOOD).table()))
    assert not encoder._getters
