"""The OpenAPI document."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from main import create_app
from mlapp.schemas import VersionInfo
from mlapp.settings import Settings
from tests.api.conftest import PROBLEM, make_default
from tests.servers import FULL
from tests.test_authorization import PERMISSIONS


async def document_of(http: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await http.get("/openapi.json")).json()
    return document


def operations_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


@pytest.fixture
def locked_app(tmp_path: Path) -> FastAPI:
    """An app with a key."""
    settings = Settings(_env_file=None, store=tmp_path / "store", demo=False, api_key=SecretStr(FULL))
    return create_app(settings, pages=False)


@pytest.fixture
async def locked(locked_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the full key of this app."""
    headers = {"X-API-Key": FULL}
    transport = httpx.ASGITransport(locked_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from references_in(value)


def look_up(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node


@pytest.mark.parametrize("with_model", [True, False])
async def test_references_of_the_document_resolve(
    http: httpx.AsyncClient, own: httpx.AsyncClient, machines: VersionInfo, *, with_model: bool
):
    await make_default(http, machines)

    document = await document_of(http if with_model else own)

    references = set(references_in(document))
    assert {"#/components/schemas/Row", "#/components/schemas/AnyRow", "#/components/schemas/Problem"} <= references
    assert ("#/components/schemas/MachinesRow" in references) is with_model
    assert all(look_up(document, reference) for reference in references)


async def test_errors_of_every_route_are_declared_as_problems(http: httpx.AsyncClient, machines: VersionInfo):
    document = await document_of(http)
    assert f"/models/{machines.model}/predict" in document["paths"]

    declared = {
        f"{method.upper()} {path}": {
            int(status): response["content"] for status, response in operation["responses"].items() if status >= "400"
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert {str(content) for contents in declared.values() for content in contents.values()} == {
        str({PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}})
    }
    # Cross-site requests, and requests for another host.
    always = {403, 421}
    for path in ("/train", "/models/{model}/train"):
        assert declared[f"POST {path}"].keys() == {400, 404, 409, 413, 415, 422, 429, 500, 503} | always
    for path in ("/predict", "/models/{model}/predict", "/models/machines/predict"):
        assert declared[f"POST {path}"].keys() == {400, 404, 409, 413, 415, 422, 503} | always
    assert declared["DELETE /jobs/{job_id}"].keys() == {404, 409, 422, 503} | always
    assert declared["PATCH /models/{model}"].keys() == {400, 404, 409, 413, 415, 422, 503} | always
    for path in ("/models/{model}", "/models/{model}/versions/{version}"):
        assert declared[f"DELETE {path}"].keys() >= {404, 409, 503}
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_temporary_errors_declare_retry_after(http: httpx.AsyncClient):
    for _, operation in operations_of(await document_of(http)):
        for status, response in operation["responses"].items():
            assert ("Retry-After" in response.get("headers", {})) is (status in {"429", "503"})


async def test_document_without_keys_has_no_security(http: httpx.AsyncClient):
    document = await document_of(http)

    assert "securitySchemes" not in document["components"]
    assert not any("security" in operation for _, operation in operations_of(document))


async def test_document_with_keys_has_security_per_route(locked: httpx.AsyncClient):
    document = await document_of(locked)

    schemes = document["components"]["securitySchemes"]
    assert {name: (scheme["type"], scheme.get("scheme"), scheme.get("name")) for name, scheme in schemes.items()} == {
        "Bearer": ("http", "bearer", None),
        "X-API-Key": ("apiKey", None, "X-API-Key"),
        "Ticket": ("apiKey", None, "ticket"),
    }
    for route, operation in operations_of(document):
        free = PERMISSIONS[route]["anonymous"] == "yes"
        accepted = [] if free else schemes if route == "GET /jobs/{job_id}/events" else ("Bearer", "X-API-Key")
        assert operation["security"] == [{name: []} for name in accepted]
        assert operation["responses"].keys() >= {"401", "403", "421"}
        forbidden = "may only predict" in operation["responses"]["403"]["description"]
        assert forbidden is (PERMISSIONS[route]["predict"] == "403")
    version = "/models/{model}/versions/{version}"
    for path in (version, f"{version}/card"):
        assert "except for `active`" in document["paths"][path]["get"]["responses"]["403"]["description"]


async def test_route_of_a_fork_requires_the_full_key_unless_it_is_listed(
    locked_app: FastAPI, locked: httpx.AsyncClient
):
    locked_app.add_api_route("/notes", lambda: "note")

    operation = (await document_of(locked))["paths"]["/notes"]["get"]

    assert operation["security"]
    assert "may only predict" in operation["responses"]["403"]["description"]


async def test_operation_ids_are_method_names(http: httpx.AsyncClient, regression: VersionInfo):
    assert regression.model == "diabetes"
    named = {operation["operationId"]: route for route, operation in operations_of(await document_of(http))}

    assert {"train", "train_model", "predict", "list_models", "get_version", "follow_job"} < named.keys()
    assert named["activate_version"] == "POST /models/{model}/versions/{version}/activate"
    assert named["predict_diabetes"] == "POST /models/diabetes/predict"
    verbs = "get|list|follow|cancel|create|activate|delete|update|train|predict"
    assert all(re.fullmatch(rf"({verbs})_[a-z0-9_]+|[a-z]+", name) for name in named)


async def test_estimators_of_other_packages_are_named_where_they_are_allowed(tmp_path: Path):
    app = create_app(Settings(_env_file=None, store=tmp_path, demo=False, estimators="nearest,forest"), pages=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        document = await document_of(client)

    schema = document["components"]["schemas"]["TrainBody"]["properties"]["estimator"]
    assert schema["description"].endswith(" Of other packages: nearest, forest.")


async def test_training_options_have_no_default_in_the_schema(http: httpx.AsyncClient):
    document = await document_of(http)

    body = document["components"]["schemas"]["TrainBody"]
    patch = document["components"]["schemas"]["ModelPatch"]
    query = [each["schema"] for each in document["paths"]["/train"]["post"]["parameters"]]
    options = [*query, *body["properties"].values(), *patch["properties"].values()]
    assert not any("default" in option for option in options)
    assert "required" not in body | patch
    assert body["properties"]["coverage"]["description"].endswith("Default: `0.9`.")


async def test_fields_of_responses_are_required(http: httpx.AsyncClient):
    schemas = (await document_of(http))["components"]["schemas"]

    for name in ("Job", "VersionInfo", "ModelInfo", "ModelSummary", "Health"):
        assert schemas[name]["required"] == list(schemas[name]["properties"])
    assert schemas["PredictResponse"]["required"] == ["model", "version", "predictions", "warnings"]
    assert schemas["Feature"]["required"] == ["name", "type", "required", "example"]
    assert schemas["Problem"]["required"] == ["type", "title", "status", "detail"]


@pytest.mark.parametrize(
    ("path", "preference"),
    [
        ("/train", "respond-async"),
        ("/models/{model}/train", "respond-async"),
        ("/predict", "handling=strict"),
        ("/models/{model}/predict", "handling=strict"),
        ("/models/machines/predict", "handling=strict"),
    ],
)
async def test_prefer_header_is_declared(http: httpx.AsyncClient, machines: VersionInfo, path: str, preference: str):
    assert machines.model == "machines"
    parameters = (await document_of(http))["paths"][path]["post"]["parameters"]

    (header,) = [each for each in parameters if each["in"] == "header"]
    assert header["name"] == "Prefer"
    assert preference in header["description"]


async def test_every_response_has_a_schema(http: httpx.AsyncClient):
    # Without one, the type in TypeScript clients is `unknown`.
    for route, operation in operations_of(await document_of(http)):
        for response in operation["responses"].values():
            for kind, content in response.get("content", {}).items():
                assert content.keys() & {"schema", "itemSchema"}, f"{route}: {kind}"


async def test_parameters_in_paths_are_declared(http: httpx.AsyncClient, machines: VersionInfo):
    document = await document_of(http)

    for route, operation in operations_of(document):
        declared = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared.keys() == set(re.findall(r"{(\w+)}", route)), route
    assert "model" not in {
        each["name"] for each in document["paths"]["/models/{model}/train"]["post"]["parameters"][1:]
    }
    assert f"/models/{machines.model}/predict" in document["paths"]
