"""The request of /predict in the OpenAPI document, which follows the active model."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import markdown2  # type: ignore[import-untyped]

from mlapp.presentation.markdown import text
from mlapp.schemas import Format, VersionInfo
from tests.api.conftest import CSV, make_default, row_of
from tests.api.test_openapi import document_of

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


async def test_request_of_predict_follows_the_active_model(
    http: httpx.AsyncClient, machines: VersionInfo, classification: VersionInfo
):
    for model in (machines, classification, machines):
        await make_default(http, model)

        document = await document_of(http)

        row = document["components"]["schemas"]["Row"]
        operation = document["paths"]["/predict"]["post"]
        assert list(row["properties"]) == [feature.name for feature in model.features]
        assert row["required"] == [feature.name for feature in model.features if feature.required]
        assert row["example"] == row_of(model)
        assert f"Model {model.version} predicts {model.target} (" in operation["description"]


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
    assert "No model" in document["paths"]["/predict"]["post"]["requestBody"]["description"]


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
