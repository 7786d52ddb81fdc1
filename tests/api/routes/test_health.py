"""/health, /livez and /readyz."""

import httpx
import pytest

from mlapp import __version__
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import make_default, problem_of, row_of
from tests.services.misbehaving import add_unloadable


@pytest.mark.parametrize("path", ["/health", "/livez"])
async def test_health_has_the_default_model_and_its_version(
    http: httpx.AsyncClient, classification: VersionInfo, path: str
):
    await make_default(http, classification)

    answer = await http.get(path)

    found = answer.json()
    assert (answer.status_code, found["status"], found["version"]) == (200, "healthy", __version__)
    assert (found["default_model"], found["active_version"]) == ("wine", classification.version)
    assert "wine" in found["message"]


async def test_health_without_a_model_is_healthy(own: httpx.AsyncClient):
    answer = await own.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")
    assert (answer.json()["default_model"], answer.json()["active_version"]) == (None, None)


async def test_readyz_with_a_model_is_ready(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)

    assert (await http.get("/readyz")).json()["ready"] is True


async def test_previous_version_serves_if_the_active_one_cannot_be_loaded(
    http: httpx.AsyncClient, services: Services, classification: VersionInfo
):
    model, good = classification.model, classification.version
    await make_default(http, classification)
    before = (await http.get("/readyz")).json(), (await http.get("/openapi.json")).json()
    wanted = add_unloadable(services.models.store, model, good)
    services.models.store.activate(model, wanted)
    await services.prediction.refresh(model)

    ready, health, metrics = [await http.get(path) for path in ("/readyz", "/health", "/metrics")]
    answers = [
        await http.post(path, params=params, json={"records": [row_of(classification)]})
        for params in ({}, {"version": "active"}, {"version": str(good)})
        for path in ("/predict", "/models/wine/predict")
    ]
    stored, active = (await http.get("/models/wine")).json(), (await http.get("/models/wine/versions/active")).json()
    document = (await http.get("/openapi.json")).json()
    await make_default(http, classification)
    await http.delete(f"/models/wine/versions/{wanted}")

    assert (ready.status_code, ready.json().keys()) == (200, {"ready", "message", "wanted_version", "problem"})
    assert (ready.json()["ready"], ready.json()["wanted_version"]) == (True, wanted)
    assert "cannot be loaded" in ready.json()["problem"]
    assert (health.json()["active_version"], health.json()["message"]) == (good, ready.json()["message"])
    assert f"mlapp_default_version {good}.0" in metrics.text
    assert "mlapp_default_version_loaded 0.0" in metrics.text
    assert {(answer.status_code, answer.json()["version"]) for answer in answers} == {(200, good)}
    assert (stored["active"], active["version"], active["active"]) == (wanted, wanted, True)
    assert document == before[1]
    assert before[0] == (await http.get("/readyz")).json()
    assert before[0].keys() == {"ready", "message"}
    assert "mlapp_default_version_loaded 1.0" in (await http.get("/metrics")).text


async def test_readyz_and_predict_without_a_model_are_unavailable(own: httpx.AsyncClient):
    for answer in (await own.post("/predict", json={"records": [{}]}), await own.get("/readyz")):
        assert "POST /train" in problem_of(answer, 503)["detail"]
        assert answer.headers["retry-after"] == "5"
