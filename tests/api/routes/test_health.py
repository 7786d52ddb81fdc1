"""/health, /livez and /readyz."""

import httpx
import pytest

from mlapp import __version__
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import make_default, problem_of, row_of
from tests.services.misbehaving import add_unloadable


@pytest.mark.parametrize("path", ["/health", "/livez"])
async def test_health_has_the_active_model(http: httpx.AsyncClient, classification: VersionInfo, path: str):
    version = classification.version
    await http.post(f"/models/{version}/activate")

    answer = await http.get(path)

    found = answer.json()
    assert (answer.status_code, found["status"], found["version"]) == (200, "healthy", __version__)
    assert found["active_model"] == version
    assert str(version) in found["message"]


async def test_health_without_a_model_is_healthy(own: httpx.AsyncClient):
    answer = await own.get("/health")

    assert (answer.status_code, answer.json()["status"], answer.json()["active_model"]) == (200, "healthy", None)


async def test_readyz_with_a_model_is_ready(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)

    assert (await http.get("/readyz")).json()["ready"] is True


async def test_previous_version_serves_if_the_active_one_cannot_be_loaded(
    http: httpx.AsyncClient, services: Services, classification: VersionInfo
):
    good = classification.version
    await http.post(f"/models/{good}/activate")
    before = (await http.get("/readyz")).json(), (await http.get("/openapi.json")).json()
    wanted = add_unloadable(services.models.store, good)
    services.models.store.activate(wanted)
    await services.prediction.refresh()

    ready, health, metrics = [await http.get(path) for path in ("/readyz", "/health", "/metrics")]
    answers = [
        await http.post("/predict", params=params, json={"records": [row_of(classification)]})
        for params in ({}, {"version": "active"}, {"version": str(good)})
    ]
    listed, active = (await http.get("/models")).json(), (await http.get("/models/active")).json()
    document = (await http.get("/openapi.json")).json()
    await http.post(f"/models/{good}/activate")
    await http.delete(f"/models/{wanted}")

    assert (ready.status_code, ready.json().keys()) == (200, {"ready", "message", "wanted_version", "problem"})
    assert (ready.json()["ready"], ready.json()["wanted_version"]) == (True, wanted)
    assert f"Model {wanted} cannot be loaded" in ready.json()["problem"]
    assert (health.json()["active_model"], health.json()["message"]) == (good, ready.json()["message"])
    assert f"mlapp_active_model_version {good}.0" in metrics.text
    assert "mlapp_active_version_loaded 0.0" in metrics.text
    assert {(answer.status_code, answer.json()["version"]) for answer in answers} == {(200, good)}
    assert (listed["active"], active["version"], active["active"]) == (wanted, wanted, True)
    assert document == before[1]
    assert before[0] == (await http.get("/readyz")).json()
    assert before[0].keys() == {"ready", "message"}
    assert "mlapp_active_version_loaded 1.0" in (await http.get("/metrics")).text


async def test_readyz_and_predict_without_a_model_are_unavailable(own: httpx.AsyncClient):
    for answer in (await own.post("/predict", json={"records": [{}]}), await own.get("/readyz")):
        assert "POST /train" in problem_of(answer, 503)["detail"]
        assert answer.headers["retry-after"] == "5"
