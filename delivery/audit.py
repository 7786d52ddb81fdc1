"""Known vulnerabilities of the dependencies: `uv run poe audit`.

uv asks osv.dev about every locked package. A vulnerability of a package in requirements.txt, which the app runs with,
ends it with status 1 once there is a fix, and so stops a deployment; others are only reported. `--issue` keeps an issue
on GitHub by `gh`: opened, updated, and closed when nothing is left. `OSV_URL` names another server like osv.dev.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from typing import Any, NamedTuple

from delivery.workflow import ROOT

TITLE = "Known vulnerabilities in dependencies"
ADVICE = (
    "To take fixes: `uv run poe upgrade` moves all packages to what was there a week ago. For a younger fix, give its "
    "package a date of its own in pyproject.toml, `[tool.uv] exclude-newer-package`, and run `uv run poe lock`."
)


class Vulnerability(NamedTuple):
    """A vulnerability of a locked package."""

    package: str
    description: str
    runtime: bool
    """Whether the app runs with the package; otherwise it is a development tool."""
    fixed: bool

    @property
    def blocks(self) -> bool:
        """Whether it stops a deployment."""
        return self.runtime and self.fixed


def main() -> None:
    """Report, and end with status 1 when a deployment has to wait."""
    parser = argparse.ArgumentParser(prog="poe audit", description="Ask osv.dev for known vulnerabilities.")
    parser.add_argument("--issue", action="store_true", help="keep an issue on GitHub about them instead of failing")
    to_issue = parser.parse_args().issue
    found = ask()
    if found is None:
        say("warning", "Not audited: osv.dev cannot be asked from here (why stands above).")
        return
    for each in found:
        say("error" if each.blocks else "warning", each.description)
    blocking = sorted({each.package for each in found if each.blocks})
    print(f"{len(found)} known vulnerabilities; packages that stop a deployment: {', '.join(blocking) or 'none'}.")
    if found:
        print(ADVICE)
    if to_issue:
        keep_issue(found)
    elif blocking:
        sys.exit(1)


def ask() -> list[Vulnerability] | None:
    """Return the vulnerabilities, those that stop a deployment first; None when the database cannot be asked."""
    command = ["uv", "audit", "--frozen", "--output-format", "json"]
    command += ["--preview-features", "audit-command", "--preview-features", "json-output"]
    if server := os.environ.get("OSV_URL"):
        command += ["--service-url", server]
    patience = {"UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "10"}
    done = subprocess.run(command, cwd=ROOT, env=patience | os.environ, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in {0, 1}:
        return None
    runtime = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE))
    found = [read(entry, runtime) for entry in json.loads(done.stdout)["vulnerabilities"]]
    return sorted(found, key=lambda each: (not each.blocks, not each.runtime, each.description))


def read(entry: dict[str, Any], runtime: set[str]) -> Vulnerability:
    """Read an entry of uv's report."""
    package, fixes = entry["dependency"]["name"], entry["fix_versions"]
    where = "runtime" if package in runtime else "development"
    fixed = f"fixed in {', '.join(fixes)}" if fixes else "not fixed yet"
    details = f"{entry['summary'] or 'no summary'} {entry['link'] or ''}".strip()
    description = f"{package} {entry['dependency']['version']} ({where}), {entry['display_id']}, {fixed}: {details}"
    return Vulnerability(package, description, package in runtime, bool(fixes))


def keep_issue(found: list[Vulnerability]) -> None:
    """Open an issue about the vulnerabilities, update the one that is open, or close it when nothing is left."""
    listed = gh("issue", "list", "--state", "open", "--search", f'"{TITLE}" in:title', "--json", "number,title")
    numbers = [str(issue["number"]) for issue in json.loads(listed) if issue["title"] == TITLE]
    blocking, others = ([f"- {each.description}" for each in found if each.blocks is stops] for stops in (True, False))
    parts = {"These stop a deployment:": blocking, "These do not stop a deployment:": others}
    body = "\n\n".join("\n".join([title, "", *lines]) for title, lines in parts.items() if lines) + f"\n\n{ADVICE}\n"
    if not found:
        for number in numbers:
            gh("issue", "close", number, "--comment", "Nothing is known any more.")
    elif numbers:
        gh("issue", "edit", numbers[0], "--body-file", "-", text=body)
    else:
        gh("issue", "create", "--title", TITLE, "--body-file", "-", text=body)


def gh(*arguments: str, text: str = "") -> str:
    """Run GitHub's command with a text as its input, and return what it printed."""
    done = subprocess.run(["gh", *arguments], input=text, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"'gh {arguments[0]} {arguments[1]}' failed, and says why above.")
    return done.stdout.strip()


def say(kind: str, text: str) -> None:
    """Print a line, on GitHub as an annotation of the run."""
    print(f"::{kind}::{text}" if os.environ.get("GITHUB_ACTIONS") == "true" else text)


if __name__ == "__main__":
    main()
