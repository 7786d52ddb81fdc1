"""Property-based test: any body sent to /predict, or in the protocols of other servers, gets 200 or a short error, and
the next request works."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlapp.schemas import VersionInfo
from tests.api.conftest import row_of

pytestmark = pytest.mark.slow

often = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
odd = st.sampled_from(["bmi", "age", "../../x", "<script>", "\0", "\ud800", "\u202e", "é", "e\u0301", "n" * 10_000])
names = odd | st.text()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8)
bodies = (
    values
    | st.fixed_dictionaries({"inputs": st.lists(st.dictionaries(names, values) | values)})
    | st.fixed_dictionaries({"dataframe_split": st.fixed_dictionaries({"columns": values, "data": values})})
    | st.fixed_dictionaries({"records": st.lists(st.dictionaries(names, values))})
    | st.fixed_dictionaries({"columns": st.dictionaries(names, st.lists(values))})
)
KINDS = ["application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]


@often
@given(bodies.map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(KINDS))
async def test_any_body_gets_a_response(http: httpx.AsyncClient, regression: VersionInfo, body: bytes, kind: str):
    path, good = f"/models/{regression.model}/predict", {"records": [row_of(regression)]}
    before = (await http.post(path, json=good)).raise_for_status().json()

    answer = await http.post(path, content=body, headers={"Content-Type": kind})

    if answer.status_code != 200:
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) <= 8_000
        assert answer.json()["detail"]
    assert (await http.post(path, json=good)).json() == before


@often
@given(
    bodies.map(json.dumps).map(str.encode) | st.binary(),
    st.sampled_from([("/v2/models/{}/infer", {"error"}), ("/models/{}/invocations", {"error_code", "message"})]),
)
async def test_any_body_in_another_protocol_gets_a_response(
    http: httpx.AsyncClient, regression: VersionInfo, body: bytes, protocol: tuple[str, set[str]]
):
    path, keys = protocol
    good = {"records": [row_of(regression)]}
    before = (await http.post(f"/models/{regression.model}/predict", json=good)).raise_for_status().json()

    answer = await http.post(path.format(regression.model), content=body)

    if answer.status_code != 200:
        assert answer.status_code in (400, 413)
        assert set(answer.json()) == keys
        assert len(answer.content) <= 8_000
    assert (await http.post(f"/models/{regression.model}/predict", json=good)).json() == before
