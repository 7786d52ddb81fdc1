"""Plain rows: read as the general way reads them, or left to it."""

import json
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from mlapp import tables
from mlapp.errors import MlappError
from mlapp.ml.data.signature import matrix
from mlapp.ml.data.validation import check
from mlapp.ml.inference.rows import MAX_ROWS, RowReader
from mlapp.schemas import PLAIN_BYTES, ColumnType, Feature, Format

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
def reader() -> RowReader:
    return RowReader(FEATURES)


def body(*records: dict[str, Any]) -> bytes:
    return json.dumps({"records": records}, ensure_ascii=False).encode()


def generally(data: bytes) -> np.ndarray | None:
    """Read the rows the general way; None when there is something to say about them."""
    try:
        checked = check(tables.read_request(data, Format.JSON)[0], FEATURES)
    except MlappError:
        return None
    return None if checked.warnings_total else matrix(checked.frame, FEATURES)


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
    *({name: None} for name in ("count", "flag", "kind", "day")),
]


@pytest.mark.parametrize("changed", PLAIN, ids=str)
def test_plain_rows_are_read_as_the_general_way_reads_them(reader: RowReader, changed: dict[str, Any]):
    data = body(GOOD | changed, GOOD)

    rows = reader.read(data)

    assert rows is not None
    found, plain = reader.matrix(rows)
    np.testing.assert_array_equal(found, generally(data))
    assert not np.signbit(found[found == 0]).any()
    assert plain.all()


UNUSUAL = [
    {"number": -2.6},
    {"number": 1e21},
    {"count": 2.5},
    {"count": 101},
    {"kind": "unseen"},
    {"kind": ""},
    {"day": "2019-12-31"},
    {"day": "2024-12-31T12:00:01"},
    {"day": "yesterday"},
    {"day": "2024-02-30"},
    {"day": "2024-01-31 10:00"},
    {"day": "2024-01-31T10:00:00+02:00"},
    {"day": "２０２４-01-31"},
]


@pytest.mark.parametrize("changed", UNUSUAL, ids=str)
def test_rows_that_there_may_be_something_to_say_about_are_told_apart(reader: RowReader, changed: dict[str, Any]):
    rows = reader.read(body(GOOD, GOOD | changed))

    assert rows is not None
    assert reader.matrix(rows)[1].tolist() == [True, False]


DECLINED = [
    body(GOOD | {"number": None}),
    body(GOOD | {"number": "1.5"}),
    body(GOOD | {"number": True}),
    body(GOOD | {"number": 2**53}),
    body(GOOD | {"number": [1]}),
    body(GOOD | {"count": "3"}),
    body(GOOD | {"flag": 1}),
    body(GOOD | {"flag": "true"}),
    body(GOOD | {"kind": 7}),
    body(GOOD | {"day": 20}),
    body(GOOD | {"more": 1}),
    body({name: value for name, value in GOOD.items() if name != "kind"}),
    body({("other" if name == "kind" else name): value for name, value in GOOD.items()}),
    body(),
    body(*[GOOD] * (MAX_ROWS + 1)),
    body(GOOD | {"kind": "x" * PLAIN_BYTES}),
    body(GOOD | {"kind": 'a"b'}),
    body(GOOD).replace(b"1.5", b"NaN"),
    body(GOOD).replace(b"1.5", b"1e999"),
    body(GOOD).replace(b'"count": 3', b'"count": 3, "count": 3'),
    body(GOOD).replace(b"b c", b"\xff"),
    b"\xef\xbb\xbf" + body(GOOD),
    b'{"records": {}}',
    b'{"records": [1]}',
    b'{"records": 1, "records": 2}',
    b'{"columns": {}}',
    b'{"records": [], "version": 1}',
    b"[1]",
    b"{",
    b"",
    b"[" * 10_000,
]


@pytest.mark.parametrize("data", DECLINED, ids=lambda data: data[:60].decode("latin1"))
def test_what_is_not_plain_is_declined(reader: RowReader, data: bytes):
    rows = reader.read(data)

    assert rows is None or not reader.matrix(rows)[1].any()


def test_a_feature_without_any_value_in_training_is_plain_where_it_is_missing():
    reader = RowReader([Feature(name="x", type=ColumnType.NUMBER, required=False, example=None)])

    rows = reader.read(b'{"records": [{"x": null}, {"x": 1.5}]}')

    assert rows is not None
    assert reader.matrix(rows)[1].tolist() == [True, False]


def test_rows_are_read_the_same_when_no_more_combinations_of_types_are_remembered(
    reader: RowReader, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.ml.inference.rows.MAX_SHAPES", 0)

    assert reader.read(body(GOOD)) == reader.read(body(GOOD)) == [tuple(GOOD.values())]
    assert reader.read(body(GOOD | {"flag": 1})) is None
