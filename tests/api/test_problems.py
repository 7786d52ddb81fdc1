"""Every error is a problem body, whoever raises it."""

import httpx
import pytest
from fastapi import FastAPI

from mlapp.api.middleware.request_id import RequestIds
from mlapp.api.problems import handle_errors
from mlapp.errors import Unacceptable
from mlapp.services import Services
from tests.api.conftest import problem_of


@pytest.fixture
async def forked(services: Services) -> httpx.AsyncClient:
    """An app with routes that a fork may have."""
    app = FastAPI()
    handle_errors(app)
    app.add_middleware(RequestIds, metrics=services.metrics, paths=frozenset())

    @app.get("/items/{number}")
    async def item(number: int, limit: int = 1) -> int:
        return number // limit

    @app.get("/refused")
    async def refused() -> None:
        raise Unacceptable("no", [{"detail": "no " * 20, "pointer": "/" + "ö" * 1_000}] * 10)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_address_of_nothing_is_a_problem(http: httpx.AsyncClient):
    problem = problem_of(await http.get("/nothing"), 404)

    assert problem["title"] == "Not Found"
    assert problem["detail"] == "There is nothing at this address; GET /docs lists what there is."


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/train", "POST"),
        ("DELETE", "/predict", "POST"),
        ("POST", "/models", "GET"),
        ("PATCH", "/health", "GET"),
        ("PUT", "/models/1", "DELETE, GET"),
        ("OPTIONS", "/models/history", "GET"),
        ("GET", "/models/rollback/activate", "POST"),
        ("POST", "/livez", "GET"),
    ],
)
async def test_method_of_nothing_is_a_problem_that_says_which_are(
    http: httpx.AsyncClient, method: str, path: str, allowed: str
):
    answer = await http.request(method, path)

    assert problem_of(answer, 405)["detail"].endswith("the header Allow says which it does.")
    assert answer.headers["allow"] == allowed


async def test_what_fastapi_refuses_is_a_problem_with_places(forked: httpx.AsyncClient):
    problem = problem_of(await forked.get("/items/seven?limit=few"), 422)

    assert problem["detail"].startswith("The request will not do: number: Input should be a valid integer")
    assert [error["pointer"] for error in problem["errors"]] == ["/path/number", "/query/limit"]


async def test_bug_is_a_problem_that_shows_nothing_of_it(forked: httpx.AsyncClient):
    problem = problem_of(await forked.get("/items/7?limit=0"), 500)

    assert problem["detail"] == "An error of ours, not of your request; it is in the log, under the id of the request."


async def test_problem_names_as_many_places_as_fit(forked: httpx.AsyncClient):
    assert len(problem_of(await forked.get("/refused"), 422)["errors"]) == 3
