"""/estimators and /datasets."""

import httpx

from tests.api.conftest import problem_of


async def test_estimators_are_listed_with_their_tasks(http: httpx.AsyncClient):
    estimators = {estimator["name"]: estimator for estimator in (await http.get("/estimators")).json()}

    assert {"auto", "linear", "hist_gradient_boosting", "random_forest"} <= estimators.keys()
    assert estimators["linear"]["tasks"] == ["regression", "classification"]
    assert estimators["linear"]["description"].startswith("Ridge or logistic regression")


async def test_listed_datasets_match_their_csv(http: httpx.AsyncClient):
    for dataset in (await http.get("/datasets")).json():
        answer = await http.get(f"/datasets/{dataset['name']}")

        header, *rows = answer.text.splitlines()
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert (header.split(","), len(rows)) == (dataset["columns"], dataset["rows"])
        assert dataset["target"] in dataset["columns"]


async def test_unknown_dataset_is_not_found(http: httpx.AsyncClient):
    answer = await http.get("/datasets/beer")

    detail = problem_of(answer, 404)["detail"]
    assert "'beer'" in detail
    assert "diabetes" in detail
