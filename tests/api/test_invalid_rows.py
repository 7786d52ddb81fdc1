"""Invalid rows are rejected with row and feature, and the next valid request works."""

import io
import json
from typing import Any

import httpx
import polars as pl
import pytest

from mlapp.schemas import VersionInfo
from tests.api.conftest import CSV, NDJSON, PARQUET, problem_of, row_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unharmed")]

JSON = "application/json"


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


TABLE = pl.DataFrame({"x": list(range(50)), "y": list(range(50))})


def wrong(regression: VersionInfo, **changed: Any) -> dict[str, Any]:
    return {"records": [row_of(regression), row_of(regression) | changed]}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("old", "Row 1, feature 'age': 'old' is not a number."),
        (True, "Row 1, feature 'age': 'true' is not a number."),
        ("2026-01-31", "Row 1, feature 'age': '2026-01-31' is not a number."),
        ("\0<b>", "Row 1, feature 'age': '�<b>' is not a number."),
        (10**400, "Row 1, feature 'age': '1000"),
        (2**60, "Row 1, feature 'age': '1152921504606846976' has more digits than a 64-bit float; send it rounded"),
    ],
)
async def test_value_of_another_type_is_rejected_with_row_and_feature(
    http: httpx.AsyncClient, regression: VersionInfo, value: Any, sentence: str
):
    problem = problem_of(await http.post("/predict", json=wrong(regression, age=value)), 422)

    assert problem["detail"].startswith(sentence)
    assert problem["errors"] == [{"detail": problem["detail"], "pointer": "/records/1/age"}]


@pytest.mark.parametrize("path", ["/train", "/predict"])
async def test_infinite_number_is_rejected(http: httpx.AsyncClient, regression: VersionInfo, path: str):
    rows = [json.dumps(row_of(regression) | {"y": row}) for row in range(20)]
    rows[3] = json.dumps(row_of(regression) | {"y": 3, "bmi": 0}).replace('"bmi": 0', '"bmi": 1e999')
    body = '{"records": [' + ",".join(rows) + "]"
    body += ', "target": "y", "estimator": "linear"}' if path == "/train" else "}"

    answer = await http.post(path, content=body, headers={"Content-Type": JSON})

    assert problem_of(answer, 422)["errors"][0]["pointer"] == "/records/3/bmi"


async def test_row_without_a_feature_is_rejected_with_row_and_feature(http: httpx.AsyncClient, regression: VersionInfo):
    body = wrong(regression)
    del body["records"][1]["bmi"]

    problem = problem_of(await http.post("/predict", json=body), 422)

    assert "Row 1 lacks the feature 'bmi'" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/records/1/bmi"


async def test_errors_of_many_rows_are_limited(http: httpx.AsyncClient, regression: VersionInfo):
    csv = ",".join(row_of(regression)) + "\n" + ",".join(["wrong 1"] * 10) + "\n"
    csv += (",".join(["? 1"] * 10) + "\n") * 20_000

    answer = await http.post("/predict", content=csv, headers={"Content-Type": CSV})

    assert len(problem_of(answer, 422)["errors"]) == 100


@pytest.mark.parametrize(("path", "sentence"), [("/train", "missing in every row"), ("/predict", "no rows")])
@pytest.mark.parametrize(
    "body",
    [
        {"content": "age,y\n", "headers": {"Content-Type": CSV}},
        {"content": b"", "headers": {"Content-Type": NDJSON}},
        {"content": '{"records": []}', "headers": {"Content-Type": JSON}},
        {"content": parquet(TABLE.clear()), "headers": {"Content-Type": PARQUET}},
    ],
)
async def test_table_without_rows_is_rejected(http: httpx.AsyncClient, path: str, sentence: str, body: dict[str, Any]):
    params = {"target": "y"} if path == "/train" else {}

    problem = problem_of(await http.post(path, params=params, **body), 422)

    assert sentence in problem["detail"] or "There is no column 'y' in the table" in problem["detail"]


async def test_special_column_names_are_kept(http: httpx.AsyncClient):
    names = [":x", "<img src=x onerror=alert(1)>", "a.b c", "^x$", "*", "a/b~c", "größe 🌡", '"', "a,b", " ", "x\ny"]
    rows = [{name: row * index % 17 for index, name in enumerate(names, 1)} | {"y": row} for row in range(40)]
    options = {"target": "y", "estimator": "linear"}

    version = (await http.post("/models/special/train", json={"records": rows} | options)).json()

    assert [feature["name"] for feature in version["features"]] == names
    csv = pl.DataFrame(rows[:5]).write_csv()
    path = "/models/special/predict"
    from_json = await http.post(path, json={"records": rows[:5]})
    from_csv = await http.post(path, content=csv, headers={"Content-Type": CSV})
    assert pl.read_csv(from_csv.content)["prediction"].to_list() == from_json.json()["predictions"]
    assert (await http.delete("/models/special")).status_code == 204
