"""Fixtures: an app without pages, and models with different tasks and columns, each with one version."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI

from main import create_app
from mlapp.api.problems import MAX_BYTES
from mlapp.ml import FittedVersion
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from mlapp.settings import Settings
from tests.fitted import publish

PROBLEM = "application/problem+json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
NDJSON = "application/x-ndjson"

MACHINES = pl.DataFrame(
    {
        "age": [30 + 7 * row for row in range(40)],
        "load": [None if row == 5 else round(0.2 + row * 0.017, 3) for row in range(40)],
        "type": [("fan", "pump", "a;b,c")[row % 3] for row in range(40)],
        "indoors": [row % 4 == 0 for row in range(40)],
        "checked": [f"2026-01-{1 + row % 28:02}" for row in range(40)],
        "days": [round(900 - 11.7 * row + 31 * (row % 3) + row % 5, 2) for row in range(40)],
    }
)
"""A table with every column type, the target `days`, and a missing value in `load`."""


@pytest.fixture(scope="session")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    store = tmp_path_factory.mktemp("api") / "store"
    # All tests share the versions of the fixtures, so that no training may remove them.
    settings = Settings(_env_file=None, store=store, demo=False, max_body_mb=2, keep_versions=1_000)
    app = create_app(settings, pages=False)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def regression(app: FastAPI) -> VersionInfo:
    return await publish(app.state.services, "diabetes")


@pytest.fixture(scope="session")
async def classification(app: FastAPI) -> VersionInfo:
    return await publish(app.state.services, "wine")


@pytest.fixture(scope="session")
async def machines(app: FastAPI) -> VersionInfo:
    """A version trained on `MACHINES`."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
        options = {"target": "days", "estimator": "linear"}
        answer = await client.post("/models/machines/train", json={"records": MACHINES.to_dicts()} | options)
    return VersionInfo.model_validate(answer.json())


@pytest.fixture
async def active(http: httpx.AsyncClient, services: Services, machines: VersionInfo) -> AsyncIterator[FittedVersion]:
    """The active version of the default model."""
    await make_default(http, machines)
    fitted = await services.prediction.fitted()
    kept = dict(fitted.__dict__)
    yield fitted
    fitted.__dict__.clear()
    fitted.__dict__.update(kept)


def path_of(info: VersionInfo) -> str:
    return f"/models/{info.model}/versions/{info.version}"


async def make_default(http: httpx.AsyncClient, info: VersionInfo) -> None:
    """Have a version answer `POST /predict`."""
    (await http.post(f"{path_of(info)}/activate")).raise_for_status()
    (await http.patch(f"/models/{info.model}", json={"default": True})).raise_for_status()


def row_of(info: VersionInfo) -> dict[str, Any]:
    return {feature.name: feature.example for feature in info.features}


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check what all problem responses have in common, and return the body."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert len(answer.content) <= MAX_BYTES
    problem: dict[str, Any] = answer.json()
    required = {"type", "title", "status", "detail", "request_id"}
    assert required <= problem.keys() <= {*required, "errors"}
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["detail"]
    assert all(error.keys() == {"detail", "pointer"} for error in problem.get("errors", []))
    assert "Traceback" not in answer.text
    return problem


async def unread() -> AsyncIterator[bytes]:
    """A body that must not be read."""
    pytest.fail("The body was read.")
    yield b""


@pytest.fixture
async def own_app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """A new app with an empty store."""
    app = create_app(Settings(_env_file=None, store=tmp_path / "store", demo=False), pages=False)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def own(own_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a new app with an empty store."""
    transport = httpx.ASGITransport(own_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
        yield client


@pytest.fixture
async def unharmed(http: httpx.AsyncClient, services: Services, regression: VersionInfo) -> AsyncIterator[None]:
    """Check that a test does not change the response to a valid request, nor the models."""
    await make_default(http, regression)
    good = {"records": [row_of(regression)]}
    before = (await http.post("/predict", json=good)).json(), (await http.get("/models")).json()
    yield
    assert before == ((await http.post("/predict", json=good)).json(), (await http.get("/models")).json())
    assert all(job.finished_at for job in await services.jobs.jobs())
