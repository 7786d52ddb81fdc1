"""main.py: a real server in a process of its own, and the app as it wires it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import coverage
import httpx
import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Serve a store of its own until the end of the block; gives the process and a client."""
    port = free_port()
    # Without what tests set, which NiceGUI takes for a simulation.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("NICEGUI", "PYTEST", "MLAPP"))}
    environment = plain | {"MLAPP_PORT": str(port), "MLAPP_STORE": str(folder / "store")} | settings
    measured = ["-m", "coverage", "run"] if coverage.Coverage.current() else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *measured, "main.py", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            wait_until(client, "/health")
            yield process, client
    finally:
        process.terminate()
        process.wait(20)
    assert "Traceback" not in (folder / "log").read_text()


def wait_until(client: httpx.Client, path: str) -> None:
    """Wait until a path answers 200."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if client.get(path).status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"{path} did not answer 200 within {PATIENCE_S} s.")


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(10)


def test_server_trains_its_first_model_and_answers_from_it_after_a_kill(tmp_path: Path):
    with serving(tmp_path, MLAPP_DEMO="true") as (process, http):
        assert http.get("/health").json()["active_model"] is None
        wait_until(http, "/readyz")
        features = http.get("/models/active").json()["features"]
        rows = {"records": [{feature["name"]: feature["example"] for feature in features}]}
        answer = http.post("/predict", json=rows)
        process.kill()

    with serving(tmp_path, MLAPP_DEMO="true") as (process, http):
        # The first request waits for the model, which is still loading.
        again = http.post("/predict", json=rows)

        assert (again.status_code, again.json()) == (answer.status_code, answer.json()) == (200, answer.json())
        assert http.get("/models").json()["active"] == 1
        assert http.get("/").headers["location"] == "/ui/"
        assert end(process) == 0


def test_api_alone_leads_to_the_docs_and_ends_amid_a_training(tmp_path: Path):
    with serving(tmp_path, "--only-api", MLAPP_DEMO="true") as (process, http):
        assert http.get("/").headers["location"] == "/docs"
        assert http.get("/docs").status_code == 200
        assert http.get("/ui/").status_code == 404

        assert end(process) == 0


def test_pages_alone_have_health_and_no_json_routes(tmp_path: Path):
    with serving(tmp_path, "--only-pages", MLAPP_DEMO="false") as (process, http):
        assert http.get("/ui/").status_code == 200
        for path in ("/models", "/docs", "/openapi.json"):
            answer = http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

        assert end(process) == 0


async def test_people_are_led_to_the_pages(http: httpx.AsyncClient):
    for path, page in (("/", "/ui/"), ("/train", "/ui/train"), ("/predict", "/ui/predict")):
        answer = await http.get(path, headers={"Accept": "text/html,application/xhtml+xml"})

        assert (answer.status_code, answer.headers["location"]) == (307, page)


@pytest.mark.parametrize("path", ["/train", "/predict"])
async def test_programs_are_told_to_post(http: httpx.AsyncClient, path: str):
    answer = await http.get(path, headers={"Accept": "*/*"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"
