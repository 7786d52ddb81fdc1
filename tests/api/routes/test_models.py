"""/models: models by name, their settings, rollback and history."""

import gzip
import json
from typing import Any

import httpx
import pytest

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import make_default, path_of, problem_of, row_of, unread
from tests.fitted import publish
from tests.services.disk import forbidden, full_disk

UNKNOWN = ["nothing", "latest", "active", "history", "Diabetes", "..%2Fdiabetes", "%2e%2e", "%D9%A1", "x" * 300]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def second(services: Services, classification: VersionInfo) -> VersionInfo:
    """A second version of wine, which is active."""
    return await publish(services, classification.model)


async def names_of(http: httpx.AsyncClient) -> list[str]:
    return [model["name"] for model in (await http.get("/models")).json()["models"]]


async def test_models_are_listed_by_name_with_values_of_their_active_version(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    await http.post(f"{path_of(regression)}/activate")
    await make_default(http, classification)

    listed = (await http.get("/models")).json()

    assert listed["default"] == "wine"
    assert await names_of(http) == sorted(await names_of(http))
    (short,) = [model for model in listed["models"] if model["name"] == "diabetes"]
    names = {"name", "description", "demo", "activation", "task", "target", "active", "versions", "metrics"}
    assert short.keys() == names | {"trained_at", "source"}
    assert (short["target"], short["active"]) == (regression.target, regression.version)
    assert short["versions"] == len((await http.get("/models/diabetes/versions")).json()["versions"])


async def test_model_has_its_active_version(http: httpx.AsyncClient, regression: VersionInfo):
    await http.post(f"{path_of(regression)}/activate")

    model = (await http.get("/models/diabetes")).json()

    assert (model["name"], model["predict_path"]) == ("diabetes", "/models/diabetes/predict")
    assert model["active_version"] == (await http.get(path_of(regression))).json()
    answer = await http.post(model["predict_path"], json={"records": [row_of(regression)]})
    assert (answer.json()["model"], answer.json()["version"]) == ("diabetes", regression.version)


async def test_empty_store_has_no_models(own: httpx.AsyncClient):
    assert (await own.get("/models")).json() == {"default": None, "models": []}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize(
    "route", ["GET", "DELETE", "PATCH", "POST /rollback", "GET /history", "GET /versions", "POST /predict"]
)
async def test_unknown_model_is_not_found(http: httpx.AsyncClient, regression: VersionInfo, route: str, name: str):
    method, _, path = route.partition(" ")
    body: dict[str, Any] = {"description": ""} if method == "PATCH" else {"records": [{}]}

    answer = await http.request(method, f"/models/{name}{path}", json=body)

    assert problem_of(answer, 404)["detail"]
    assert regression.model in await names_of(http)


async def test_unknown_model_gets_the_most_similar_name(http: httpx.AsyncClient, regression: VersionInfo):
    for path in ("/models/Diabetis", "/models/diabetis/predict", "/models/diabetis/versions/1"):
        method = "POST" if path.endswith("predict") else "GET"
        problem = problem_of(await http.request(method, path, json={"records": [{}]}), 404)
        assert f"did you mean '{regression.model}'?" in problem["detail"]
    assert "GET /models lists" in problem_of(await http.get("/models/nothing-like-it"), 404)["detail"]


async def test_patch_changes_what_is_given(http: httpx.AsyncClient, classification: VersionInfo):
    await http.patch("/models/wine", json={"description": "Three cultivars."})

    answer = await http.patch("/models/wine", json={"activation": "never"})

    assert answer.status_code == 200
    assert answer.json() == (await http.get("/models/wine")).json()
    assert (answer.json()["description"], answer.json()["activation"]) == ("Three cultivars.", "never")
    restored = await http.patch("/models/wine", json={"activation": "auto", "description": ""})
    assert (restored.json()["description"], restored.json()["activation"]) == ("", "auto")
    assert restored.json()["active"] == classification.version


async def test_default_model_answers_predict(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    for info in (regression, classification):
        answer = await http.patch(f"/models/{info.model}", json={"default": True})

        assert answer.json()["default"] is True
        predicted = await http.post("/predict", json={"records": [row_of(info)]})
        assert predicted.json()["model"] == info.model
        assert (await http.get(path_of(info))).json()["default"] is True


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, "{", "The body is not JSON"),
        (400, "", "The body is not JSON"),
        (400, '{"default": true, "default": true}', "'default' is given twice"),
        (400, '{"description": "\\ud800"}', "lone surrogate"),
        (422, "{}", "at least one of description, default, activation"),
        (422, '["default"]', "Send an object"),
        (422, '{"colour": "red"}', "There is no option 'colour'; the options are description,"),
        (422, '{"name": "other"}', "There is no option 'name'"),
        (422, '{"active": 2}', "There is no option 'active'"),
        (422, '{"default": "true"}', "option 'default': Input should be a valid boolean"),
        (422, '{"default": null}', "option 'default': null is no value"),
        (422, '{"default": false}', "make another model the default one"),
        (422, '{"activation": "sometimes"}', "'auto', 'always' or 'never'"),
        (422, '{"description": 7}', "option 'description': Input should be a valid string"),
        (422, json.dumps({"description": "x" * 2_001}), "2000 characters"),
    ],
)
async def test_invalid_patch_is_rejected_and_changes_nothing(
    http: httpx.AsyncClient, classification: VersionInfo, status: int, body: str, text: str
):
    await make_default(http, classification)
    before = (await http.get("/models/wine")).json()

    answer = await http.patch("/models/wine", content=body, headers=JSON)

    assert text in problem_of(answer, status)["detail"]
    assert (await http.get("/models/wine")).json() == before


