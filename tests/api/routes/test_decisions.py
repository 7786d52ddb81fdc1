"""Costs, limits and thresholds of models, and sets of classes, over HTTP."""

import httpx
import pytest
from fastapi import FastAPI

from mlapp.schemas import VersionInfo
from tests.api.conftest import CSV, problem_of, row_of
from tests.fitted import publish

COSTS = {"false_negative": 100, "false_positive": 1}


@pytest.fixture(scope="module")
async def tumours(app: FastAPI) -> VersionInfo:
    """A version with two classes, of a model of its own."""
    return await publish(app.state.services, "breast_cancer", "tumours")


async def test_costs_change_predictions_in_json_and_files(http: httpx.AsyncClient, tumours: VersionInfo):
    body = {"records": [row_of(tumours)] * 2}
    before = (await http.post("/models/tumours/predict", json=body)).json()
    found = before["probabilities"][0][str(tumours.positive)]
    other = (found + 1) / 2 if before["predictions"][0] == tumours.positive else found / 2

    model = (await http.patch("/models/tumours", json={"threshold": other})).json()
    answer = (await http.post("/models/tumours/predict", json=body)).json()
    file = await http.post("/models/tumours/predict", json=body, headers={"Accept": CSV})
    await http.patch("/models/tumours", json={"threshold": None})

    assert (model["decision"]["threshold"], model["active_version"]["threshold"]) == (other, other)
    assert (answer["threshold"], answer["probabilities"]) == (other, before["probabilities"])
    assert answer["predictions"] != before["predictions"]
    assert [line.split(",")[-3] for line in file.text.splitlines()[1:]] == [str(each) for each in answer["predictions"]]


@pytest.mark.parametrize(
    "body",
    [
        {"costs": {"false_negative": 1}},
        {"costs": {"maybe": {"benign": 1}}},
        {"costs": 3},
        {"limit": 0},
        {"limit": 1001},
        {"threshold": 1},
        {"costs": COSTS, "limit": 3},
    ],
)
async def test_invalid_decisions_change_nothing(http: httpx.AsyncClient, tumours: VersionInfo, body: dict[str, object]):
    problem_of(await http.patch("/models/tumours", json=body), 422)

    assert (await http.get("/models/tumours")).json()["decision"] is None


async def test_sets_are_lists_in_json_and_a_column_in_files(http: httpx.AsyncClient, classification: VersionInfo):
    row = row_of(classification)

    answer = (await http.post("/models/wine/predict", json={"records": [row], "sets": True})).json()
    file = await http.post("/models/wine/predict?sets=true", json={"records": [row]}, headers={"Accept": CSV})

    assert answer["coverage"] == 0.9
    assert answer["sets"][0][0] == answer["predictions"][0]
    header, line = (text.split(",") for text in file.text.splitlines())
    assert dict(zip(header, line, strict=True))["set"] == " | ".join(map(str, answer["sets"][0]))


async def test_regression_has_no_sets(http: httpx.AsyncClient, regression: VersionInfo):
    body = {"records": [row_of(regression)], "sets": True}

    problem = problem_of(await http.post("/models/diabetes/predict", json=body), 422)

    assert problem["detail"].startswith("'sets' are of classes, and diabetes predicts numbers")


async def test_costs_of_a_training_become_those_of_its_model(http: httpx.AsyncClient):
    rows = [{"size": row, "sold": "yes" if row % 3 else "no"} for row in range(30)]
    body = {"records": rows, "target": "sold", "model": "sales-costs", "estimator": "linear", "costs": COSTS}

    trained = (await http.post("/train", json=body)).json()

    assert trained["decision"]["costs"] == COSTS
    assert (trained["positive"], trained["threshold"] is None) == ("yes", False)
