"""A client generated from /openapi.json by openapi-python-client."""

import json
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from types import ModuleType

import httpx
import pytest
from fastapi import FastAPI
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import row_of

PACKAGE = "generated_client"
Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
async def load(app: FastAPI, regression: VersionInfo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Load]:
    """Return a function that imports a module of the client, generated with an active model."""
    services: Services = app.state.services
    await services.models.activate(str(regression.version))
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_text(json.dumps(app.openapi()))
    generate(
        config=Config.from_sources(
            ConfigFile(post_hooks=[]),
            MetaType.NONE,
            document,
            file_encoding="utf-8",
            overwrite=False,
            output_path=folder / PACKAGE,
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda module: import_module(f"{PACKAGE}.{module}")


async def test_generated_client_trains_and_predicts(http: httpx.AsyncClient, regression: VersionInfo, load: Load):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    train, predict = load("api.training.train"), load("api.prediction.predict")
    models = load("models")
    row = models.Row.from_dict(row_of(regression))

    trained = await train.asyncio(client=client, body=models.TrainBody(dataset="diabetes", estimator="linear"))
    answer = await predict.asyncio(client=client, body=models.PredictRecords(records=[row]))

    assert (answer.version, len(answer.predictions)) == (trained.version, 1)
    assert answer.lower < answer.predictions < answer.upper
    assert [feature.name for feature in trained.features] == list(row_of(regression))


async def test_generated_client_follows_a_job(http: httpx.AsyncClient, load: Load):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    body = load("models").TrainBody(dataset="wine")

    job = await load("api.training.train").asyncio(client=client, body=body, estimator="linear", prefer="respond-async")
    events = await load("api.training.follow_job").asyncio_detailed(client=client, job_id=str(job.id))

    assert f'{{"id":{job.id},"status":"succeeded",' in events.content.decode()
