"""MLflow's scoring protocol: the forms of its bodies, the response, and errors in its shape."""

import json
from typing import Any

import httpx
import pytest

from mlapp.api.dialects.mlflow import translate
from mlapp.errors import TooLarge
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, MACHINES, make_default, row_of

ROWS = MACHINES.drop("days").to_dicts()[:6]
NAMES = list(ROWS[0])
LISTS = [list(row.values()) for row in ROWS]
BY_NAME = {name: [row[name] for row in ROWS] for name in NAMES}
PATH = "/models/machines/invocations"

FORMS: dict[str, Any] = {
    "records": {"dataframe_records": ROWS},
    "split": {"dataframe_split": {"index": [0, 1, 2, 3, 4, 5], "columns": NAMES, "data": LISTS}},
    "split in another order": {"dataframe_split": {"columns": NAMES[::-1], "data": [row[::-1] for row in LISTS]}},
    "split of an array": {"dataframe_split": {"columns": [0, 1, 2, 3, 4], "data": LISTS}},
    "split without names": {"dataframe_split": {"data": LISTS}},
    "inputs by name": {"inputs": BY_NAME},
    "inputs as columns of one": {"inputs": {name: [[value] for value in found] for name, found in BY_NAME.items()}},
    "inputs by position": {"inputs": LISTS},
    "inputs as objects": {"inputs": ROWS},
    "instances": {"instances": ROWS},
    "instances by position": {"instances": LISTS},
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
async def test_forms_are_predicted_as_records_are(http: httpx.AsyncClient, machines: VersionInfo, body: dict[str, Any]):
    expected = (await http.post("/models/machines/predict", json={"records": ROWS})).json()

    answer = await http.post(PATH, json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == expected
    assert answer.headers["x-model-version"] == str(machines.version)


async def test_default_model_answers(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)

    answer = await http.post("/invocations", json={"inputs": ROWS[0]})

    assert answer.json()["model"] == "machines"
    assert (await http.get("/ping")).content == b"\n"
    assert (await http.get("/version")).text == (await http.get("/health")).json()["version"]


@pytest.mark.parametrize("media_type", [CSV, "application/octet-stream"])
async def test_files_are_answered_in_json(http: httpx.AsyncClient, machines: VersionInfo, media_type: str):
    csv = MACHINES.drop("days").head(6).write_csv().encode()

    answer = await http.post(PATH, content=csv, headers={"Content-Type": media_type, "Accept": CSV})

    expected = (await http.post(PATH, json={"inputs": ROWS})).json()
    assert answer.json() == expected


@pytest.mark.parametrize("copies", [1, 500])
async def test_nan_is_missing(http: httpx.AsyncClient, machines: VersionInfo, copies: int):
    rows = [ROWS[0] | {"load": None}] * copies
    body = json.dumps({"inputs": rows}).replace("null", "NaN")

    answer = await http.post(PATH, content=body)

    assert answer.json() == (await http.post("/models/machines/predict", json={"records": rows})).json()


async def test_params_are_options(http: httpx.AsyncClient, machines: VersionInfo):
    params = {"version": machines.version, "explain": True}

    answer = await http.post(PATH, json={"dataframe_records": ROWS, "params": params})
    unknown = await http.post(PATH, json={"dataframe_records": ROWS, "params": {"temperature": 0}})
    by_position = await http.post(PATH, json={"inputs": LISTS, "params": params})

    assert len(answer.json()["explanations"]) == len(ROWS)
    assert "There is no option 'temperature'" in unknown.json()["message"]
    assert "?version=" in by_position.json()["message"]
    assert (await http.post(f"{PATH}?version={machines.version}", json={"inputs": LISTS})).status_code == 200


async def test_values_of_a_single_feature_need_no_lists(http: httpx.AsyncClient):
    rows = [{"x": i, "y": 2.5 * i} for i in range(40)]
    await http.post("/models/line/train", json={"records": rows, "target": "y", "estimator": "linear"})

    answers = [await http.post("/models/line/invocations", json={"inputs": found}) for found in ([1, 2], [[1], [2]])]

    assert answers[0].json()["predictions"] == answers[1].json()["predictions"] == pytest.approx([2.5, 5], abs=0.1)


INVALID: dict[str, Any] = {
    "a list": ROWS,
    "no form": {},
    "two forms": {"inputs": ROWS, "instances": ROWS},
    "a form of ours": {"records": ROWS},
    "params that are no object": {"inputs": ROWS, "params": [1]},
    "params that are an empty list": {"inputs": ROWS, "params": []},
    "records as columns": {"dataframe_records": BY_NAME},
    "records of lists": {"dataframe_records": LISTS},
    "records of null": {"dataframe_records": None},
    "a number": {"inputs": 3},
    "a list of numbers": {"inputs": [1, 2]},
    "a row too short": {"inputs": [LISTS[0], LISTS[0][1:]]},
    "columns of different lengths": {"inputs": BY_NAME | {"age": [1]}},
    "a column that is no list": {"inputs": BY_NAME | {"age": 1}},
    "no rows": {"inputs": []},
    "a split frame as a list": {"dataframe_split": LISTS},
    "a split frame with other keys": {"dataframe_split": {"data": LISTS, "rows": 1}},
    "a split frame without data": {"dataframe_split": {"columns": NAMES}},
    "a split frame with a name": {"dataframe_split": {"columns": "age", "data": LISTS}},
    "a column twice": {"dataframe_split": {"columns": ["age", "age"], "data": [[1, 2]]}},
    "other columns": {"dataframe_split": {"columns": ["a"], "data": [[1]]}},
    "nested cells": {"inputs": [ROWS[0] | {"age": {"a": 1}}]},
    "words for numbers": {"inputs": [ROWS[0] | {"age": "old"}]},
}


@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID)
async def test_invalid_body_is_rejected_in_the_shape_of_mlflow(
    http: httpx.AsyncClient, machines: VersionInfo, body: dict[str, Any]
):
    answer = await http.post(PATH, json=body)

    assert answer.status_code == 400, answer.text
    assert answer.json().keys() == {"error_code", "message"}
    assert answer.json()["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")


async def test_message_names_further_errors(http: httpx.AsyncClient, machines: VersionInfo):
    answer = await http.post(PATH, json={"inputs": [ROWS[0] | {"age": "old", "load": "high"}]})

    message = "Row 0, feature 'age': 'old' is not a number. Row 0, feature 'load': 'high' is not a number."
    assert answer.json() == {"error_code": "INVALID_PARAMETER_VALUE", "message": message}


async def test_body_over_the_limit_is_rejected(http: httpx.AsyncClient, services: Services, machines: VersionInfo):
    over = await http.post(PATH, content=b" " * 2_000_001)
    fitted = await services.prediction.signature("machines")

    assert (over.status_code, over.json()["error_code"]) == (413, "INVALID_PARAMETER_VALUE")
    with pytest.raises(TooLarge, match="may have 10 MB"):
        translate(b" " * 10_000_001, fitted)


async def test_row_of_a_large_body_is_predicted_as_alone(http: httpx.AsyncClient, classification: VersionInfo):
    row = row_of(classification)

    large = await http.post("/models/wine/invocations", json={"instances": [row] * 2_000})

    alone = await http.post("/models/wine/invocations", json={"instances": [row]})
    assert large.json()["predictions"] == alone.json()["predictions"] * 2_000
