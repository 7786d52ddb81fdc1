"""Upgrade all Python packages to the releases of a week ago: `uv run poe upgrade`.

Moves `[tool.uv] exclude-newer` in pyproject.toml and locks again; changes nothing if no package has a newer release.
Bad releases are usually yanked within a week. `--propose` opens a pull request by `gh`, for the scheduled
.github/workflows/upgrade.yml, as Dependabot does not support `exclude-newer`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta

from delivery.github import ROOT, annotate, gh, git

BRANCH = "upgrade-python-packages"
TITLE = "build: upgrade Python packages"
FROZEN = re.compile(r'^exclude-newer = "(.*)"$', flags=re.MULTILINE)
WITHOUT_CHECKS = (
    "Opened with GitHub's own token, so no checks have started: approve them here, or close and reopen this pull "
    "request. With a secret `PUSH_TOKEN` they start by themselves (docs/setup.md)."
)


def main() -> None:
    """Upgrade, and print the changes."""
    parser = argparse.ArgumentParser(prog="poe upgrade", description="Upgrade all Python packages.")
    parser.add_argument("--days", type=int, default=7, help="minimum age of a release; 7 by default")
    parser.add_argument("--propose", action="store_true", help="open a pull request (for the workflow)")
    given = parser.parse_args()
    own_token = os.environ.get("PUSH_TOKEN", "")
    if given.propose:
        os.environ["GH_TOKEN"] = own_token or os.environ["GITHUB_TOKEN"]
        if opened := json.loads(gh("pr", "list", "--head", BRANCH, "--state", "open", "--json", "url")):
            annotate("notice", f"{opened[0]['url']} is still open: merge or close it to get the next one.")
            return
    changes = upgrade((datetime.now(UTC) - timedelta(days=given.days)).strftime("%Y-%m-%dT00:00:00Z"))
    print(*changes or ["No package has a newer release: nothing changed."], sep="\n")
    if given.propose and changes:
        propose(changes, own_token)


def upgrade(moment: str) -> list[str]:
    """Lock the releases up to a moment and return the changes; never moves the date back."""
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    frozen = FROZEN.search(text)
    if not frozen:
        sys.exit('pyproject.toml has no line exclude-newer = "…" under [tool.uv] to move.')
    if frozen[1] >= moment:
        return []
    before = locked()
    path.write_text(FROZEN.sub(f'exclude-newer = "{moment}"', text, count=1), encoding="utf-8")
    status = subprocess.run(["poe", "-q", "lock"], cwd=ROOT, check=False).returncode
    after = {} if status else locked()
    if status or before == after:
        path.write_text(text, encoding="utf-8")
    if status:
        sys.exit(f"'poe lock' failed (see the error above); exclude-newer is back at {frozen[1]}.")
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [f"{name}: {before.get(name, 'none')} → {after.get(name, 'none')}" for name in names]


def locked() -> dict[str, str]:
    """Return the version of each package in uv.lock."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {package["name"]: package["version"] for package in packages}


def propose(changes: list[str], own_token: str) -> None:
    """Commit the upgrade to its branch, push it, and open a pull request."""
    git("checkout", "--quiet", "-B", BRANCH)
    git("config", "user.name", "github-actions[bot]")
    git("config", "user.email", "41898282+github-actions[bot]@users.noreply.github.com")
    git("commit", "--quiet", "--all", "--message", TITLE)
    server = os.environ["GITHUB_SERVER_URL"].removeprefix("https://")
    url = f"https://x-access-token:{os.environ['GH_TOKEN']}@{server}/{os.environ['GITHUB_REPOSITORY']}"
    # Replaces the branch of an earlier pull request. Not by `git()`, whose traceback would show the token.
    push = ["git", "push", "--quiet", "--force", url, f"HEAD:refs/heads/{BRANCH}"]
    if subprocess.run(push, cwd=ROOT, check=False).returncode:
        sys.exit(f"The branch {BRANCH} could not be pushed (see the error above).")
    body = "\n".join(["From `uv run poe upgrade`:", "", *(f"- {change}" for change in changes)])
    body += "" if own_token else f"\n\n{WITHOUT_CHECKS}"
    create = ["gh", "pr", "create", "--head", BRANCH, "--title", TITLE, "--body-file", "-"]
    if subprocess.run(create, cwd=ROOT, input=body, text=True, check=False).returncode:
        annotate("notice", f"Open a pull request from the branch {BRANCH}, or allow Actions to (docs/setup.md).")
        # Without secrets, no workflow fails.
        sys.exit(1 if own_token else 0)


if __name__ == "__main__":
    main()
