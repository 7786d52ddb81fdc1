"""/models."""

import shlex
from typing import Any

import httpx
import pytest

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import make_default, path_of, problem_of
from tests.services.disk import full_disk
from tests.services.misbehaving import add_unloadable


async def test_models_are_listed_in_short_form_newest_first(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    await make_default(http, regression)

    listed = (await http.get("/models")).json()

    versions = [model["version"] for model in listed["models"]]
    assert (listed["active"], versions) == (regression.version, sorted(versions, reverse=True))
    (short,) = [model for model in listed["models"] if model["version"] == classification.version]
    names = {"version", "created_at", "active", "usable", "task", "target", "estimator", "rows", "source"}
    assert short.keys() == names | {"metrics", "note"}
    assert (short["target"], short["active"], short["usable"]) == ("cultivar", False, True)


async def test_model_has_all_fields(http: httpx.AsyncClient, regression: VersionInfo):
    model = (await http.get(path_of(regression))).json()

    assert model["features"][0].keys() == {"name", "type", "required", "example", "min", "max", "mean"}
    assert model["metrics"].keys() == model["baseline"].keys() == model["spread"].keys() == {"r2", "mae", "rmse"}
    assert len(model["importance"]) == len(model["features"]) == 10
    assert {"scikit-learn", "python"} <= model["library_versions"].keys()


async def test_activation_is_effective_and_logged(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    await make_default(http, regression)

    answer = await make_default(http, classification)

    assert (answer.status_code, answer.json()["active"]) == (200, True)
    assert answer.json() == (await http.get("/models/active")).json()
    latest = (await http.get("/models/history")).json()["activations"][0]
    assert (latest["action"], latest["version"]) == ("activate", classification.version)


async def test_rollback_activates_the_previous_version(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    for model in (regression, classification):
        await make_default(http, model)

    answer = await http.post("/models/rollback")

    assert (answer.status_code, answer.json()["version"]) == (200, regression.version)


async def test_unloadable_version_is_a_conflict_and_changes_nothing(
    http: httpx.AsyncClient, services: Services, classification: VersionInfo
):
    store = services.models.store
    broken = add_unloadable(store, classification.version)
    for version in (broken, classification.version):
        store.activate(version)
    await services.prediction.refresh()

    for path in (f"/models/{broken}/activate", "/models/rollback", f"/predict?version={broken}"):
        problem = problem_of(await http.post(path, json={"records": [{}]}), 409)
        assert f"Model {broken} cannot be loaded" in problem["detail"]

    assert (await http.get("/models/active")).json()["version"] == classification.version
    await http.delete(f"/models/{broken}")


async def test_delete_removes_a_version(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)
    body = {"dataset": "wine", "estimator": "linear", "activate": False}
    location = (await http.post("/train", json=body)).headers["location"]

    answer = await http.delete(location)

    assert (answer.status_code, answer.content) == (204, b"")
    problem_of(await http.get(location), 404)
    problem_of(await http.delete(location), 404)


async def test_delete_of_the_active_version_is_a_conflict(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)

    answer = await http.delete(path_of(classification))

    assert "active" in problem_of(answer, 409)["detail"]
    assert (await http.get("/models/active")).json()["version"] == classification.version


@pytest.mark.parametrize("version", ["999999", "01", "+1", "%D9%A1", "..%2F1", "nothing"])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/activate"), ("DELETE", "")])
async def test_unknown_version_is_not_found(http: httpx.AsyncClient, method: str, path: str, version: str):
    problem_of(await http.request(method, f"/models/{version}{path}"), 404)


async def test_activation_of_a_damaged_model_is_a_conflict(
    http: httpx.AsyncClient, services: Services, classification: VersionInfo
):
    await make_default(http, classification)
    body = {"dataset": "wine", "estimator": "linear", "activate": False}
    version = (await http.post("/train", json=body)).json()["version"]
    (services.models.store.folder / f"versions/{version}/model.joblib").write_bytes(b"damaged")

    answer = await http.post(f"/models/{version}/activate")

    assert "damaged" in problem_of(answer, 409)["detail"]
    assert (await http.get("/models/active")).json()["version"] == classification.version
    assert (await http.delete(f"/models/{version}")).status_code == 204


async def test_rollback_without_a_previous_version_is_a_conflict(own: httpx.AsyncClient):
    problem_of(await own.post("/models/rollback"), 409)


async def test_empty_store_has_empty_lists(own: httpx.AsyncClient):
    assert (await own.get("/models")).json() == {"active": None, "models": []}
    assert (await own.get("/models/history")).json() == {"activations": []}
    for name in ("active", "latest"):
        assert "no model" in problem_of(await own.get(f"/models/{name}"), 404)["detail"]


@pytest.mark.parametrize("path", ["/models/{version}/activate", "/models/rollback"])
async def test_changes_on_a_full_disk_are_unavailable(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo, path: str
):
    for model in (regression, classification):
        await make_default(http, model)

    with full_disk(0):
        answer = await http.post(path.format(version=regression.version))

    assert "saved" in problem_of(answer, 503)["detail"]
    assert (await http.get("/models/active")).json()["version"] == classification.version


async def test_model_matches_its_schema(http: httpx.AsyncClient, regression: VersionInfo):
    document: dict[str, Any] = (await http.get("/openapi.json")).json()

    model = (await http.get(path_of(regression))).json()

    assert model.keys() == document["components"]["schemas"]["VersionInfo"]["properties"].keys()


async def test_card_is_markdown(http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo):
    for model in (regression, classification):
        await make_default(http, model)

        answer = await http.get(f"{path_of(model)}/card")

        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/markdown; charset=utf-8")
        assert answer.text.startswith('---\nlibrary_name: "sklearn"\n')
        assert f"# {model.target}, model {model.version}" in answer.text
        assert (await http.get("/models/active/card")).text == answer.text
    assert (await http.get("/models/latest/card")).status_code == 200


async def test_curl_command_of_the_card_works(
    http: httpx.AsyncClient, machines: VersionInfo, classification: VersionInfo
):
    for model in (machines, classification):
        text = (await http.get(f"{path_of(model)}/card")).text
        (command,) = [line for line in text.split("\n") if line.startswith("curl ")]
        _, _, method, url, _, header, _, body = shlex.split(command)

        answer = await http.request(method, url, content=body, headers=dict([header.split(": ")]))

        assert (answer.status_code, answer.json()["version"]) == (200, model.version)
        assert answer.json()["warnings"] == []


@pytest.mark.parametrize("version", ["999999", "01", "nothing"])
async def test_card_of_an_unknown_version_is_not_found(http: httpx.AsyncClient, version: str):
    problem_of(await http.get(f"/models/{version}/card"), 404)


async def test_card_is_declared_as_markdown(http: httpx.AsyncClient):
    document: dict[str, Any] = (await http.get("/openapi.json")).json()

    responses = document["paths"]["/models/{version}/card"]["get"]["responses"]

    assert responses["200"]["content"] == {"text/markdown": {"schema": {"type": "string"}}}
    assert responses["404"]["content"].keys() == {"application/problem+json"}
