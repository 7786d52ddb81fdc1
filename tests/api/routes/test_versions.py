"""/models/{model}/versions."""

import shlex
from typing import Any

import httpx
import pytest

from mlapp.schemas import ModelPatch, VersionInfo
from mlapp.services import Services
from tests.api.conftest import make_default, path_of, problem_of, row_of
from tests.fitted import publish
from tests.services.disk import forbidden, full_disk
from tests.services.misbehaving import add_unloadable

VERSIONS = "/models/wine/versions"
UNKNOWN = ["999999", "01", "0", "-1", "+1", "%D9%A1", "..%2F1", "%2e%2e", "nothing", "1" * 300]


@pytest.fixture
async def second(services: Services, classification: VersionInfo) -> VersionInfo:
    """A second version of wine, which is not active."""
    return await publish(services, classification.model, activate=False)


@pytest.fixture(autouse=True)
async def active(http: httpx.AsyncClient, classification: VersionInfo) -> VersionInfo:
    """The active version of wine."""
    await http.post(f"{path_of(classification)}/activate")
    return classification


async def test_versions_are_listed_in_short_form_newest_first(
    http: httpx.AsyncClient, classification: VersionInfo, second: VersionInfo
):
    listed = (await http.get(VERSIONS)).json()

    numbers = [version["version"] for version in listed["versions"]]
    assert (listed["model"], listed["active"]) == ("wine", classification.version)
    assert numbers == sorted(numbers, reverse=True)
    short = listed["versions"][0]
    status = {"model", "version", "active", "default", "predict_path", "breaking", "usable"}
    names = {"created_at", "task", "target", "estimator", "rows", "source", "metrics", "baseline", "warnings", "note"}
    assert short.keys() == status | names | {"suspected_leaks", "registered"}
    assert (short["version"], short["target"], short["active"]) == (second.version, "cultivar", False)


async def test_version_has_all_fields(http: httpx.AsyncClient, regression: VersionInfo):
    version = (await http.get(path_of(regression))).json()

    assert version["features"][0].keys() == {"name", "type", "required", "example", "min", "max", "mean"}
    assert version["metrics"].keys() == version["baseline"].keys() == version["spread"].keys() == {"r2", "mae", "rmse"}
    assert len(version["importance"]) == len(version["features"]) == 10
    assert {"scikit-learn", "python"} <= version["library_versions"].keys()


async def test_version_matches_its_schema(http: httpx.AsyncClient, regression: VersionInfo):
    document: dict[str, Any] = (await http.get("/openapi.json")).json()

    version = (await http.get(path_of(regression))).json()

    assert version.keys() == document["components"]["schemas"]["VersionInfo"]["properties"].keys()


async def test_active_and_latest_name_versions(http: httpx.AsyncClient, active: VersionInfo, second: VersionInfo):
    for name, info in (("active", active), ("latest", second)):
        assert (await http.get(f"{VERSIONS}/{name}")).json() == (await http.get(path_of(info))).json()
        predicted = await http.post("/models/wine/predict", params={"version": name}, json={"records": [row_of(info)]})
        assert predicted.json()["version"] == info.version


async def test_predict_path_predicts_with_the_version(
    http: httpx.AsyncClient, active: VersionInfo, second: VersionInfo
):
    for info in (active, second):
        path = (await http.get(path_of(info))).json()["predict_path"]
        assert (await http.post(path, json={"records": [row_of(info)]})).json()["version"] == info.version


async def test_activation_is_effective_and_logged(http: httpx.AsyncClient, second: VersionInfo):
    answer = await http.post(f"{path_of(second)}/activate")

    assert (answer.status_code, answer.json()["active"]) == (200, True)
    assert answer.json() == (await http.get(f"{VERSIONS}/active")).json()
    predicted = await http.post("/models/wine/predict", json={"records": [row_of(second)]})
    assert predicted.json()["version"] == second.version
    latest = (await http.get("/models/wine/history")).json()["activations"][0]
    assert (latest["action"], latest["version"], latest["by"]) == ("activate", second.version, "local")


async def test_activation_in_one_model_does_not_change_another(
    http: httpx.AsyncClient, regression: VersionInfo, second: VersionInfo
):
    row = {"records": [row_of(regression)]}
    await make_default(http, regression)
    before = (await http.get("/models/diabetes")).json(), (await http.post("/predict", json=row)).json()

    await http.post(f"{path_of(second)}/activate")

    assert before == ((await http.get("/models/diabetes")).json(), (await http.post("/predict", json=row)).json())


async def test_unloadable_version_is_a_conflict_and_changes_nothing(
    http: httpx.AsyncClient, services: Services, active: VersionInfo
):
    store = services.models.store
    broken = add_unloadable(store, "wine", active.version)
    for version in (broken, active.version):
        store.activate("wine", version)
    await services.prediction.refresh("wine")

    paths = (f"{VERSIONS}/{broken}/activate", "/models/wine/rollback", f"/models/wine/predict?version={broken}")
    for path in paths:
        problem = problem_of(await http.post(path, json={"records": [{}]}), 409)
        assert "cannot be loaded" in problem["detail"]

    assert (await http.get(f"{VERSIONS}/active")).json()["version"] == active.version
    assert (await http.delete(f"{VERSIONS}/{broken}")).status_code == 204


