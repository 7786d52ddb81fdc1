"""Tests of main.py: the server in its own process, and create_app()."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import main
from main import create_app
from mlapp.schemas import JobStatus
from mlapp.settings import Settings
from mlapp.store import JobStore, ModelStore
from tests.fitted import fit
from tests.servers import PATIENCE_S, ROOT, end, serving, serving_unmeasured, wait_until


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path, as paths of sockets have a limit of about 100 characters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_server_serves_the_stored_model_after_a_kill_and_interrupts_a_training_on_stop(tmp_path: Path, temporary: Path):
    settings = {"MLAPP_DEMO": "true", "TMPDIR": str(temporary)}
    # What is measured is lost when a process is killed.
    with serving_unmeasured(tmp_path, **settings) as (process, http):
        assert http.get("/health").json()["default_model"] is None
        wait_until(http, "/readyz")
        features = http.get("/models/machines/versions/active").json()["features"]
        rows = {"records": [{feature["name"]: feature["example"] for feature in features}]}
        answer = http.post("/predict", json=rows)
        process.kill()
    left = list(temporary.iterdir())
    assert left

    with serving(tmp_path, **settings) as (process, http):
        assert not any(path.exists() for path in left)
        # The first request waits for the model, which is still loading.
        again = http.post("/predict", json=rows)

        assert (again.status_code, again.json()) == (answer.status_code, answer.json()) == (200, answer.json())
        models = http.get("/models").json()
        assert (models["default"], [model["active"] for model in models["models"]]) == ("machines", [1])
        assert http.get("/").headers["location"] == "/ui/"
        wanted = {"dataset": "breast_cancer", "estimator": "kernel"}
        job = http.post("/train", json=wanted, headers={"Prefer": "respond-async"}).json()
        with http.stream("GET", f"/jobs/{job['id']}/events") as events:
            assert next(line for line in events.iter_lines() if "Evaluating kernel" in line)
        assert end(process) == 0
    assert list(temporary.iterdir()) == []
    ended = JobStore(tmp_path / "store").job(job["id"])
    assert (ended.status, ended.error) == (
        JobStatus.INTERRUPTED,
        "The server was shut down; train again in a moment.",
    )


def test_api_only_redirects_to_the_docs_and_stops_on_ctrl_c_during_a_training(tmp_path: Path):
    with serving(tmp_path, "--only-api", MLAPP_DEMO="true") as (process, http):
        assert http.get("/").headers["location"] == "/docs"
        assert http.get("/docs").status_code == 200
        assert http.get("/ui/").status_code == 404

        # Like a terminal: to the server and all its children.
        os.killpg(process.pid, signal.SIGINT)

        assert process.wait(PATIENCE_S) == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert sorted(line.split()[2] for line in lines) in (["Serving"], ["Serving", *["Training"] * 3])


def test_pages_only_have_health_and_no_json_routes(tmp_path: Path):
    store = ModelStore(tmp_path / "store")
    store.prepare()
    fit("machines").activate_in(store)
    with serving(tmp_path, "--only-pages") as (process, http):
        wait_until(http, "/readyz")
        home, model, predict = (
            http.get(f"/ui{path}").text for path in ("/", "/models/machines", "/models/machines/predict")
        )
        assert "machines" in home
        assert "Predict" in model
        assert "/models/machines/api" not in model + predict
        assert http.get("/train").headers["location"] == "/ui/train"
        for path in ("/models", "/metrics", "/docs", "/openapi.json"):
            answer = http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

        assert end(process) == 0


def run_main(*flags: str, **settings: str) -> tuple[int, str]:
    """Run main.py until it exits, and return its exit status and standard error."""
    done = subprocess.run(
        [sys.executable, *flags, "main.py"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | settings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


def test_port_in_use_stops_the_start_before_anything_is_stored(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, said = run_main(MLAPP_PORT=port, MLAPP_STORE=str(tmp_path / "store"), MLAPP_PROT="1")

    warning, line = said.splitlines()
    assert (status, list(tmp_path.iterdir())) == (1, [])
    assert "WARNING" in warning
    assert "MLAPP_PROT (did you mean MLAPP_PORT?)" in warning
    assert line.startswith(f"MLAPP_PORT={port}: the port is in use; ")


def test_missing_libraries_stop_the_start_with_instructions():
    status, said = run_main("-S")

    assert (status, said) == (1, f"{sys.executable} has no uvicorn: run `uv run poe serve`, which installs it.\n")


@pytest.mark.parametrize(("missing", "ends"), [("uvicorn", SystemExit), ("mlapp.startup", ModuleNotFoundError)])
def test_missing_library_stops_the_start_and_a_missing_own_module_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, missing: str, ends: type
):
    monkeypatch.setattr(sys, "argv", ["main.py"])
    # Stops the start in any case.
    monkeypatch.setenv("MLAPP_PORT", "none")
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ends, match=missing):
        main.main()


def test_old_python_stops_the_start_with_instructions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["main.py", "--help"])
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))

    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is required, but .+ is 3\.10: run `uv run"):
        main.main()


def test_broken_estimators_stop_the_start_with_their_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mlapp/ml").mkdir(parents=True)
    (tmp_path / "mlapp/ml/estimators.py").write_text("import numpy as np\nfrom gbm_of_nobody import Trees\n")
    monkeypatch.setattr("main.__file__", str(tmp_path / "main.py"))
    monkeypatch.setattr(sys, "argv", ["main.py"])

    with pytest.raises(SystemExit) as ended:
        main.main()

    assert ended.value.code == (
        "mlapp/ml/estimators.py, line 2: there is no module 'gbm_of_nobody'; install its package, or fix the import."
    )


def test_missing_entry_point_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_ESTIMATORS", "forest_of_nobody")
    monkeypatch.setattr(sys, "argv", ["main.py"])

    with pytest.raises(SystemExit, match="^MLAPP_ESTIMATORS allows 'forest_of_nobody', but no installed package has"):
        main.main()


async def test_browsers_are_redirected_to_the_pages(http: httpx.AsyncClient):
    for path, page in (("/", "/ui/"), ("/train", "/ui/train"), ("/predict", "/ui/predict")):
        answer = await http.get(path, headers={"Accept": "text/html,application/xhtml+xml"})

        assert (answer.status_code, answer.headers["location"]) == (307, page)


@pytest.mark.parametrize(
    "query",
    ["job=7", "a=%20%26%2B%25&a=%C3%A9", "x=%0d%0aSet-Cookie:%20a=b", "//evil.example/?next=https://evil.example"],
)
async def test_browsers_are_redirected_with_their_query(http: httpx.AsyncClient, query: str):
    answer = await http.get(f"/train?{query}", headers={"Accept": "text/html"})

    assert answer.headers["location"] == f"/ui/train?{query}"
    assert "set-cookie" not in answer.headers


async def test_unknown_paths_are_a_page_for_browsers_and_a_problem_for_programs(http: httpx.AsyncClient):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/nope", "/models/x/nope%3F", "//evil.example"):
        url = f"http://localhost{path}"
        to_page, to_program = await http.get(url, headers=browser), await http.get(url)

        assert (to_page.status_code, to_page.headers["location"]) == (307, f"/ui{path}")
        assert (to_program.status_code, to_program.headers["content-type"]) == (404, "application/problem+json")
    page = await http.get("/ui/nope", headers=browser)
    assert (page.status_code, "This page does not exist" in page.text) == (404, True)
    assert (await http.post("/nope", headers=browser)).headers["content-type"] == "application/problem+json"
    assert (await http.get("/models/nobody", headers=browser)).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/train", "/predict"])
@pytest.mark.parametrize("accept", ["*/*", "application/json, text/html;q=0.5", "text/html;q=0, */*"])
async def test_programs_get_405_with_allow_post(http: httpx.AsyncClient, path: str, accept: str):
    answer = await http.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("host", "generated"), [("0.0.0.0", True), ("127.0.0.2", False), ("localhost", False)])
async def test_public_address_generates_a_key_and_prints_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, host: str, *, generated: bool
):
    app = create_app(Settings(_env_file=None, store=tmp_path, host=host), pages=False)

    said = capsys.readouterr().err
    assert said.count("the full key is ") == said.count("\n") == int(generated)
    key = said.split()[-1] if generated else "any"
    assert key not in caplog.text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        assert (await http.get("/datasets", headers={"X-API-Key": key})).status_code == 200
        assert (await http.get("/datasets")).status_code == (401 if generated else 200)
