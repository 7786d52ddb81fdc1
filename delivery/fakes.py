"""What a workflow talks to, as far as it does: GitHub's command and Render's API."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

# `gh release create TAG FILES… --target SHA … --notes-file FILE`: what it is given has to be there.
GH = """#!/bin/bash
set -eu
echo "$*" >> "$FAKES/gh"
test -n "$GH_TOKEN"
test -s notes.md
test -s "$4"
cp notes.md "$FAKES/notes"
git --git-dir "$ORIGIN" tag "$3" "$GITHUB_SHA"
"""


class Render(BaseHTTPRequestHandler):
    """Deploys what it is told to: queued, built, live.

    Source: https://api-docs.render.com/reference/create-deploy, https://api-docs.render.com/reference/list-deploys
    """

    key: str
    deploys: list[dict[str, Any]]
    after: list[str]

    def do_POST(self) -> None:
        """Take a commit to deploy."""
        commit = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["commitId"]
        if self._may():
            self.deploys.insert(0, {"deploy": {"status": "created", "commit": {"id": commit}}})
            self._answer(201, self.deploys[0]["deploy"])

    def do_GET(self) -> None:
        """List the deploys, each time one step further."""
        if self._may():
            self._answer(200, self.deploys)
            if self.after:
                self.deploys[0]["deploy"]["status"] = self.after.pop(0)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _may(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {self.key}":
            return True
        self._answer(401, {"message": "unauthorized"})
        return False

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Fakes:
    """All of it, and what was asked."""

    def __init__(self, folder: Path, origin: Path, key: str) -> None:
        self.folder = folder
        self._deploys: list[dict[str, Any]] = []
        render = {"key": key, "deploys": self._deploys, "after": ["build_in_progress", "live"]}
        self._server = HTTPServer(("127.0.0.1", 0), type("Here", (Render,), render))
        self.api = f"http://127.0.0.1:{self._server.server_port}/v1"
        self.environment = {"FAKES": str(folder), "ORIGIN": str(origin)}
        for name, script in {"gh": GH, "sleep": "#!/bin/sh\n"}.items():
            (folder / "bin").mkdir(exist_ok=True)
            (folder / "bin" / name).write_text(script)
            (folder / "bin" / name).chmod(0o755)

    @property
    def released(self) -> list[str]:
        """What `gh` was called with."""
        log = self.folder / "gh"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def deployed(self) -> list[str]:
        """The commits that Render was given."""
        return [each["deploy"]["commit"]["id"] for each in self._deploys]

    @contextmanager
    def answering(self) -> Iterator[Self]:
        """Answer until the end of the block."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
