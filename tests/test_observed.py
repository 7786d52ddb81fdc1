"""What a real server says about itself while it is asked good and bad things."""

import json
import socket
from pathlib import Path

import httpx

from tests.servers import address, serving, wait_until

GET = "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
BROKEN_OFF = "POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\na,b\n"


def send(http: httpx.Client, request: str, *, wait: bool) -> None:
    host, port = address(http).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request.format(host=f"{host}:{port}", path="/%1b[2J%0aINFO%20forged").encode())
        if wait:
            connection.recv(100)


def test_log_of_a_server_is_one_object_a_line_and_names_requests(tmp_path: Path):
    with serving(tmp_path, MLAPP_DEMO="false", MLAPP_LOG_JSON="true", MLAPP_LOG_LEVEL="debug") as (_, http):
        send(http, BROKEN_OFF, wait=False)
        send(http, GET, wait=True)
        headers = {"X-Request-ID": "mine-1", "Content-Type": "text/csv"}
        refused = http.post("/train?option=none", content="a,b\n", headers=headers)
        missing = http.get("/models/1")
        assert http.get("/ui/").status_code == 200
        wait_until(http, "/metrics")
        metrics = http.get("/metrics").text

    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (gone,) = [line for line in lines if line["message"] == "The sender was gone before it was answered."]
    assert gone["level"] == "debug"
    assert "mlapp_http_disconnects_total 1.0" in metrics
    assert "forged" not in (tmp_path / "log").read_text()
    assert [line["status"] for line in lines if line.get("route") == "other"] == [404]
    asked = {line["request_id"]: line for line in lines if "status" in line}
    assert asked[refused.json()["request_id"]]["status"] == refused.status_code == 422
    assert refused.headers["x-request-id"] == "mine-1"
    assert (asked[missing.json()["request_id"]]["client"], missing.status_code) == ("127.0.0.1", 404)
