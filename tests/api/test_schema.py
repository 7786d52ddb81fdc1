"""Requests generated from /openapi.json get declared responses; `benchmarks/faults/fuzz.py` sends many more."""

import asyncio
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from mlapp.schemas import VersionInfo
from tests.api.conftest import make_default, path_of

pytestmark = pytest.mark.slow

CONFIG: str = pytest.importorskip("benchmarks.faults.fuzz", reason="There is no benchmarks/faults/fuzz.py").CONFIG
BOUNDS = settings(
    max_examples=10,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""Ten requests, the same ones every time."""


async def schema_of(http: httpx.AsyncClient) -> Any:
    document = (await http.get("/openapi.json")).json()
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_str(CONFIG))


async def test_model_with_every_column_type_matches_the_document(http: httpx.AsyncClient, machines: VersionInfo):
    operation = (await schema_of(http))["/models/{model}/versions/{version}"]["GET"]
    case = operation.Case(path_parameters={"model": machines.model, "version": machines.version})

    case.validate_response(await http.get(path_of(machines)))


@pytest.mark.parametrize("mode", GenerationMode)
async def test_generated_requests_get_declared_responses(
    http: httpx.AsyncClient, machines: VersionInfo, mode: GenerationMode
):
    await make_default(http, machines)
    schema = await schema_of(http)
    # Operations without a body accept any text.
    all_operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    operations = [each for each in all_operations if each.body or mode is GenerationMode.POSITIVE]
    loop, tested = asyncio.get_running_loop(), set()

    def send(case: Case[Any]) -> None:
        sent: Any = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        request = http.request(sent.method, sent.url, headers=dict(sent.headers), content=body)
        case.validate_response(asyncio.run_coroutine_threadsafe(request, loop).result(60))
        tested.add(case.operation.label)

    for operation in operations:
        await asyncio.to_thread(BOUNDS(given(operation.as_strategy(mode))(send)))

    assert tested == {operation.label for operation in operations}
