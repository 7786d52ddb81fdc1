"""Direct calls of /predict: bodies in pieces, disconnects and limits."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from mlapp.ml import FittedVersion
from tests.api.conftest import row_of


def sender(body: bytes, pieces: int) -> Callable[[], Any]:
    """Return a function that sends a body in pieces, and then disconnects."""
    size = -(-len(body) // pieces)
    messages: list[Message] = [
        {"type": "http.request", "body": body[size * index :][:size], "more_body": index < pieces - 1}
        for index in range(pieces)
    ]
    messages.append({"type": "http.disconnect"})
    remaining = iter(messages)

    async def receive() -> Message:
        return next(remaining)

    return receive


async def call(app: FastAPI, receive: Callable[[], Any]) -> list[Message]:
    """Call `/predict` as a server does, and return the response messages."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "raw_path": b"/predict",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
    }
    await app(scope, receive, send)
    return messages


@pytest.mark.parametrize("pieces", [1, 3])
async def test_body_in_pieces_is_predicted(app: FastAPI, active: FittedVersion, pieces: int):
    plain = json.dumps({"records": [row_of(active.info)]}).encode()
    unusual = json.dumps({"records": [row_of(active.info) | {"age": 100_000}]}).encode()

    for body in (plain, unusual):
        answered = await call(app, sender(body, pieces))
        assert answered[0]["status"] == 200


async def test_long_body_is_predicted(app: FastAPI, active: FittedVersion):
    body = json.dumps({"records": [row_of(active.info)] * 1_000}).encode()

    answered = await call(app, sender(body, 20))

    assert len(json.loads(b"".join(message.get("body", b"") for message in answered))["predictions"]) == 1_000


async def test_disconnect_within_the_body_has_no_response(app: FastAPI, http: httpx.AsyncClient, active: FittedVersion):
    body = json.dumps({"records": [row_of(active.info)]}).encode()
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    assert await call(app, receive) == []

    assert (await http.post("/predict", json={"records": [row_of(active.info)]})).status_code == 200


@pytest.mark.parametrize("pieces", [1, 3])
async def test_json_over_the_limit_is_rejected_with_the_alternatives(
    app: FastAPI, active: FittedVersion, pieces: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.api.request_body.MAX_JSON_BYTES", 10_000)
    body = json.dumps({"records": [row_of(active.info)] * 200}).encode()

    answered = await call(app, sender(body, pieces))

    assert answered[0]["status"] == 413
    assert "CSV, NDJSON or Parquet" in json.loads(answered[1]["body"])["detail"]
