"""Report known vulnerabilities of all locked packages, from osv.dev: `uv run poe audit`.

Fails only for runtime dependencies (requirements*.txt) with a fix available, which blocks a deployment; all others are
reported. `--issue` opens, updates or closes a GitHub issue by `gh` instead of failing. `OSV_URL` overrides the address
of the database.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from typing import Any, NamedTuple

from delivery.github import ROOT, annotate, gh

TITLE = "Known vulnerabilities in dependencies"
ADVICE = (
    "To upgrade all packages to the releases of a week ago: `uv run poe upgrade`. For a newer fix, set a date for its "
    "package in pyproject.toml, `[tool.uv] exclude-newer-package`, and run `uv run poe lock`."
)


class Vulnerability(NamedTuple):
    """A vulnerability of a locked package."""

    package: str
    description: str
    runtime: bool
    """Whether it is a runtime dependency rather than a development tool."""
    fixed: bool

    @property
    def blocks(self) -> bool:
        """Whether it blocks a deployment."""
        return self.runtime and self.fixed


def main() -> None:
    """Print the vulnerabilities; exit with status 1 if one blocks a deployment."""
    parser = argparse.ArgumentParser(prog="poe audit", description="Query osv.dev for known vulnerabilities.")
    parser.add_argument("--issue", action="store_true", help="keep a GitHub issue up to date instead of failing")
    to_issue = parser.parse_args().issue
    found = query()
    if found is None:
        annotate("warning", "Not audited: osv.dev cannot be reached (see the error above).")
        return
    for each in found:
        annotate("error" if each.blocks else "warning", each.description)
    blocking = sorted({each.package for each in found if each.blocks})
    print(f"{len(found)} known vulnerabilities; packages that block a deployment: {', '.join(blocking) or 'none'}.")
    if found:
        print(ADVICE)
    if to_issue:
        update_issue(found)
    elif blocking:
        sys.exit(1)


def query() -> list[Vulnerability] | None:
    """Return the vulnerabilities, blocking ones first, or None if the database cannot be reached."""
    command = ["uv", "audit", "--frozen", "--output-format", "json"]
    command += ["--preview-features", "audit-command", "--preview-features", "json-output"]
    if server := os.environ.get("OSV_URL"):
        command += ["--service-url", server]
    limits = {"UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "10"}
    done = subprocess.run(command, cwd=ROOT, env=limits | os.environ, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in {0, 1}:
        return None
    pinned = "".join(file.read_text() for file in ROOT.glob("requirements*.txt"))
    runtime = set(re.findall(r"^([\w.-]+)==", pinned, flags=re.MULTILINE))
    found = [parse(entry, runtime) for entry in json.loads(done.stdout)["vulnerabilities"]]
    return sorted(found, key=lambda each: (not each.blocks, not each.runtime, each.description))


def parse(entry: dict[str, Any], runtime: set[str]) -> Vulnerability:
    """Parse an entry of uv's report."""
    package, fixes = entry["dependency"]["name"], entry["fix_versions"]
    where = "runtime" if package in runtime else "development"
    fixed = f"fixed in {', '.join(fixes)}" if fixes else "no fix available"
    details = f"{entry['summary'] or 'no summary'} {entry['link'] or ''}".strip()
    description = f"{package} {entry['dependency']['version']} ({where}), {entry['display_id']}, {fixed}: {details}"
    return Vulnerability(package, description, package in runtime, bool(fixes))


def update_issue(found: list[Vulnerability]) -> None:
    """Open an issue about the vulnerabilities, update the open one, or close it if there are none."""
    listed = gh("issue", "list", "--state", "open", "--search", f'"{TITLE}" in:title', "--json", "number,title")
    numbers = [str(issue["number"]) for issue in json.loads(listed) if issue["title"] == TITLE]
    if not found:
        for number in numbers:
            gh("issue", "close", number, "--comment", "No known vulnerabilities.")
        return
    body = ""
    for title, blocks in {"Blocking a deployment": True, "Not blocking": False}.items():
        lines = [f"- {each.description}\n" for each in found if each.blocks is blocks]
        body += f"{title}:\n\n{''.join(lines)}\n" if lines else ""
    where = ("edit", numbers[0]) if numbers else ("create", "--title", TITLE)
    gh("issue", *where, "--body-file", "-", text=f"{body}{ADVICE}\n")


if __name__ == "__main__":
    main()
