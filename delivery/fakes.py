"""What workflows talk to, as far as they do: GitHub's command, Render's API and the database of vulnerabilities."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

# `gh release create TAG FILES… --target SHA … --notes-file FILE`: what it is given has to be there.
# `gh issue create --title TITLE …`, `gh pr create --head BRANCH …`: there is one at most, which `list` shows.
GH = """#!/bin/bash
set -eu
echo "$*" >> "$FAKES/gh"
test -n "$GH_TOKEN"
case "$1 $2" in
  "release create")
    test -s notes.md
    test -s "$4"
    cp notes.md "$FAKES/notes"
    git --git-dir "$ORIGIN" tag "$3" "$GITHUB_SHA" ;;
  "issue create" | "issue edit")
    if [ "$2" = create ]; then printf '[{"number": 7, "title": "%s"}]' "$4" > "$FAKES/issue"; fi
    cat > "$FAKES/body" ;;
  "issue close") rm "$FAKES/issue" ;;
  "pr create")
    test ! -e "$FAKES/forbidden"
    git --git-dir "$ORIGIN" rev-parse --quiet --verify "refs/heads/$4" > /dev/null
    printf '[{"url": "https://github.com/pull/8"}]' > "$FAKES/pr"
    cat > "$FAKES/body" ;;
  *" list") cat "$FAKES/$1" 2> /dev/null || echo '[]' ;;
esac
"""


class Answering(BaseHTTPRequestHandler):
    """Answers in JSON, and prints nothing."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def answer(self, status: int, content: Any) -> None:
        """Answer in JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Render(Answering):
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
            self.answer(201, self.deploys[0]["deploy"])

    def do_GET(self) -> None:
        """List the deploys, each time one step further."""
        if self._may():
            self.answer(200, self.deploys)
            if self.after:
                self.deploys[0]["deploy"]["status"] = self.after.pop(0)

    def _may(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {self.key}":
            return True
        self.answer(401, {"message": "unauthorized"})
        return False


class Vulnerabilities(Answering):
    """Knows a vulnerability of each of some packages, as osv.dev does.

    Source: https://google.github.io/osv.dev/api
    """

    fixes: dict[str, str | None]
    """Package → the version that is fixed, None where there is none."""

    def do_POST(self) -> None:
        """Say which of the packages that are asked about are vulnerable, and by what."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in asked]
        modified = "2026-01-01T00:00:00Z"
        known = [{"vulns": [{"id": f"EXAMPLE-{name}", "modified": modified}]} for name in names]
        self.answer(
            200, {"results": [each if name in self.fixes else {} for name, each in zip(names, known, strict=True)]}
        )

    def do_GET(self) -> None:
        """Describe a vulnerability."""
        identifier = self.path.rpartition("/")[2]
        name = identifier.removeprefix("EXAMPLE-")
        events = [{"introduced": "0"}] + ([{"fixed": self.fixes[name]}] if self.fixes[name] else [])
        affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        about = {"id": identifier, "modified": "2026-01-01T00:00:00Z", "summary": "An example.", "affected": [affected]}
        self.answer(200, about)


@contextmanager
def serving(handler: type[Answering], **state: Any) -> Iterator[str]:
    """Answer until the end of the block, at the address that is yielded; the state is what the handler knows."""
    server = HTTPServer(("127.0.0.1", 0), type("Here", (handler,), state))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Fakes:
    """All of it, and what was asked."""

    def __init__(self, folder: Path, origin: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.vulnerable: dict[str, str | None] = {}
        """Package → the version that is fixed."""
        self.environment = {"FAKES": str(folder), "ORIGIN": str(origin)}
        self._deploys: list[dict[str, Any]] = []
        install(folder)

    @property
    def released(self) -> list[str]:
        """What `gh release` was called with."""
        log = self.folder / "gh"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith("release ")]

    @property
    def deployed(self) -> list[str]:
        """The commits that Render was given."""
        return [each["deploy"]["commit"]["id"] for each in self._deploys]

    @property
    def body(self) -> str:
        """The text of the newest issue or pull request."""
        return (self.folder / "body").read_text()

    @contextmanager
    def answering(self) -> Iterator[Self]:
        """Answer until the end of the block."""
        render = {"key": self.key, "deploys": self._deploys, "after": ["build_in_progress", "live"]}
        with serving(Render, **render) as api, serving(Vulnerabilities, fixes=self.vulnerable) as database:
            self.api = f"{api}/v1"
            self.environment["OSV_URL"] = database
            yield self


def install(folder: Path, **scripts: str) -> None:
    """Write commands into `bin` in a folder: GitHub's, one that sleeps no time, and others."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, script in ({"gh": GH, "sleep": "#!/bin/sh\n"} | scripts).items():
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
