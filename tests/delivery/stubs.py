"""Stand-ins for what delivery and the workflows call on the network: the GitHub CLI and osv.dev."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

GH = """#!/bin/bash
set -eu
echo "$*" >> "$STUBS/gh"
test -n "$GH_TOKEN"
case "$1 $2" in
  "issue create") printf '[{"number": 7, "title": "%s"}]' "$4" > "$STUBS/issue"; cat > "$STUBS/body" ;;
  "issue edit") cat > "$STUBS/body" ;;
  "issue close") rm "$STUBS/issue" ;;
  "pr create")
    test ! -e "$STUBS/forbidden"
    printf '[{"url": "https://github.com/pull/8"}]' > "$STUBS/pr"
    cat > "$STUBS/body" ;;
  *" list") cat "$STUBS/$1" 2> /dev/null || echo '[]' ;;
esac
"""
"""The GitHub CLI for a repository with at most one issue and one pull request."""


def install(folder: Path, **scripts: str) -> dict[str, str]:
    """Write `gh` and other commands into a folder; returns the environment that runs them."""
    (folder / "bin").mkdir()
    for name, script in ({"gh": GH} | scripts).items():
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
    return {"STUBS": str(folder), "PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}"}


class Database(BaseHTTPRequestHandler):
    """osv.dev, with one vulnerability for each of some packages.

    Source: https://google.github.io/osv.dev/api
    """

    fixes: ClassVar[dict[str, str | None]]
    """Package → the fixed version, if there is one."""

    def do_POST(self) -> None:
        """List the vulnerabilities of packages."""
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in queries]
        known = [{"vulns": [{"id": f"EXAMPLE-{name}", "modified": "2026-01-01T00:00:00Z"}]} for name in names]
        self._answer({"results": [each if name in self.fixes else {} for name, each in zip(names, known, strict=True)]})

    def do_GET(self) -> None:
        """Describe a vulnerability."""
        identifier = self.path.rpartition("/")[2]
        name = identifier.removeprefix("EXAMPLE-")
        events = [{"introduced": "0"}] + ([{"fixed": self.fixes[name]}] if self.fixes[name] else [])
        affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        known = {"id": identifier, "modified": "2026-01-01T00:00:00Z", "summary": "An example.", "affected": [affected]}
        self._answer(known)

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def database(fixes: dict[str, str | None]) -> Iterator[str]:
    """Serve a database of vulnerabilities until the end of the block; yields its address."""
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Database,), {"fixes": fixes}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
