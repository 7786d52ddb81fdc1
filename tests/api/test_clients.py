"""A client generated from /openapi.json by openapi-python-client."""

import json
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from fastapi import FastAPI
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from mlapp.schemas import ModelPatch, VersionInfo
from mlapp.services import Services
from tests.api.conftest import row_of
from tests.fitted import publish

PACKAGE = "generated_client"
Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
async def load(app: FastAPI, regression: VersionInfo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Load]:
    """Return a function that imports a module of the client, generated with models of unusual names."""
    services: Services = app.state.services
    await services.models.update(regression.model, ModelPatch(default=True))
    for name in UNUSUAL:
        await publish(services, "wine", name)
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        document.write_text((await http.get("/openapi.json")).text)
    for name in UNUSUAL:
        await services.models.delete(name)
    problems = generate(
        config=Config.from_sources(
            ConfigFile(post_hooks=[]),
            MetaType.NONE,
            document,
            file_encoding="utf-8",
            overwrite=False,
            output_path=folder / PACKAGE,
        )
    )
    assert {str(problem.detail).rpartition(" ")[0] for problem in problems} == {"Unsupported content type"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda module: import_module(f"{PACKAGE}.{module}")


UNUSUAL = ("a-b", "a_b", "ab", "2024-sales", "predict", "model", "any", "class", "x" * 63)
"""Names of models that would give classes or modules the same name, or an invalid one."""


async def test_generated_client_trains_and_predicts(http: httpx.AsyncClient, regression: VersionInfo, load: Load):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    train, predict = load("api.training.train"), load("api.prediction.predict")
    models = load("models")
    row = models.Row.from_dict(row_of(regression))

    trained = await train.asyncio(client=client, body=models.TrainBody(dataset="diabetes", estimator="linear"))
    answer = await predict.asyncio(client=client, body=models.PredictRecords(records=[row]))

    assert (answer.model, answer.version, len(answer.predictions)) == ("diabetes", trained.version, 1)
    assert answer.lower < answer.predictions < answer.upper
    assert [feature.name for feature in trained.features] == list(row_of(regression))


async def test_generated_client_predicts_with_a_model_by_its_name(
    http: httpx.AsyncClient, regression: VersionInfo, load: Load
):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    models = load("models")
    rows = models.DiabetesRecords(records=[models.DiabetesRow.from_dict(row_of(regression))])
    any_rows = models.AnyRecords(records=[models.AnyRow.from_dict(row_of(regression))])

    own = await load("api.prediction.predict_diabetes").asyncio(client=client, body=rows)
    named = await load("api.prediction.predict_by_model").asyncio("diabetes", client=client, body=any_rows)

    assert own.model == named.model == "diabetes"
    assert own.predictions == named.predictions


async def test_generated_client_changes_a_model(http: httpx.AsyncClient, regression: VersionInfo, load: Load):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    patch = load("models").ModelPatch(description="Progression after a year.")

    changed = await load("api.models.update_model").asyncio(regression.model, client=client, body=patch)

    assert (changed.description, changed.activation) == ("Progression after a year.", "auto")


async def test_every_model_has_classes_and_a_module(load: Load):
    document = json.loads((Path(load("models").__path__[0]).parents[1] / "openapi.json").read_text())

    operations = [document["paths"][f"/models/{name}/predict"]["post"] for name in UNUSUAL]
    for operation in operations:
        body = operation["requestBody"]["content"]["application/json"]["schema"]["oneOf"][0]["$ref"]
        assert load(f"api.prediction.{operation['operationId']}").asyncio
        assert load("models").__dict__[body.rpartition("/")[2]]
    assert len({operation["operationId"].replace("_", "") for operation in operations}) == len(UNUSUAL)


async def test_generated_client_follows_a_job(http: httpx.AsyncClient, load: Load):
    client = load("client").Client(base_url=str(http.base_url)).set_async_httpx_client(http)
    body = load("models").TrainBody(dataset="wine")

    job = await load("api.training.train").asyncio(client=client, body=body, estimator="linear", prefer="respond-async")
    events = await load("api.training.follow_job").asyncio_detailed(client=client, job_id=str(job.id))

    assert f'{{"id":{job.id},"status":"succeeded",' in events.content.decode()
