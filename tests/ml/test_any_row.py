"""Generated rows: the prediction of a row depends neither on other rows nor on the order of rows and columns."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.errors import Unacceptable
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
        return model.answer(model.predict(model.encoder.encode(table))).predictions
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
