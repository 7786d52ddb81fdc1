"""POST /predict and /models/{model}/predict."""

import io
import json
from typing import Any

import httpx
import polars as pl
import pytest

from mlapp.schemas import Span, VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, MACHINES, NDJSON, PARQUET, make_default, path_of, problem_of, row_of

ROWS = MACHINES.drop("days").head(7)


@pytest.fixture(autouse=True)
async def active(http: httpx.AsyncClient, machines: VersionInfo) -> None:
    await make_default(http, machines)


def encoded(frame: pl.DataFrame, kind: str) -> bytes:
    if kind == PARQUET:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return buffer.getvalue()
    return (frame.write_ndjson() if kind == NDJSON else frame.write_csv()).encode()


def decoded(answer: httpx.Response) -> pl.DataFrame:
    data = io.BytesIO(answer.content)
    if answer.headers["content-type"] == PARQUET:
        return pl.read_parquet(data)
    return pl.read_ndjson(data) if answer.headers["content-type"] == NDJSON else pl.read_csv(data)


async def test_regression_response_has_intervals(http: httpx.AsyncClient, machines: VersionInfo):
    answer = await http.post("/predict", json={"records": ROWS.to_dicts()})

    body = answer.json()
    assert (answer.status_code, answer.headers["x-model-version"]) == (200, str(machines.version))
    assert answer.headers["x-model-name"] == "machines"
    assert list(body)[:2] == ["model", "version"]
    assert (body["version"], body["coverage"], body["warnings"]) == (machines.version, 0.9, [])
    assert all(
        low < value < high for low, value, high in zip(body["lower"], body["predictions"], body["upper"], strict=True)
    )


async def test_classification_response_has_probabilities(http: httpx.AsyncClient, classification: VersionInfo):
    await http.post(f"{path_of(classification)}/activate")
    row = row_of(classification)

    body = (await http.post(f"/models/{classification.model}/predict", json={"records": [row]})).json()

    (probabilities,) = body["probabilities"]
    assert body["version"] == classification.version
    assert body["predictions"] == [max(probabilities, key=probabilities.__getitem__)]
    assert sum(probabilities.values()) == pytest.approx(1)


async def test_prediction_of_a_row_does_not_depend_on_other_rows(http: httpx.AsyncClient):
    together = (await http.post("/predict", json={"records": ROWS.to_dicts()})).json()["predictions"]

    alone = [(await http.post("/predict", json={"records": [row]})).json()["predictions"][0] for row in ROWS.to_dicts()]

    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("kind", [CSV, PARQUET, NDJSON])
async def test_response_to_a_file_has_its_columns_and_predictions(
    http: httpx.AsyncClient, machines: VersionInfo, kind: str
):
    expected = (await http.post("/predict", json={"records": ROWS.to_dicts()})).json()

    answer = await http.post("/predict", content=encoded(ROWS, kind), headers={"Content-Type": kind})

    frame = decoded(answer)
    assert answer.status_code == 200
    assert frame.columns == [*ROWS.columns, "prediction", "lower", "upper"]
    assert frame.select(ROWS.columns).equals(ROWS)
    assert frame["prediction"].to_list() == expected["predictions"]
    assert (answer.headers["x-model-version"], answer.headers["x-warnings-total"]) == (str(machines.version), "0")


@pytest.mark.parametrize("kind", [CSV, PARQUET, NDJSON])
async def test_response_file_has_a_probability_column_per_class(
    http: httpx.AsyncClient, classification: VersionInfo, kind: str
):
    rows = pl.DataFrame([row_of(classification)] * 2)

    answer = await http.post(
        f"/models/{classification.model}/predict",
        content=encoded(rows, kind),
        headers={"Content-Type": kind},
    )

    names = ["prediction", *(f"probability_class_{number}" for number in range(3))]
    assert decoded(answer).columns == [*rows.columns, *names]


