"""The predict routes in the OpenAPI document, which follow the active versions."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import markdown2  # type: ignore[import-untyped]
import pytest
from fastapi import FastAPI

from mlapp.api import openapi
from mlapp.api.openapi import OpenApiDocument
from mlapp.api.openapi_predict import class_names
from mlapp.presentation.markdown import text
from mlapp.schemas import Format, VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, make_default, row_of
from tests.api.test_openapi import document_of
from tests.fitted import fit, publish

HOSTILE = ("`<img src=x onerror=alert(1)>`", "[x](javascript:alert(1))", "a\n\n# <b>b</b>", "*i* ![x](x) <http://x.y>")
TARGET = f"y` {HOSTILE[0]}"


def descriptions_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for value in node.values():
            yield from descriptions_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from descriptions_in(value)


async def test_request_of_predict_follows_the_default_model(
    http: httpx.AsyncClient, machines: VersionInfo, classification: VersionInfo
):
    for info in (machines, classification, machines):
        await make_default(http, info)

        document = await document_of(http)

        row = document["components"]["schemas"]["Row"]
        operation = document["paths"]["/predict"]["post"]
        assert list(row["properties"]) == [feature.name for feature in info.features]
        assert row["required"] == [feature.name for feature in info.features if feature.required]
        assert row["example"] == row_of(info)
        assert f"Version {info.version} of {info.model} predicts {info.target} (" in operation["description"]


async def test_every_model_has_a_route_that_follows_its_active_version(own: httpx.AsyncClient):
    await own.post("/models/house-prices/train", json={"dataset": "diabetes", "estimator": "linear"})
    path, options = "/models/house-prices/predict", {"estimator": "linear", "activate": "always"}
    for features in (["bmi"], ["age", "bmi"]):
        body = {"dataset": "diabetes", "features": features} | options
        version = (await own.post("/models/house-prices/train", json=body)).json()["version"]

        document = await document_of(own)

        operation = document["paths"][path]["post"]
        assert list(document["components"]["schemas"]["HousePricesRow"]["properties"]) == features
        assert operation["operationId"] == "predict_house_prices"
        assert f"Version {version} of house-prices predicts progression" in operation["description"]
        assert "path" not in {each["in"] for each in operation["parameters"]}
        example = operation["requestBody"]["content"]["application/json"]["example"]
        assert (await own.post(path, json=example)).json()["version"] == version


async def test_document_follows_changes_of_models(own: httpx.AsyncClient):
    async def described() -> tuple[set[str], str]:
        document = await document_of(own)
        paths = {path for path in document["paths"] if path.startswith("/models/") and "{" not in path}
        return paths, document["paths"]["/predict"]["post"]["requestBody"]["description"]

    assert await described() == (set(), "There is no model yet; rows may have any features.")
    for name in ("a", "b"):
        await own.post(f"/models/{name}/train", json={"dataset": "wine", "estimator": "linear"})
    assert await described() == ({"/models/a/predict", "/models/b/predict"}, "Rows for version 1 of a.")
    await own.patch("/models/b", json={"default": True})
    assert await described() == ({"/models/a/predict", "/models/b/predict"}, "Rows for version 1 of b.")
    await own.delete("/models/a")
    assert await described() == ({"/models/b/predict"}, "Rows for version 1 of b.")


async def test_route_of_any_model_has_no_features(http: httpx.AsyncClient, machines: VersionInfo):
    document = await document_of(http)

    assert document["components"]["schemas"]["AnyRow"]["properties"] == {}
    body = document["paths"]["/models/{model}/predict"]["post"]["requestBody"]
    assert "`GET /models/{model}` lists the features" in body["description"]
    answer = await http.post(
        f"/models/{machines.model}/predict?version={machines.version}", json={"records": [row_of(machines)]}
    )
    assert answer.status_code == 200


async def test_versions_are_not_loaded_for_the_document(own_app: FastAPI, own: httpx.AsyncClient):
    services: Services = own_app.state.services
    for name in ("a", "b"):
        fit("wine").activate_in(services.models.store, name)

    document = await document_of(own)

    assert list(document["components"]["schemas"]["BRow"]["properties"]) == [
        feature.name for feature in fit("wine").record.features
    ]
    assert services.prediction.active("b") is None


async def test_document_has_the_default_model_and_the_first_of_many(
    own_app: FastAPI, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openapi, "MAX_MODELS", 3)
    store = own_app.state.services.models.store
    for name in ("a", "b", "c", "d", "e"):
        fit("wine").activate_in(store, name)
    fit("wine").add_to(store, "inactive")
    await own.patch("/models/d", json={"default": True})

    paths = (await document_of(own))["paths"]

    models = [path.split("/")[2] for path in paths if re.fullmatch(r"/models/\w+/predict", path)]
    assert models == ["d", "a", "b"]
    assert "2 models are left out" in paths["/models/{model}/predict"]["post"]["description"]


async def test_document_is_built_again_only_after_a_change(own_app: FastAPI, own: httpx.AsyncClient):
    services: Services = own_app.state.services
    for name in ("a", "b"):
        await publish(services, "wine", name)
    document = OpenApiDocument(own_app)

    first, again = await document.render(), await document.render()
    await publish(services, "wine", "a", activate=False)
    unchanged = await document.render()
    await own.post("/models/a/versions/2/activate")

    assert first is again is unchanged
    assert await document.render() is not first


async def test_model_whose_active_version_is_damaged_is_left_out(own_app: FastAPI, own: httpx.AsyncClient):
    store = own_app.state.services.models.store
    for name in ("a", "b"):
        fit("wine").activate_in(store, name)
    (store.folder / "models/b/versions/1/record.json").write_text("damaged")

    paths = (await document_of(own))["paths"]

    assert "/models/a/predict" in paths
    assert "/models/b/predict" not in paths


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["house-prices"], ["HousePrices"]),
        (["a-b", "a_b", "ab"], ["AB", "AB2", "Ab3"]),
        (["2024-sales", "model2024sales"], ["Model2024Sales", "Model2024sales2"]),
        (["predict", "any", "train"], ["Any2", "Predict2", "Train"]),
        (["a", "a2", "a-"], ["A", "A2", "A22"]),
        (["by-model"], ["ByModel2"]),
        (["a--", "0"], ["Model0", "A"]),
    ],
)
async def test_classes_of_models_have_unique_names(http: httpx.AsyncClient, models: list[str], names: list[str]):
    found = class_names(models, await document_of(http))

    assert list(found.values()) == names


async def test_features_are_described_by_training_values(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)

    row = (await document_of(http))["components"]["schemas"]["Row"]["properties"]

    assert {name: feature["type"][0] for name, feature in row.items()} == {
        "age": "integer",
        "load": "number",
        "type": "string",
        "indoors": "boolean",
        "checked": "string",
    }
    assert row["age"]["description"] == "Training values: 30 to 303."
    assert row["load"]["description"].startswith("Training values: 0.2 to 0.863. Optional")
    assert row["type"]["description"] == "Training values: fan, a;b,c, pump."
    assert row["indoors"]["description"] == "Training values: true or false."
    assert row["checked"]["format"] == "date-time"


async def test_examples_in_the_document_are_predicted(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)
    body = (await document_of(http))["paths"]["/predict"]["post"]["requestBody"]

    json = await http.post("/predict", json=body["content"]["application/json"]["example"])
    csv = await http.post("/predict", content=body["content"][CSV]["example"], headers={"Content-Type": CSV})

    assert (json.status_code, csv.status_code) == (200, 200)
    assert csv.text.splitlines()[1].split(",")[-3:] == [
        str(json.json()[name][0]) for name in ("predictions", "lower", "upper")
    ]
    assert body["content"].keys() == {*Format, "multipart/form-data"}


async def test_document_without_a_model_has_no_features(own: httpx.AsyncClient):
    document = await document_of(own)

    assert document["components"]["schemas"]["Row"]["properties"] == {}
    assert "no model yet" in document["paths"]["/predict"]["post"]["requestBody"]["description"]


async def test_user_text_is_escaped_in_descriptions(own: httpx.AsyncClient):
    rows = [{name: HOSTILE[row % len(HOSTILE)] for name in HOSTILE} | {TARGET: row} for row in range(40)]
    assert (
        await own.post("/train", json={"records": rows, "target": TARGET, "estimator": "linear"})
    ).status_code == 201

    descriptions = list(descriptions_in(await document_of(own)))

    assert sum(text(name) in each for each in descriptions for name in (TARGET, *HOSTILE)) > 2 * len(HOSTILE)
    html = "".join(markdown2.markdown(each) for each in descriptions)
    assert set(re.findall(r"<[^/].*?>", html)) == {"<p>", "<code>"}


async def test_many_categories_are_truncated(own: httpx.AsyncClient):
    rows = [{"town": f"t{row % 15:02}", "empty": None, "y": row} for row in range(60)]
    body = {"records": rows, "target": "y", "estimator": "linear", "features": ["town", "empty"]}
    assert (await own.post("/train", json=body)).status_code == 201

    row = (await document_of(own))["components"]["schemas"]["Row"]["properties"]

    assert (
        row["town"]["description"] == f"Training values: {', '.join(f't{n:02}' for n in range(10))}, … (15 in total)."
    )
    assert row["empty"]["description"].startswith("Training values: none.")
