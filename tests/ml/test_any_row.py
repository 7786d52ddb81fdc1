"""Generated rows: the prediction of a row depends neither on other rows nor on the order of rows and columns."""

import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.errors import Unacceptable
from mlapp.ml.data.encoding import Encoder
from mlapp.schemas import ColumnFormat, ColumnType, Feature
from mlapp.tables.columns.texts.marks import OTHER_MARKS
from mlapp.tables.formats.json import JsonRows, records_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.table import Table

pytestmark = pytest.mark.slow

often = settings(max_examples=20, deadline=None, derandomize=True, database=None)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = {
    "size": st.none() | st.floats(1, 9) | finite,
    "parts": st.none() | st.integers(-(2**63), 2**63 - 1),
    "kind": st.none() | st.sampled_from(["disk", "fan", "pump"]) | st.text(max_size=5),
    "made": st.none() | st.dates(),
    "old": st.none() | st.booleans(),
    "load": st.none() | finite,
}
SCHEMA = dict(zip(values, (pl.Float64, pl.Int64, pl.String, pl.Date, pl.Boolean, pl.Float64), strict=True))


@pytest.fixture(scope="module", params=["linear", "hist_gradient_boosting"])
def model(request, fitting, table):
    return fitting(table.drop("grade", "sold"), "price", estimator=request.param)


def predicted(model, rows):
    """Return the predictions, or the reason why they are rejected."""
    try:
        table = Table(pl.DataFrame(rows, schema={name: SCHEMA[name] for name in rows[0]}))
        return model.answers.response(model.predict(model.encoder.encode(table))).predictions
    except Unacceptable as rejection:
        return rejection.detail


@often
@given(st.lists(st.fixed_dictionaries(values), min_size=1, max_size=6), st.permutations(list(values)), st.data())
def test_prediction_of_a_row_does_not_depend_on_other_rows(model, rows, names, data):
    order = data.draw(st.permutations(range(len(rows))))
    alone = [predicted(model, [row]) for row in rows]

    together = predicted(model, [{name: rows[index][name] for name in names} for index in order])

    rejected = [prediction for prediction in alone if isinstance(prediction, str)]
    assert isinstance(together, str) == bool(rejected)
    if not rejected:
        np.testing.assert_allclose(together, [alone[index][0] for index in order], rtol=1e-12)


FORMATS = {
    "size": ColumnFormat(decimal=",", thousands=".", missing=["none"]),
    "kind": ColumnFormat(missing=["none"], kept=["NA"], spellings={"A": "a", "b c": "b c"}),
    "old": ColumnFormat(words={"yes": True, "no": False}),
    "made": ColumnFormat(dates="dmy"),
}
WRITTEN = Encoder(
    [
        Feature(
            name="size", type=ColumnType.NUMBER, required=True, example=1, min=-5, max=1e4, read_as=FORMATS["size"]
        ),
        Feature(
            name="kind",
            type=ColumnType.CATEGORY,
            required=False,
            example="a",
            categories=["a", "b c", "7"],
            read_as=FORMATS["kind"],
        ),
        Feature(name="old", type=ColumnType.BOOLEAN, required=False, example=True, read_as=FORMATS["old"]),
        Feature(
            name="made",
            type=ColumnType.DATETIME,
            required=False,
            example="2024-01-31",
            min=datetime(2020, 1, 1),  # noqa: DTZ001 - as records are stored
            max=datetime(2024, 1, 1),  # noqa: DTZ001
            read_as=FORMATS["made"],
        ),
    ]
)
marked = st.sampled_from(sorted(OTHER_MARKS | {"NA ", " ?", "  ", "none", "yes", "b  C", "A", "1.234,5", "1,5", "1.5"}))
plain = {
    "size": st.none() | st.floats(-1e15, 1e15) | st.integers(-2_000, 2_000),
    "kind": st.none() | marked | st.sampled_from(["a", "b c"]) | st.text("abNA ?\t", max_size=4),
    "old": st.none() | st.booleans(),
    "made": st.none() | st.dates().map(str) | st.datetimes(max_value=datetime(2200, 1, 1)).map(datetime.isoformat),  # noqa: DTZ001
}
written = {
    "size": plain["size"] | marked,
    "kind": plain["kind"] | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    "old": plain["old"] | marked,
    "made": plain["made"] | marked | st.sampled_from(["1/2/2024", "13.1.2024"]),
}


def encoded(table):
    """Return the encoded rows, and the features and rows of the invalid cells."""
    found = WRITTEN.encode_rows(table)
    return found.x, {(cells.feature.name, row) for cells in found.invalid for row in cells.rows.tolist()}


@often
@given(st.lists(st.fixed_dictionaries(plain), min_size=1, max_size=4))
def test_plain_json_is_encoded_as_a_table(rows):
    x = WRITTEN.encode_plain(JsonRows(rows))

    assert x is not None
    np.testing.assert_allclose(x, encoded(records_table(rows))[0], rtol=1e-14)


@often
@given(st.lists(st.fixed_dictionaries(written), min_size=2, max_size=4))
def test_json_and_ndjson_rows_are_encoded_as_each_alone(rows):
    alone = [encoded(records_table([row])) for row in rows]
    expected = np.concatenate([x for x, _ in alone])
    invalid = {(name, row) for row, (_, cells) in enumerate(alone) for name, _ in cells}

    for table in (records_table(rows), ndjson_table("\n".join(map(json.dumps, rows)).encode())):
        x, cells = encoded(table)
        np.testing.assert_allclose(x, expected, rtol=1e-14)
        assert cells == invalid