async def test_csv_keeps_its_delimiter_and_cells(http: httpx.AsyncClient):
    csv = 'type;age;load;indoors;checked;my note\n"a;b,c";30.50;;TRUE;2026-01-05;"say ""hi"""\n'

    answer = await http.post("/predict", content=csv, headers={"Content-Type": CSV})

    header, row, *rest = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert header == "type;age;load;indoors;checked;my note;prediction;lower;upper"
    assert row.startswith('"a;b,c";30.50;;TRUE;2026-01-05;"say ""hi""";')
    assert rest == []


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (NDJSON, NDJSON),
        (f"text/html, {PARQUET};q=0.9", PARQUET),
        ("*/*", f"{CSV}; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/csv;q=0.1, application/json;q=0.9", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json, text/plain, */*", f"{CSV}; charset=utf-8"),
        ("image/png", f"{CSV}; charset=utf-8"),
    ],
)
async def test_accept_chooses_the_format(http: httpx.AsyncClient, accept: str, kind: str):
    headers = {"Content-Type": CSV, "Accept": accept}

    answer = await http.post("/predict", content=encoded(ROWS, CSV), headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


async def test_file_in_a_form_has_the_response_of_the_file(http: httpx.AsyncClient, machines: VersionInfo):
    data = encoded(ROWS, CSV)

    form = await http.post(
        "/predict", files={"file": ("rows.csv", data, "application/octet-stream")}, data={"version": machines.version}
    )

    assert form.status_code == 200, form.text
    assert form.text == (await http.post("/predict", content=data, headers={"Content-Type": CSV})).text


async def test_values_outside_the_training_data_are_predicted_and_reported(http: httpx.AsyncClient):
    row = ROWS.to_dicts()[0] | {"type": "crane", "age": 5_000, "more": 1}

    answer = await http.post("/predict", json={"records": [row] * 60})

    body = answer.json()
    assert (answer.headers["x-warnings-total"], body["warnings_total"], len(body["warnings"])) == ("120", 120, 100)
    assert body["warnings"][0] == {
        "row": 0,
        "feature": "age",
        "code": "out_of_range",
        "detail": "5000 is outside 30–303 seen in training",
    }


@pytest.mark.parametrize(("changed", "name"), [({"type": "crane"}, "type"), ({"more": 1}, "more")])
@pytest.mark.parametrize("prefer", ["handling=strict", "respond-async, Handling = Strict"])
async def test_strict_handling_rejects_values_outside_the_training_data(
    http: httpx.AsyncClient, changed: dict[str, Any], name: str, prefer: str
):
    row = ROWS.to_dicts()[0] | changed

    answer = await http.post("/predict", json={"records": [row]}, headers={"Prefer": prefer})

    assert problem_of(answer, 422)["errors"][0]["pointer"] == f"/records/0/{name}"


async def test_feature_with_missing_values_in_training_is_optional(http: httpx.AsyncClient):
    (row, *_) = ROWS.drop("load").to_dicts()

    absent, null = [await http.post("/predict", json={"records": [it]}) for it in (row, row | {"load": None})]

    assert absent.json() == null.json()
    assert absent.json()["warnings"] == []


@pytest.mark.parametrize("name", ["active", "latest"])
async def test_version_is_a_number_or_a_name(http: httpx.AsyncClient, name: str):
    number = (await http.get(f"/models/machines/versions/{name}")).json()["version"]
    row = row_of(VersionInfo.model_validate((await http.get(f"/models/machines/versions/{number}")).json()))

    content = json.dumps({"records": [row]}, default=str)
    body: dict[str, Any] = {"content": content, "headers": {"Content-Type": "application/json"}}
    by_name = await http.post("/predict", params={"version": name}, **body)
    by_number = await http.post("/predict", params={"version": number}, **body)

    assert (by_name.json(), by_name.json()["version"]) == (by_number.json(), number)


@pytest.mark.parametrize("version", ["999999", "0", "01", "+1", " 1", "1.0", "١", "１", "", "first", "9" * 500])
async def test_unknown_version_is_not_found(http: httpx.AsyncClient, version: str):
    answer = await http.post("/predict", params={"version": version}, json={"records": ROWS.to_dicts()})

    assert problem_of(answer, 404)["detail"].startswith("Model 'machines' has no version")


@pytest.mark.parametrize("path", ["/models/nothing/predict", "/models/Machines/predict", "/models/a%20b/predict"])
@pytest.mark.parametrize("version", [None, 1, "latest"])
async def test_unknown_model_is_not_found(http: httpx.AsyncClient, path: str, version: int | str | None):
    answer = await http.post(path, params={"version": version} if version else {}, json={"records": ROWS.to_dicts()})

    assert problem_of(answer, 404)["detail"].startswith("There is no model")


@pytest.mark.parametrize(
    "path", ["/models//predict", "/models/a/b/predict", "/models/machines/predict/", "/models/predict"]
)
async def test_other_paths_are_no_predictions(http: httpx.AsyncClient, path: str):
    assert (await http.post(path, json={"records": ROWS.to_dicts()})).status_code in (404, 405, 307)


async def test_default_model_answers_as_by_its_name(http: httpx.AsyncClient):
    files = {"content": encoded(ROWS, CSV), "headers": {"Content-Type": CSV}}

    for request in ({"json": {"records": ROWS.to_dicts()}}, files):
        default, named = [await http.post(path, **request) for path in ("/predict", "/models/machines/predict")]
        assert (default.content, default.headers["x-model-name"]) == (named.content, "machines")


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"params": {"colour": "red"}}, "There is no option 'colour'; the options are sheet, encoding, delimiter,"),
        ({"params": {"model": "wines"}}, "There is no option 'model'; the path names the model: POST /models/"),
        ({"params": {"bad_rows": "drop"}}, "Invalid option 'bad_rows': Input should be 'refuse' or 'skip'."),
        ({"params": [("version", "1"), ("version", "2")]}, "The option 'version' is given twice; send it once."),
        ({"json": {"records": [{}], "colour": 1}}, "There is no option 'colour'"),
        (
            {"params": {"version": "1"}, "files": {"file": ("rows.csv", b"x")}, "data": {"version": "2"}},
            "The option 'version' is given in the URL and in the body, with different values; send it once.",
        ),
    ],
)
async def test_invalid_option_is_named(http: httpx.AsyncClient, request_: dict[str, Any], sentence: str):
    answer = await http.post("/predict", **({"json": {"records": [{}]}} | request_))

    assert problem_of(answer, 422)["detail"].startswith(sentence)


async def test_rejections_before_the_service_are_counted_once(http: httpx.AsyncClient, services: Services):
    before = (await services.monitoring.traffic(Span.HOUR)).total
    rejected = [
        await http.post("/predict", content=b"x", headers={"Content-Type": "image/png"}),
        await http.post("/predict", files={"other": b"x"}),
        await http.post("/predict?nonsense=1", json={"records": [{}]}),
        await http.post("/predict?version=4711", json={"records": [{}]}),
        await http.post("/predict", content=b"{", headers={"Content-Type": "application/json"}),
    ]

    total = (await services.monitoring.traffic(Span.HOUR)).total

    assert all(answer.status_code >= 400 for answer in rejected)
    assert (total.requests - before.requests, total.errors - before.errors) == (5, 5)
