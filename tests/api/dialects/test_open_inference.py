"""Open Inference Protocol V2: health, metadata and inference, in JSON and binary."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mlapp.schemas import Span, VersionInfo
from mlapp.services import Services
from tests.api.conftest import MACHINES, make_default, row_of
from tests.api.dialects.conftest import LENGTH, binary, message, outputs_of, tensor

DATATYPES = {"age": "INT64", "load": "FP64", "type": "BYTES", "indoors": "BOOL", "checked": "BYTES"}
ROWS = MACHINES.drop("days").to_dicts()


def plain(rows: list[dict[str, Any]], **datatypes: str) -> list[dict[str, Any]]:
    return [tensor(name, kind, [row[name] for row in rows]) for name, kind in (DATATYPES | datatypes).items()]


def packed(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bytes]]:
    missing = {"FP64": float("nan"), "BYTES": ""}
    return [
        binary(name, kind, [missing[kind] if row[name] is None else row[name] for row in rows])
        for name, kind in DATATYPES.items()
    ]


async def ours(http: httpx.AsyncClient, rows: list[dict[str, Any]], model: str = "machines") -> dict[str, Any]:
    answer: dict[str, Any] = (await http.post(f"/models/{model}/predict", json={"records": rows})).json()
    return answer


async def infer(http: httpx.AsyncClient, body: dict[str, Any], path: str = "machines") -> httpx.Response:
    return await http.post(f"/v2/models/{path}/infer", json=body)


async def test_server_tells_its_extensions_and_health(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)

    assert (await http.get("/v2")).json()["extensions"] == ["binary_tensor_data"]
    assert (await http.get("/v2/health/live")).json() == {"live": True}
    assert (await http.get("/v2/health/ready")).json() == {"ready": True}
    for path in ("machines", f"machines/versions/{machines.version}"):
        assert (await http.get(f"/v2/models/{path}/ready")).json() == {"name": "machines", "ready": True}


async def test_server_without_a_model_is_not_ready(own: httpx.AsyncClient):
    answer = await own.get("/v2/health/ready")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json().keys() == {"error"}
    assert (await own.get("/v2/models/churn/ready")).status_code == 404


async def test_metadata_has_a_tensor_for_each_feature_and_column(http: httpx.AsyncClient, machines: VersionInfo):
    found = (await http.get("/v2/models/machines")).json()

    assert found == (await http.get(f"/v2/models/machines/versions/{machines.version}")).json()
    assert (found["name"], found["versions"], found["platform"]) == ("machines", [str(machines.version)], "mlapp")
    assert {each["name"]: each["datatype"] for each in found["inputs"]} == DATATYPES
    assert [each["name"] for each in found["outputs"]] == ["prediction", "lower", "upper", "reliable"]
    assert all(each["shape"] == [-1] for each in found["inputs"] + found["outputs"])


async def test_features_with_missing_values_have_datatypes_that_express_them(http: httpx.AsyncClient):
    rows = [{"n": i % 7 if i % 5 else None, "b": i % 2 == 0 if i % 7 else None, "y": i % 3 == 0} for i in range(60)]
    trained = await http.post("/models/gaps/train", json={"records": rows, "target": "y", "estimator": "linear"})

    found = (await http.get("/v2/models/gaps")).json()

    assert trained.status_code == 201
    assert [each["datatype"] for each in found["inputs"]] == ["FP64", "BYTES"]
    assert [each["datatype"] for each in found["outputs"]] == ["BOOL", "FP64", "FP64", "BOOL"]
    body, headers = message([binary("n", "FP64", [1.0, float("nan")]), binary("b", "BYTES", ["True", ""])])
    answer = await http.post("/v2/models/gaps/infer", content=body, headers=headers)
    expected = await ours(http, [{"n": 1, "b": True}, {"n": None, "b": None}], "gaps")
    assert outputs_of(answer)["prediction"] == expected["predictions"]


@pytest.mark.parametrize("count", [1, 40, 2_000])
async def test_tensors_are_predicted_as_rows_are(http: httpx.AsyncClient, machines: VersionInfo, count: int):
    rows = (ROWS * 50)[:count]
    expected = await ours(http, rows)
    body, headers = message(packed(rows), parameters={"binary_data_output": True})

    in_json = await infer(http, {"inputs": plain(rows), "id": "a"})
    in_binary = await http.post("/v2/models/machines/infer", content=body, headers=headers)

    assert outputs_of(in_json) == outputs_of(in_binary)
    for name in ("lower", "upper"):
        assert outputs_of(in_json)[name] == expected[name]
    assert outputs_of(in_binary)["prediction"] == expected["predictions"]
    assert outputs_of(in_binary)["reliable"] == expected.get("reliable", [True] * count)
    assert in_json.json() | {"outputs": 0} == {
        "model_name": "machines",
        "model_version": str(machines.version),
        "parameters": {"coverage": 0.9, "warnings_total": 0},
        "id": "a",
        "outputs": 0,
    }
    assert in_binary.headers["content-type"] == "application/octet-stream"
    assert in_binary.headers["x-model-version"] == str(machines.version)


async def test_classes_and_probabilities_are_outputs(http: httpx.AsyncClient, classification: VersionInfo):
    row = row_of(classification)
    inputs = [tensor(name, "FP64", [value], shape=[1, 1]) for name, value in row.items()]
    asked = [{"name": "probability_class_1"}, {"name": "prediction", "parameters": {"binary_data": True}}]
    expected = await ours(http, [row], "wine")

    answer = await infer(http, {"inputs": inputs, "outputs": asked}, "wine")

    assert outputs_of(answer) == {
        "probability_class_1": [expected["probabilities"][0]["class_1"]],
        "prediction": expected["predictions"],
    }
    assert LENGTH in answer.headers
    assert "coverage" not in answer.text


async def test_missing_values_are_null_or_nan(http: httpx.AsyncClient, machines: VersionInfo):
    null = plain([ROWS[0] | {"load": None}])
    nan = json.dumps({"inputs": null}).replace("null", "NaN")

    found = [
        outputs_of(await infer(http, {"inputs": null})),
        outputs_of(await http.post("/v2/models/machines/infer", content=nan)),
        outputs_of(await infer(http, {"inputs": [each for each in null if each["name"] != "load"]})),
    ]

    assert found[0]["prediction"] == (await ours(http, [ROWS[0] | {"load": None}]))["predictions"]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("copies", [1, 1_000])
async def test_unusual_values_are_reported(http: httpx.AsyncClient, machines: VersionInfo, copies: int):
    rows = [ROWS[0] | {"type": "crane", "age": 9_000}] * copies

    answer = await infer(http, {"inputs": plain(rows)})

    parameters = answer.json()["parameters"]
    assert parameters["warnings_total"] == 2 * copies == int(answer.headers["x-warnings-total"])
    assert parameters["warnings"].splitlines()[0].startswith("Row 0, 'age': 9000 is outside")
    assert outputs_of(answer)["reliable"] == [False] * copies
    strict = await http.post(
        "/v2/models/machines/infer", json={"inputs": plain(rows)}, headers={"Prefer": "handling=strict"}
    )
    assert strict.status_code == 400


async def test_body_may_be_chunked_or_packed(http: httpx.AsyncClient, machines: VersionInfo):
    body = json.dumps({"inputs": plain(ROWS)}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        yield body[:100]
        yield body[100:]

    answers = [
        await http.post("/v2/models/machines/infer", content=content, headers=headers)
        for content, headers in (
            (body, {}),
            (chunks(), {}),
            (gzip.compress(body), {"Content-Encoding": "gzip"}),
            (body, {"Content-Type": "application/x-www-form-urlencoded"}),
        )
    ]

    assert [each.json() for each in answers] == [answers[0].json()] * 4


async def test_version_of_the_path_answers(http: httpx.AsyncClient, machines: VersionInfo):
    body = {"inputs": plain(ROWS[:1])}

    answers = [await infer(http, body, f"machines/versions/{name}") for name in (machines.version, "latest", "99", "x")]

    assert [each.status_code for each in answers] == [200, 200, 404, 404]
    assert answers[2].json()["error"].startswith("Model 'machines' has no version 99")


async def test_size_of_a_table_is_checked_before_its_values(http: httpx.AsyncClient, machines: VersionInfo):
    huge = {"name": "type", "datatype": "BYTES", "shape": [2_000_001], "parameters": {"binary_data_size": 0}}

    answer = await infer(http, {"inputs": [huge], "outputs": [{"name": "prediction"}]})

    assert answer.status_code == 413
    assert "2,000,001 rows" in answer.json()["error"]


async def test_requests_count_as_predictions(http: httpx.AsyncClient, services: Services, machines: VersionInfo):
    def counted() -> tuple[int, int]:
        counts = services.recorder.counter.requests(Span.HOUR, "machines").values()
        return sum(each.rows for each in counts), sum(each.client_errors for each in counts)

    rows, errors = counted()
    await infer(http, {"inputs": plain(ROWS[:3])})
    await infer(http, {"inputs": plain(ROWS * 50)})
    await infer(http, {"inputs": []})
    await http.post("/v2/models/machines/infer", headers={LENGTH: "x"})

    assert counted() == (rows + 3 + 50 * len(ROWS), errors + 2)


@pytest.mark.parametrize("path", ["/v2/models/machines/infer", "/v2/models/machines/versions/active/infer"])
async def test_other_routes_are_in_no_openapi_document(http: httpx.AsyncClient, app: FastAPI, path: str):
    document = (await http.get("/openapi.json")).json()

    assert not [each for each in document["paths"] if each.startswith(("/v2", "/invocations", "/ping"))]
    assert (await http.get(path)).headers["allow"] == "POST"
