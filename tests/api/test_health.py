"""/health, /livez and /readyz."""

import httpx
import pytest

from mlapp import __version__
from mlapp.schemas import Model
from tests.api.conftest import problem_of


@pytest.mark.parametrize("path", ["/health", "/livez"])
async def test_health_names_the_model_that_answers(http: httpx.AsyncClient, classification: Model, path: str):
    version = classification.version
    await http.post(f"/models/{version}/activate")

    answer = await http.get(path)

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "healthy",
            "message": f"Model {version} answers.",
            "version": __version__,
            "active_model": version,
        },
    )


async def test_health_without_a_model_is_healthy(own: httpx.AsyncClient):
    answer = await own.get("/health")

    assert (answer.status_code, answer.json()["status"], answer.json()["active_model"]) == (200, "healthy", None)


async def test_readyz_with_a_model_is_ready(http: httpx.AsyncClient, classification: Model):
    await http.post(f"/models/{classification.version}/activate")

    assert (await http.get("/readyz")).json()["ready"] is True


async def test_readyz_and_predict_without_a_model_are_unavailable(own: httpx.AsyncClient):
    for answer in (await own.post("/predict", json={"records": [{}]}), await own.get("/readyz")):
        assert problem_of(answer, 503)["detail"] == "There is no model yet; train one: POST /train."
        assert answer.headers["retry-after"] == "5"