async def test_invalid_value_in_a_patch_has_a_pointer(http: httpx.AsyncClient, classification: VersionInfo):
    answer = await http.patch(f"/models/{classification.model}", json={"default": 1, "colour": "red"})

    assert [error["pointer"] for error in problem_of(answer, 422)["errors"]] == ["/default", "/colour"]


@pytest.mark.parametrize("kind", ["text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
async def test_patch_of_another_media_type_is_rejected(http: httpx.AsyncClient, classification: VersionInfo, kind: str):
    path = f"/models/{classification.model}"

    answer = await http.patch(path, content=unread(), headers={"Content-Type": kind})

    assert "send JSON with -H 'Content-Type: application/json'" in problem_of(answer, 415)["detail"]


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json; charset=utf-8"}, {}])
async def test_patch_may_be_packed_and_without_media_type(
    http: httpx.AsyncClient, classification: VersionInfo, headers: dict[str, str]
):
    body = gzip.compress(b'{"description": "packed"}')

    answer = await http.patch(
        f"/models/{classification.model}", content=body, headers=headers | {"Content-Encoding": "gzip"}
    )

    assert answer.json()["description"] == "packed"


async def test_patch_over_the_limit_is_rejected(http: httpx.AsyncClient, classification: VersionInfo):
    body = json.dumps({"description": "x" * 3_000_000})

    problem_of(await http.patch(f"/models/{classification.model}", content=body, headers=JSON), 413)


async def test_delete_removes_a_model_and_its_versions(http: httpx.AsyncClient, services: Services):
    info = await publish(services, "wine", "short-lived")
    await http.post(f"/models/{info.model}/predict", json={"records": [row_of(info)]})

    answer = await http.delete(f"/models/{info.model}")

    assert (answer.status_code, answer.content) == (204, b"")
    problem_of(await http.get(path_of(info)), 404)
    problem_of(await http.post(f"/models/{info.model}/predict", json={"records": [row_of(info)]}), 404)
    problem_of(await http.delete(f"/models/{info.model}"), 404)
    assert (await publish(services, "wine", "short-lived")).version == info.version + 1
    await http.delete(f"/models/{info.model}")


async def test_delete_of_the_default_model_is_a_conflict_while_there_are_others(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo
):
    await make_default(http, regression)

    problem = problem_of(await http.delete("/models/diabetes"), 409)

    assert "make another one the default first" in problem["detail"]
    assert {regression.model, classification.model} <= set(await names_of(http))


async def test_last_model_can_be_deleted(own: httpx.AsyncClient):
    trained = await own.post("/train", json={"dataset": "wine", "estimator": "linear"})

    answer = await own.delete(f"/models/{trained.json()['model']}")

    assert answer.status_code == 204
    assert (await own.get("/models")).json() == {"default": None, "models": []}
    assert "POST /train" in problem_of(await own.post("/predict", json={"records": [{}]}), 503)["detail"]


async def test_rollback_activates_the_previous_version(
    http: httpx.AsyncClient, classification: VersionInfo, second: VersionInfo
):
    for info in (classification, second):
        await http.post(f"{path_of(info)}/activate")

    answer = await http.post("/models/wine/rollback")

    assert (answer.status_code, answer.json()["version"]) == (200, classification.version)
    history = (await http.get("/models/wine/history")).json()["activations"]
    assert [(each["action"], each["version"]) for each in history[:2]] == [
        ("rollback", classification.version),
        ("activate", second.version),
    ]
    predicted = await http.post("/models/wine/predict", json={"records": [row_of(classification)]})
    assert predicted.json()["version"] == classification.version


async def test_rollback_without_a_previous_version_is_a_conflict(http: httpx.AsyncClient, services: Services):
    await publish(services, "wine", "short-lived")

    problem = problem_of(await http.post("/models/short-lived/rollback"), 409)

    assert "activate one by its number" in problem["detail"]
    await http.delete("/models/short-lived")


@pytest.mark.parametrize("route", ["PATCH", "POST /rollback"])
async def test_changes_on_a_full_disk_are_unavailable(
    http: httpx.AsyncClient, classification: VersionInfo, second: VersionInfo, route: str
):
    for info in (classification, second):
        await http.post(f"{path_of(info)}/activate")
    method, _, path = route.partition(" ")
    before = (await http.get("/models/wine")).json()

    with full_disk(0):
        answer = await http.request(method, f"/models/wine{path}", json={"description": "new"})

    assert "saved" in problem_of(answer, 503)["detail"]
    assert (await http.get("/models/wine")).json() == before


async def test_delete_in_a_read_only_store_is_unavailable(http: httpx.AsyncClient, services: Services):
    info = await publish(services, "wine", "short-lived")

    with forbidden(services.models.store.folder / "staging"):
        answer = await http.delete("/models/short-lived")

    problem_of(answer, 503)
    assert (await http.get(path_of(info))).status_code == 200
    assert (await http.delete("/models/short-lived")).status_code == 204


async def test_model_matches_its_schema(http: httpx.AsyncClient, regression: VersionInfo):
    document: dict[str, Any] = (await http.get("/openapi.json")).json()

    model = (await http.get(f"/models/{regression.model}")).json()

    assert model.keys() == document["components"]["schemas"]["ModelInfo"]["properties"].keys()
