"""`poe audit`: what a database of vulnerabilities answers, and what is made of it; `poe secrets`: where it looks."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
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


@pytest.mark.skipif(not shutil.which("git"), reason="What is kept is known to git")
@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("checkout", 123, "Location:    settings.py:1"),
        ("broken checkout", 128, "not a git repository"),
        ("folder", 0, "Not looked for: this folder is no checkout of git"),
    ],
)
def test_secrets_are_looked_for_in_what_git_keeps_or_it_says_why_not(tmp_path: Path, kind: str, status: int, says: str):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "settings.py").write_text(f'{"pass" + "word"} = "{"correct-horse" + "-battery"}"\n')
    if kind == "checkout":
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    elif kind == "broken checkout":
        (tmp_path / ".git").write_text("gitdir: nowhere")

    command = [shutil.which("poe") or "poe", "-q", "-C", str(tmp_path), "secrets"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
