"""Code snippets, run against a server that records requests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from mlapp.presentation.code_snippets import curl, javascript, python
from tests.servers import ROOT

pytestmark = pytest.mark.slow

KEY = "$HOME-is-'no'-part-of-it"
HOSTILE: dict[str, Any] = {
    "it's": "ü $HOME `id` ${1+1} \\n %s {x}",
    '"quoted"': "two\nlines\tand\r\0 \u2028\u2029 😀",
    "__proto__": "</script><!--",
    "back\\slash": "'",
    "@file": "'''",
    "missing": None,
    "yes": True,
    "number": -1.5e-300,
    "whole": 9_007_199_254_740_991,
}


class Listener(HTTPServer):
    """Records requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None, str | None, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, key = self.headers["Content-Type"], self.headers["X-API-Key"]
        self.server.requests.append((self.path, kind, key, json.loads(body)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"predictions": [42.5]}')

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def listening() -> Iterator[Listener]:
    with Listener() as listener:
        Thread(target=listener.serve_forever).start()
        yield listener
        listener.shutdown()


def run_curl(command: str) -> str:
    return run(["bash", "-c", command])


def run_python(program: str) -> str:
    return run([sys.executable, "-c", program])


def run_javascript(program: str) -> str:
    return run(["node", "--input-type=module", "-e", program])


def run(command: list[str]) -> str:
    # As if the client had been saved beside the program.
    environment = {"PATH": os.environ["PATH"], "MLAPP_PREDICT_KEY": KEY, "PYTHONPATH": str(ROOT / "mlapp")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


@pytest.mark.parametrize(
    ("write", "start"),
    [
        pytest.param(curl, run_curl, marks=needs("curl")),
        pytest.param(python, run_python),
        pytest.param(javascript, run_javascript, marks=needs("node")),
    ],
    ids=["curl", "python", "javascript"],
)
@pytest.mark.parametrize(
    ("model", "version", "path", "key", "sent"),
    [
        (None, None, "/predict", None, None),
        (None, 7, "/predict?version=7", "MLAPP_PREDICT_KEY", KEY),
        ("churn", None, "/models/churn/predict", None, None),
        ("churn", 7, "/models/churn/predict?version=7", "MLAPP_PREDICT_KEY", KEY),
    ],
)
def test_snippet_sends_the_row_unchanged_and_prints_the_response(
    write: Callable[..., str],
    start: Callable[[str], str],
    model: str | None,
    version: int | None,
    path: str,
    key: str | None,
    sent: str | None,
):
    row = HOSTILE | {"say": "'; rm"}

    with listening() as listener:
        printed = start(write(f"http://127.0.0.1:{listener.server_port}/", row, model, version, key))

    assert listener.requests == [(path, "application/json", sent, {"records": [row]})]
    assert "42.5" in printed


def test_javascript_body_is_a_string_on_one_line():
    (line,) = [line for line in javascript("http://localhost", HOSTILE).split("\n") if line.startswith("  body: ")]
    literal = line.removeprefix("  body: ").removesuffix(",")

    assert literal[0] == literal[-1] == "'"
    assert "</" not in literal
    assert "\u2028" not in literal
    # Python parses these strings like JavaScript, except for one escape.
    assert json.loads(eval(literal.replace(r"<\/", "</"))) == {"records": [HOSTILE]}


def test_python_has_a_line_per_feature():
    assert "row = {\n    'a': 1,\n    'b': None,\n}\n" in python("http://localhost", {"a": 1, "b": None})


@pytest.mark.parametrize("language", [curl, python, javascript])
@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_text_does_not_end_the_block_of_code(language: Callable[..., str], separator: str):
    snippet = language("http://localhost", {f"a{separator}```{separator}<img src=x>": separator})

    assert snippet.splitlines() == snippet.split("\n")
