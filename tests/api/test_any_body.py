"""Whatever is sent to /predict is answered with 200 or a short problem, and the next good request as before."""

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlapp.schemas import Model

often = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
odd = st.sampled_from(["bmi", "age", "../../x", "<script>", "\0", "\ud800", "\u202e", "é", "e\u0301", "n" * 10_000])
names = odd | st.text()
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8)
bodies = (
    values
    | st.fixed_dictionaries({"records": st.lists(st.dictionaries(names, values))})
    | st.fixed_dictionaries({"columns": st.dictionaries(names, st.lists(values))})
)
KINDS = ["application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]


def row_of(model: Model) -> dict[str, object]:
    return {feature.name: feature.example for feature in model.features}


@often
@given(bodies.map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(KINDS))
async def test_any_body_is_answered(http: httpx.AsyncClient, regression: Model, body: bytes, kind: str):
    good: dict[str, Any] = {"json": {"records": [row_of(regression)]}, "params": {"version": regression.version}}
    before = (await http.post("/predict", **good)).raise_for_status().json()

    answer = await http.post(
        "/predict", content=body, headers={"Content-Type": kind}, params={"version": regression.version}
    )

    if answer.status_code != 200:
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) <= 8_000
        assert answer.json()["detail"]
    assert (await http.post("/predict", **good)).json() == before


@often
@given(st.data())
async def test_row_is_answered_alone_as_in_company(http: httpx.AsyncClient, regression: Model, data: st.DataObject):
    example = row_of(regression)
    numbers = st.floats(-1e6, 1e6) | st.none()
    row = st.fixed_dictionaries(dict.fromkeys(example, numbers)).flatmap(lambda row: st.permutations([*row.items()]))
    rows = [dict(items) for items in data.draw(st.lists(row, min_size=2, max_size=5))]
    extra = data.draw(
        st.dictionaries(names.filter(lambda name: 0 < len(name) < 200 and name != "\ud800"), plain, max_size=2)
    )
    version = {"version": regression.version}

    together = await http.post("/predict", json={"records": rows}, params=version)
    alone = [
        await http.post(
            "/predict",
            content=json.dumps({"records": [extra | row]}),
            headers={"Content-Type": KINDS[0]},
            params=version,
        )
        for row in rows
    ]

    each = [answer.raise_for_status().json()["predictions"][0] for answer in alone]
    assert each == together.raise_for_status().json()["predictions"]
