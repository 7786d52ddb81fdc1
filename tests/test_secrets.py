"""Logs and responses of a server with API keys contain no secrets, whatever is requested."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.presentation.test_code_snippets import needs
from tests.servers import PATIENCE_S, address, end, serving_unmeasured

FULL, PREDICT, SIGNER = "the-key-to-everything", "the-key-to-predict", "what-the-sessions-are-signed-with"
WRONG = "nearly-the-key-to-everything"
TOKEN = "the-name-of-a-download"
SETTINGS = {"MLAPP_API_KEY": FULL, "MLAPP_PREDICT_KEY": PREDICT, "MLAPP_SESSION_SECRET": SIGNER}
SENT: list[dict[str, Any]] = [
    {"headers": {"Authorization": f"Bearer {FULL}"}},
    {"headers": {"X-API-Key": PREDICT}},
    {"headers": {"X-API-Key": WRONG}},
    {"headers": {"X-API-Key": FULL, "Authorization": f"Bearer {WRONG}"}},
    {"headers": {"Authorization": f"Basic {FULL}"}},
    {"headers": {"Authorization": FULL}},
    {"headers": {"Cookie": f"mlapp-session={FULL}; key={FULL}"}},
    {"params": {"key": FULL, "version": FULL}},
]
"""Ways to send a key, valid and invalid."""
MODEL_PATHS = ("", "/versions", "/versions/active", "/history")
PATHS = (
    *("/health", "/models", *(f"/models/diabetes{path}" for path in MODEL_PATHS), "/jobs", "/metrics"),
    *("/openapi.json", "/docs", "/ui/_nicegui/nothing"),
)
FORGED = "GET /%1b[2J%0aINFO%20forged HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
BROKEN_OFF = (
    "POST /predict HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n"
    "Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\na,b\n"
)
MODEL_PAGES = ("", "/predict", "/versions", "/versions/1", "/monitor", "/api", "/settings")
OTHER_PAGES = ("", "train", "predict", "jobs", "jobs/1", "system", "nothing")
PAGES = (*OTHER_PAGES, *(f"models/diabetes{page}" for page in MODEL_PAGES))


@dataclass
class RecordedServer:
    """A server, with its responses and its log."""

    http: httpx.Client
    process: subprocess.Popen[bytes]
    folder: Path
    card: str = ""
    responses: list[str] = field(default_factory=list)

    def request(self, method: str, path: str, *, keep: bool = True, **options: Any) -> httpx.Response:
        """Send a request and keep the response."""
        answer = self.http.request(method, path, **options)
        self.http.cookies.clear()
        if keep:
            self.responses.append(f"{answer.headers}\n{answer.text}")
        return answer


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedServer]:
    folder = tmp_path_factory.mktemp("secrets")
    logging = {"MLAPP_DEMO": "false", "MLAPP_LOG_JSON": "true", "MLAPP_LOG_LEVEL": "debug"}
    with serving_unmeasured(folder, **SETTINGS, **logging) as (process, http):
        recorded = RecordedServer(http, process, folder)
        key = {"X-API-Key": FULL}
        recorded.request(
            "POST", "/train", json={"dataset": "diabetes", "estimator": "linear"}, headers=key
        ).raise_for_status()
        recorded.card = recorded.request("GET", "/models/diabetes/versions/1/card", headers=key).text
        yield recorded


@pytest.mark.parametrize("language", [pytest.param("sh", marks=needs("curl")), "python"])
def test_snippets_of_the_card_work_with_the_key_from_the_environment(
    recorded: RecordedServer, language: str, tmp_path: Path
):
    client = recorded.request("GET", "/client.py", headers={"X-API-Key": PREDICT})
    (tmp_path / "client.py").write_bytes(client.content)
    program = recorded.card.partition(f"```{language}\n")[2].partition("\n```")[0]
    start = ["bash", "-c"] if language == "sh" else [sys.executable, "-c"]

    done = subprocess.run(
        [*start, program], cwd=tmp_path, env=SETTINGS, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )

    assert '"predictions":[' in done.stdout.replace("'", '"').replace(" ", "")
    assert "$MLAPP_PREDICT_KEY" in recorded.card


def send(http: httpx.Client, request: str, *, wait: bool) -> None:
    """Send raw bytes."""
    host, port = address(http).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(request.format(host=f"{host}:{port}", key=FULL).encode())
        if wait:
            connection.recv(100)


def test_log_lines_are_objects_with_request_ids(recorded: RecordedServer):
    key = {"X-API-Key": FULL}
    send(recorded.http, BROKEN_OFF, wait=False)
    send(recorded.http, FORGED, wait=True)
    headers = key | {"X-Request-ID": "mine-1", "Content-Type": "text/csv"}
    rejected = recorded.request("POST", "/train?option=none", content="a,b\n", headers=headers)
    missing = recorded.request("GET", "/models/diabetes/versions/99", headers=key)
    recorded.request("GET", "/livez")

    log = (recorded.folder / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    (disconnect,) = [line for line in lines if line["message"] == "The client disconnected before the response."]
    assert disconnect["level"] == "debug"
    assert "mlapp_http_disconnects_total 1.0" in recorded.request("GET", "/metrics", headers=key).text
    assert "forged" not in log
    assert [line["status"] for line in lines if line.get("route") == "other"] == [404]
    by_id = {line["request_id"]: line for line in lines if "status" in line}
    assert by_id[rejected.json()["request_id"]]["status"] == rejected.status_code == 422
    assert rejected.headers["x-request-id"] == "mine-1"
    assert (by_id[missing.json()["request_id"]]["client"], missing.status_code) == ("127.0.0.1", 404)


def test_secrets_are_in_no_log_and_no_response(recorded: RecordedServer):
    key = {"X-API-Key": FULL}
    for path in PATHS:
        for sent in SENT:
            recorded.request("GET", path, **sent)
    for sent in SENT:
        for path in ("/predict", "/models/diabetes/predict"):
            recorded.request("POST", path, json={"records": [{"bmi": "no number"}]}, **sent)
        for path in ("/train", "/models/diabetes/train"):
            recorded.request("POST", path, json={"dataset": "nothing"}, **sent)
        recorded.request("PATCH", "/models/diabetes", json={"colour": "red"}, **sent)
    # The query of a page is repeated in the redirect.
    recorded.request("GET", f"/ui/models/{FULL}?key={FULL}", keep=False)
    recorded.request("GET", f"/models/{FULL}", headers=key, keep=False)
    recorded.request("POST", f"/models/{FULL}/predict", json={"records": [{}]}, headers=key, keep=False)
    for wrong in (WRONG, PREDICT):
        assert recorded.request("POST", "/ui/login", data={"key": wrong}).status_code in {401, 403}
    # Only this response contains the token of a session.
    session = recorded.request("POST", "/ui/login", data={"key": FULL}, keep=False).cookies["mlapp-session"]
    browser = {"Cookie": f"mlapp-session={session}"}
    for page in PAGES:
        recorded.request("GET", f"/ui/{page}", headers=browser)
    assert recorded.request("GET", f"/ui/predictions/{TOKEN}", headers=browser).status_code == 404
    ticket = recorded.request("POST", "/jobs/1/tickets", headers=key, keep=False).json()["ticket"]
    for query in (f"ticket={ticket}", f"ticket={ticket}", f"key={FULL}&ticket={TOKEN}"):
        recorded.request("GET", f"/jobs/1/events?{query}")
    recorded.request("GET", "/metrics", headers=key)
    assert end(recorded.process) == 0

    log = (recorded.folder / "log").read_text()
    kept = [path.read_bytes().decode("latin-1") for path in (recorded.folder / "store").rglob("*") if path.is_file()]
    assert '"caller": "ticket"' in log
    assert '"route": "/ui/predictions/{token}"' in log
    assert len(kept) > 3
    found = [
        (secret, text[:300])
        for secret in (FULL, PREDICT, SIGNER, WRONG, TOKEN, session, ticket)
        for text in (log, *recorded.responses, *kept)
        if secret in text
    ]
    assert not found
