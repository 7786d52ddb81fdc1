"""Every error response is a problem body."""

import httpx
import pytest
from fastapi import FastAPI

from mlapp.api.middleware.request_id import RequestIdMiddleware
from mlapp.api.problems import add_error_handlers
from mlapp.errors import Unacceptable
from mlapp.services import Services
from tests.api.conftest import problem_of


@pytest.fixture
async def forked(services: Services) -> httpx.AsyncClient:
    """An app with routes that a fork may have."""
    app = FastAPI()
    add_error_handlers(app)
    app.add_middleware(RequestIdMiddleware, metrics=services.metrics, templates=frozenset())

    @app.get("/items/{number}")
    async def item(number: int, limit: int = 1) -> int:
        return number // limit

    @app.get("/refused")
    async def refused() -> None:
        raise Unacceptable("no", [{"detail": "no " * 20, "pointer": "/" + "ö" * 1_000}] * 20)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_unknown_path_is_a_problem(http: httpx.AsyncClient):
    problem = problem_of(await http.get("/nothing"), 404)

    assert problem["title"] == "Not Found"
    assert "GET /docs" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/train", "POST"),
        ("DELETE", "/predict", "POST"),
        ("POST", "/models", "GET"),
        ("PATCH", "/health", "GET"),
        ("PUT", "/models/churn", "DELETE, GET, PATCH"),
        ("DELETE", "/models/churn/versions", "GET"),
        ("PATCH", "/models/churn/versions/1", "DELETE, GET"),
        ("OPTIONS", "/models/churn/history", "GET"),
        ("GET", "/models/churn/rollback", "POST"),
        ("GET", "/models/churn/versions/1/activate", "POST"),
        ("GET", "/models/churn/predict", "POST"),
        ("PUT", "/models/churn/train", "POST"),
        ("POST", "/livez", "GET"),
    ],
)
async def test_unsupported_method_is_a_problem_with_allow(
    http: httpx.AsyncClient, method: str, path: str, allowed: str
):
    answer = await http.request(method, path)

    assert "Allow" in problem_of(answer, 405)["detail"]
    assert answer.headers["allow"] == allowed


async def test_validation_error_of_fastapi_is_a_problem_with_pointers(forked: httpx.AsyncClient):
    problem = problem_of(await forked.get("/items/seven?limit=few"), 422)

    assert "number: Input should be a valid integer" in problem["detail"]
    assert [error["pointer"] for error in problem["errors"]] == ["/path/number", "/query/limit"]


async def test_unhandled_error_is_a_problem_without_details(forked: httpx.AsyncClient):
    problem = problem_of(await forked.get("/items/7?limit=0"), 500)

    assert problem["detail"].startswith("Internal error")
    assert "division" not in problem["detail"]


async def test_problem_has_as_many_errors_as_fit(forked: httpx.AsyncClient):
    assert len(problem_of(await forked.get("/refused"), 422)["errors"]) == 15
