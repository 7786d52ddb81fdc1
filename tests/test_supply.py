"""`poe audit`: what a database of vulnerabilities answers, and what is made of it."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.servers import ROOT, free_port

pytestmark = pytest.mark.skipif(
    "CI" not in os.environ and not (shutil.which("uv") and (ROOT / "uv.lock").exists()), reason="The audit is uv's"
)
FOUND = "EXAMPLE-1"
DETAILS = {"id": FOUND, "modified": "2026-01-01T00:00:00Z", "summary": "An example.", "affected": []}


class Database(BaseHTTPRequestHandler):
    """Answers as osv.dev does.

    Source: https://google.github.io/osv.dev/api
    """

    vulnerable: str

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = [{"id": FOUND, "modified": DETAILS["modified"]}]
        results = [{"vulns": known} if query["package"]["name"] == self.vulnerable else {} for query in asked]
        self._answer({"results": results})

    def do_GET(self) -> None:
        self._answer(DETAILS)

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def database(vulnerable: str) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Database,), {"vulnerable": vulnerable}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def audit(url: str) -> tuple[int, str]:
    command = [shutil.which("poe") or "poe", "-q", "audit"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"OSV_URL": url}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("package", "status"), [("fastapi", 1), ("another", 0)])
def test_vulnerability_of_a_dependency_fails(package: str, status: int):
    with database(package) as url:
        found, said = audit(url)

    assert found == status, said
    assert (FOUND in said) is (status == 1)


def test_database_that_cannot_be_asked_is_said_and_does_not_fail():
    status, said = audit(f"http://127.0.0.1:{free_port()}")

    assert status == 0, said
    assert "Not audited: the database of vulnerabilities cannot be asked from here" in said
