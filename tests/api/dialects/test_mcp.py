"""Model Context Protocol: both ways to begin, the tools, and what is rejected."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlapp import __version__
from mlapp.api.dialects.mcp import tools
from mlapp.api.dialects.mcp.messages import META
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import MACHINES, make_default, row_of, unread
from tests.api.middleware.conftest import KEYS, client_of

STATELESS = "2026-07-28"
INITIALIZED = "2025-11-25"


async def post(http: httpx.AsyncClient, method: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
    """Send a request of the revision with `initialize`."""
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return await http.post("/mcp", json=body, headers=headers or {"MCP-Protocol-Version": INITIALIZED})


async def stateless(http: httpx.AsyncClient, method: str, sent: dict[str, str] | None = None, **params: Any) -> Any:
    """Send a request that says its revision; `sent` replaces headers."""
    params["_meta"] = {f"{META}protocolVersion": STATELESS, f"{META}clientCapabilities": {}}
    headers = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": method}
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    return await post(http, method, headers | (sent or {}), **params)


async def call(http: httpx.AsyncClient, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await stateless(http, "tools/call", name=tool, arguments=arguments)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body["result"]  # type: ignore[no-any-return]


async def error_of(answer: httpx.Response) -> tuple[int, int, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_initialize_agrees_on_a_revision(http: httpx.AsyncClient):
    for asked, agreed in ((INITIALIZED, INITIALIZED), ("2025-06-18", "2025-06-18"), ("2024-11-05", INITIALIZED)):
        answer = await post(http, "initialize", {"Accept": "application/json"}, protocolVersion=asked)
        result = answer.json()["result"]
        assert (result["protocolVersion"], result["serverInfo"]["version"]) == (agreed, __version__)
        assert "tools" in result["capabilities"]


async def test_discover_lists_the_revisions(http: httpx.AsyncClient):
    result = (await stateless(http, "server/discover")).json()["result"]

    assert result["supportedVersions"][:2] == [STATELESS, INITIALIZED]
    assert result["resultType"] == "complete"
    assert result["_meta"][f"{META}serverInfo"]["name"] == "mlapp"


@pytest.mark.parametrize("send", [post, stateless])
async def test_tools_have_schemas(http: httpx.AsyncClient, send: Any):
    found = {tool["name"]: tool for tool in (await send(http, "tools/list")).json()["result"]["tools"]}

    assert list(found) == ["list_models", "describe_model", "predict", "train"]
    assert found["predict"]["inputSchema"]["required"] == ["rows"]
    assert found["train"]["inputSchema"]["required"] == ["rows", "target"]
    assert [found[name]["annotations"]["readOnlyHint"] for name in found] == [True, True, True, False]


async def test_notification_is_accepted_and_ping_answered(http: httpx.AsyncClient):
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    assert (await http.post("/mcp", json=notification)).status_code == 202
    assert (await post(http, "ping")).json() == {"jsonrpc": "2.0", "id": 7, "result": {}}


async def test_models_are_listed_and_described(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)
    listed = (await call(http, "list_models"))["structuredContent"]
    described = (await call(http, "describe_model", model="machines"))["structuredContent"]

    assert {"name": "machines", "target": "days"}.items() <= next(
        each for each in listed["models"] if each["name"] == "machines"
    ).items()
    assert described["row"]["required"] == [feature.name for feature in machines.features if feature.required]
    assert described["metrics"] == machines.metrics
    assert described["verdict"]


async def test_rows_are_predicted_as_by_the_api(http: httpx.AsyncClient, machines: VersionInfo):
    rows = [row_of(machines), row_of(machines) | {"age": 100}]

    found = await call(http, "predict", model="machines", rows=rows, explain=True)

    same = await http.post("/models/machines/predict", json={"records": rows, "explain": True})
    assert found["structuredContent"] == same.json()
    assert found["isError"] is False


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("describe_model", {"model": "nope"}, "There is no model 'nope'"),
        ("predict", {"model": "machines", "rows": [{"age": 1}]}, "lacks"),
        ("predict", {"rows": []}, "Invalid option 'rows'"),
        ("predict", {"rows": [{}] * (tools.MAX_ROWS + 1)}, "Invalid option 'rows'"),
        ("predict", {"rows": [{}], "path": "/etc/passwd"}, "There is no option 'path'"),
        ("predict", {"model": "machines", "rows": [5]}, "Row 0 is not an object"),
        ("train", {"rows": [{"a": 1, "b": 2}], "target": "c", "model": "mcp-failing"}, "There is no column 'c'"),
    ],
)
async def test_failure_of_a_tool_is_a_result_that_says_why(
    http: httpx.AsyncClient, machines: VersionInfo, tool: str, arguments: dict[str, Any], sentence: str
):
    result = await call(http, tool, **arguments)

    assert result["isError"] is True
    assert sentence in result["content"][0]["text"]


async def test_rows_are_trained(http: httpx.AsyncClient):
    rows = MACHINES.to_dicts()

    trained = (await call(http, "train", rows=rows, target="days", model="mcp-trained", estimator="linear"))[
        "structuredContent"
    ]

    assert (trained["model"], trained["active"], trained["breaking"]) == ("mcp-trained", True, [])
    assert (await http.get("/models/mcp-trained")).json()["target"] == "days"


async def test_large_messages_beyond_the_slots_are_rejected_unread(http: httpx.AsyncClient, services: Services):
    slots = services.prediction._limits.large_slots
    held = [slots.acquire(name) for name in ("a", None, "b") for _ in range(slots.limit // 3)]
    rejected = await http.post("/mcp", headers={"Content-Length": "200000"}, content=unread())
    small = await post(http, "ping")
    for release in held:
        release()

    large = await post(http, "ping", padding="x" * 200_000)

    assert (rejected.status_code, rejected.headers["retry-after"]) == (503, "1")
    assert (small.status_code, large.status_code, slots.in_use) == (200, 200, 0)


async def test_long_training_is_answered_with_its_job(
    http: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tools, "WAIT_S", 0.0)

    found = await call(http, "train", rows=MACHINES.to_dicts(), target="days", model="mcp-long", estimator="linear")

    assert "describe_model" in found["structuredContent"]["message"]
    async with asyncio.timeout(60):
        async for job in services.jobs.follow(found["structuredContent"]["job"]):
            state = job
    assert state.model == "mcp-long"


async def test_full_disk_is_said(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    def full(_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tools, "save_copy", full)

    found = await call(http, "train", rows=MACHINES.to_dicts(), target="days")

    assert "No space left on device" in found["content"][0]["text"]


async def test_model_without_an_active_version_is_described_as_such(own: httpx.AsyncClient):
    await own.post("/models/idle/train", json={"dataset": "wine", "estimator": "linear", "activate": "never"})

    assert "no active version" in (await call(own, "describe_model", model="idle"))["content"][0]["text"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"[]", -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "result": {}}', -32600),
    ],
)
async def test_invalid_message_is_rejected(http: httpx.AsyncClient, body: bytes, code: int):
    answer = await http.post("/mcp", content=body)

    status, found, text = await error_of(answer)
    assert (status, found) == (400, code)
    assert text


async def test_unknown_methods_and_tools_are_rejected(http: httpx.AsyncClient):
    assert await error_of(await post(http, "prompts/list")) == (
        200,
        -32601,
        "Method not found; this server has tools only.",
    )
    assert (await error_of(await stateless(http, "ping")))[:2] == (404, -32601)
    assert (await error_of(await post(http, "tools/call", name="drop")))[:2] == (200, -32602)
    assert (await error_of(await post(http, "tools/call", name=["predict"])))[:2] == (200, -32602)
    assert (await error_of(await post(http, "tools/call", name="predict", arguments=[1])))[:2] == (200, -32602)


@pytest.mark.parametrize("header", ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])
async def test_headers_that_differ_from_the_message_are_rejected(http: httpx.AsyncClient, header: str):
    answer = await stateless(http, "tools/call", {header: INITIALIZED}, name="list_models")

    assert await error_of(answer) == (400, -32020, f"The header {header.lower()} differs from the message.")
    assert answer.json()["id"] == 7


async def test_encoded_headers_are_decoded(http: httpx.AsyncClient):
    encoded = {"Mcp-Name": "=?base64?bGlzdF9tb2RlbHM=?="}

    assert (await stateless(http, "tools/call", encoded, name="list_models")).status_code == 200
    for broken in ("=?base64?bGlz*?=", "=?base64?/w==?="):
        assert (await stateless(http, "tools/call", {"Mcp-Name": broken}, name="list_models")).status_code == 400


async def test_unsupported_revisions_are_rejected_with_those_that_are_supported(http: httpx.AsyncClient):
    old = await post(http, "ping", {"MCP-Protocol-Version": "2024-11-05"})
    meta = {f"{META}protocolVersion": "2099-01-01", f"{META}clientCapabilities": {}}
    headers = {"MCP-Protocol-Version": INITIALIZED, "Mcp-Method": "tools/list"}
    mixed = {f"{META}protocolVersion": INITIALIZED, f"{META}clientCapabilities": {}}

    assert (await error_of(old))[:2] == (400, -32022)
    assert old.json()["error"]["data"]["supported"][0] == STATELESS
    assert (await error_of(await post(http, "tools/list", headers, _meta=meta)))[1] == -32020
    assert (await error_of(await post(http, "tools/list", headers, _meta=mixed)))[1] == -32022


async def test_stateless_request_without_its_fields_is_rejected(http: httpx.AsyncClient):
    headers = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": "tools/list"}

    for meta in (None, {f"{META}protocolVersion": STATELESS}):
        answer = await post(http, "tools/list", headers, **({"_meta": meta} if meta else {}))
        assert (await error_of(answer))[:2] == (400, -32602)


async def test_client_without_json_and_page_of_another_site_are_rejected(http: httpx.AsyncClient):
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    assert (await http.post("/mcp", json=body, headers={"Accept": "text/html"})).status_code == 406
    assert (await http.post("/mcp", json=body, headers={"Origin": "https://evil.example"})).status_code == 403
    assert (await http.get("/mcp")).headers["allow"] == "POST"


async def test_key_for_predictions_may_not_train(tmp_path: Path):
    async with client_of(tmp_path, **KEYS) as secured:
        secured.headers["X-API-Key"] = KEYS["predict_key"]
        offered = (await post(secured, "tools/list")).json()["result"]["tools"]
        result = await call(secured, "train", rows=[{"a": 1, "b": 2}], target="b")

    assert [tool["name"] for tool in offered] == ["list_models", "describe_model", "predict"]
    assert (result["isError"], "may only predict" in result["content"][0]["text"]) == (True, True)
