"""Newer Python packages: `uv run poe upgrade`.

Moves `[tool.uv] exclude-newer` in pyproject.toml to a week ago, when releases that turned out bad are mostly gone, and
locks again; where no package is newer, nothing changes. `--propose` opens a pull request with it by `gh`, as
.github/workflows/upgrade.yml does every week: Dependabot does not know the frozen resolution.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta

from delivery.audit import gh, say
from delivery.workflow import ROOT, git

BRANCH = "upgrade-python-packages"
TITLE = "build: newer Python packages"
FROZEN = re.compile(r'^exclude-newer = "(.*)"$', flags=re.MULTILINE)
WITHOUT_CHECKS = (
    "GitHub's own token opened this, so its checks wait: approve them here, or close and reopen this pull request. "
    "With a secret `PUSH_TOKEN` they start by themselves (docs/setup.md)."
)


def main() -> None:
    """Upgrade, and say what is newer."""
    parser = argparse.ArgumentParser(prog="poe upgrade", description="Lock newer Python packages.")
    parser.add_argument("--days", type=int, default=7, help="how old a release has to be; 7 by default")
    parser.add_argument("--propose", action="store_true", help="open a pull request; for the workflow")
    given = parser.parse_args()
    own_token = os.environ.get("PUSH_TOKEN", "")
    if given.propose:
        os.environ["GH_TOKEN"] = own_token or os.environ["GITHUB_TOKEN"]
        (before, *_) = json.loads(gh("pr", "list", "--head", BRANCH, "--state", "open", "--json", "url")) or [None]
        if before:
            say(
                "notice",
                f"{before['url']} is open: merge or close it, and the next run proposes what is newer by then.",
            )
            return
    changes = upgrade((datetime.now(UTC) - timedelta(days=given.days)).strftime("%Y-%m-%dT00:00:00Z"))
    print(*changes or ["No package is newer: nothing was changed."], sep="\n")
    if given.propose and changes:
        propose(changes, own_token)


def upgrade(moment: str) -> list[str]:
    """Lock what was there at a moment, and return which packages changed; never goes back."""
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    frozen = FROZEN.search(text)
    if not frozen:
        sys.exit('pyproject.toml has no line exclude-newer = "…" under [tool.uv], which this moves.')
    if frozen[1] >= moment:
        return []
    before = locked()
    path.write_text(FROZEN.sub(f'exclude-newer = "{moment}"', text, count=1), encoding="utf-8")
    status = subprocess.run(["poe", "-q", "lock"], cwd=ROOT, check=False).returncode
    after = {} if status else locked()
    if status or before == after:
        path.write_text(text, encoding="utf-8")
    if status:
        sys.exit(f"'poe lock' failed, and says why above; pyproject.toml is as it was, {frozen[1]}.")
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [f"{name}: {before.get(name, 'none')} → {after.get(name, 'none')}" for name in names]


def locked() -> dict[str, str]:
    """Return the packages of uv.lock with their versions."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {package["name"]: package["version"] for package in packages}


def propose(changes: list[str], own_token: str) -> None:
    """Commit all that changed to a branch of its own, and open a pull request from there."""
    git("checkout", "--quiet", "-B", BRANCH)
    git("config", "user.name", "github-actions[bot]")
    git("config", "user.email", "41898282+github-actions[bot]@users.noreply.github.com")
    git("commit", "--quiet", "--all", "--message", TITLE)
    server = os.environ["GITHUB_SERVER_URL"].removeprefix("https://")
    url = f"https://x-access-token:{os.environ['GH_TOKEN']}@{server}/{os.environ['GITHUB_REPOSITORY']}"
    # What an earlier pull request left there is replaced. Not by `git()`, whose traceback would show the token.
    push = ["git", "push", "--quiet", "--force", url, f"HEAD:refs/heads/{BRANCH}"]
    if subprocess.run(push, cwd=ROOT, check=False).returncode:
        sys.exit(f"The branch {BRANCH} could not be pushed; why stands above.")
    body = "\n".join(["From `uv run poe upgrade`:", "", *(f"- {change}" for change in changes)])
    body += "" if own_token else f"\n\n{WITHOUT_CHECKS}"
    create = ["gh", "pr", "create", "--head", BRANCH, "--title", TITLE, "--body-file", "-"]
    if subprocess.run(create, cwd=ROOT, input=body, text=True, check=False).returncode:
        say("notice", f"Open a pull request from the branch {BRANCH}: Actions may not, docs/setup.md says how it may.")
        # Without a secret nothing has to be set up, and nothing is red.
        sys.exit(1 if own_token else 0)


if __name__ == "__main__":
    main()