async def test_activation_of_a_damaged_version_is_a_conflict(
    http: httpx.AsyncClient, services: Services, active: VersionInfo, second: VersionInfo
):
    file = services.models.store.folder / f"models/wine/versions/{second.version}/model.joblib"
    file.write_bytes(b"damaged")

    answer = await http.post(f"{path_of(second)}/activate")

    assert "damaged" in problem_of(answer, 409)["detail"]
    assert (await http.get(f"{VERSIONS}/active")).json()["version"] == active.version
    assert (await http.delete(path_of(second))).status_code == 204


async def test_delete_removes_a_version(http: httpx.AsyncClient, second: VersionInfo):
    answer = await http.delete(path_of(second))

    assert (answer.status_code, answer.content) == (204, b"")
    problem_of(await http.get(path_of(second)), 404)
    problem_of(await http.delete(path_of(second)), 404)


async def test_delete_of_the_active_version_is_a_conflict(http: httpx.AsyncClient, active: VersionInfo):
    for path in (path_of(active), f"{VERSIONS}/active"):
        assert "is active" in problem_of(await http.delete(path), 409)["detail"]

    assert (await http.get(f"{VERSIONS}/active")).json()["version"] == active.version


@pytest.mark.parametrize("version", UNKNOWN)
@pytest.mark.parametrize("route", ["GET", "POST /activate", "DELETE", "GET /card"])
async def test_unknown_version_is_not_found(http: httpx.AsyncClient, route: str, version: str):
    method, _, path = route.partition(" ")

    problem_of(await http.request(method, f"{VERSIONS}/{version}{path}"), 404)


async def test_unknown_version_gets_what_there_is(http: httpx.AsyncClient):
    assert "GET /models/wine/versions lists" in problem_of(await http.get(f"{VERSIONS}/999999"), 404)["detail"]
    assert "a number, `active` or `latest`" in problem_of(await http.get(f"{VERSIONS}/newest"), 404)["detail"]


async def test_model_without_an_active_version_says_so(http: httpx.AsyncClient, services: Services):
    info = await publish(services, "wine", "unused", activate=False)

    assert (await http.get("/models/unused")).json()["active_version"] is None
    assert "has no active version" in problem_of(await http.get("/models/unused/versions/active"), 404)["detail"]
    await http.delete(path_of(info))
    assert "has no latest version" in problem_of(await http.get("/models/unused/versions/latest"), 404)["detail"]
    assert (await http.get("/models/unused/versions")).json() == {"model": "unused", "active": None, "versions": []}
    await http.delete("/models/unused")


async def test_activation_on_a_full_disk_is_unavailable(
    http: httpx.AsyncClient, active: VersionInfo, second: VersionInfo
):
    with full_disk(0):
        answer = await http.post(f"{path_of(second)}/activate")

    assert "saved" in problem_of(answer, 503)["detail"]
    assert (await http.get(f"{VERSIONS}/active")).json()["version"] == active.version


async def test_delete_in_a_read_only_store_is_unavailable(
    http: httpx.AsyncClient, services: Services, second: VersionInfo
):
    with forbidden(services.models.store.folder / "staging"):
        answer = await http.delete(path_of(second))

    problem_of(answer, 503)
    assert (await http.get(path_of(second))).status_code == 200


async def test_card_is_markdown(http: httpx.AsyncClient, regression: VersionInfo, active: VersionInfo):
    for info in (regression, active):
        answer = await http.get(f"{path_of(info)}/card")

        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/markdown; charset=utf-8")
        assert answer.text.startswith('---\nlibrary_name: "sklearn"\n')
        assert f"{info.model}, version {info.version}" in answer.text
        assert (await http.get(f"/models/{info.model}/versions/active/card")).text == answer.text


async def test_card_has_the_description_of_the_model(http: httpx.AsyncClient, services: Services):
    info = await publish(services, "wine", "described")
    await services.models.update(info.model, ModelPatch(description="Which cultivar it is."))

    assert "\n\n> Which cultivar it is.\n\n" in (await http.get(f"{path_of(info)}/card")).text


async def test_curl_command_of_the_card_works(http: httpx.AsyncClient, machines: VersionInfo, second: VersionInfo):
    for info in (machines, second):
        text = (await http.get(f"{path_of(info)}/card")).text
        (command,) = [line for line in text.split("\n") if line.startswith("curl ")]
        _, _, method, url, _, header, _, body = shlex.split(command)

        answer = await http.request(method, url, content=body, headers=dict([header.split(": ")]))

        assert (answer.status_code, answer.json()["model"], answer.json()["version"]) == (
            200,
            info.model,
            info.version,
        )
        assert answer.json()["warnings"] == []


async def test_card_is_declared_as_markdown(http: httpx.AsyncClient):
    document: dict[str, Any] = (await http.get("/openapi.json")).json()

    responses = document["paths"]["/models/{model}/versions/{version}/card"]["get"]["responses"]

    assert responses["200"]["content"] == {"text/markdown": {"schema": {"type": "string"}}}
    assert responses["404"]["content"].keys() == {"application/problem+json"}
