"""What `poe version-bump` makes of commits, in a repository of its own: nothing is pushed, nothing is asked."""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from delivery.workflow import ROOT, git

STORY = [
    (["feat: all that there is"], [], "0.1.0", "Initial Release"),
    (["docs: a word", "chore: order"], [], "0.1.0", "Initial Release"),
    (["fix: empty tables are refused", "test: an empty table"], [], "0.1.1", "Empty tables are refused"),
    (["fix: a typo", "feat: tables in Arrow"], [], "0.2.0", "Tables in Arrow"),
    (["feat!: versions have names\n\nBREAKING CHANGE: numbers are gone."], [], "0.3.0", "Numbers are gone"),
    (["fix: ready for all"], ["--major"], "1.0.0", "Ready for all"),
    (["refactor!: without jobs\n\nBREAKING CHANGE: jobs are gone."], [], "2.0.0", "Jobs are gone"),
]
"""Commits, arguments, the version that follows, and what its part of the changelog says."""
HIDDEN = ("A word", "Order", "An empty table")


def main() -> None:
    """Commit, bump and tag, version by version."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mlapp").mkdir()
        (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
        (folder / "mlapp/__init__.py").write_text('__version__ = "0.0.0"\n')
        git("init", "--quiet", "--initial-branch", "main", cwd=folder)
        git("config", "user.name", "You", cwd=folder)
        git("config", "user.email", "you@example.org", cwd=folder)
        git("remote", "add", "origin", "https://github.com/owner/name", cwd=folder)
        for commits, arguments, version, told in STORY:
            step(folder, commits, arguments, version, told)
        changelog = (folder / "CHANGELOG.md").read_text()
        titles = re.findall(r"^## v(\S+) ", changelog, flags=re.MULTILINE)
        if titles != ["2.0.0", "1.0.0", "0.3.0", "0.2.0", "0.1.1", "0.1.0"]:
            sys.exit(f"The changelog has the versions {titles}.")
        if shown := [text for text in HIDDEN if text in changelog]:
            sys.exit(f"The changelog tells what users do not see: {shown}.")


def step(folder: Path, commits: list[str], arguments: list[str], version: str, told: str) -> None:
    """Commit, ask for the next version, and release it."""
    for message in commits:
        git("commit", "--quiet", "--allow-empty", "--all", "--message", message, cwd=folder)
    bump(folder, arguments)
    places = [(folder / "mlapp/__init__.py").read_text(), (folder / "pyproject.toml").read_text()]
    found = [re.findall(r'^(?:__version__|version) = "(.*)"', text, flags=re.MULTILINE)[0] for text in places]
    part = (folder / "CHANGELOG.md").read_text().split("\n## ")[1]
    print(f"{' + '.join(message.splitlines()[0] for message in commits):<60} → {found[0]}", flush=True)
    if found != [version, version] or f"v{version} " not in part or told not in part:
        sys.exit(f"This has to be version {version} in both files, told as '{told}':\n{part}")
    if not git("tag", "--list", f"v{version}", cwd=folder):
        git("commit", "--quiet", "--all", "--message", f"chore(release): version {version}", cwd=folder)
        git("tag", f"v{version}", cwd=folder)


def bump(folder: Path, arguments: list[str]) -> None:
    """Do what `poe version-bump` does, there."""
    tasks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["poe"]["tasks"]
    uv, run, *command = tasks["version-bump"]["cmd"].split()
    whole = [uv, run, "--project", str(ROOT), *command, *arguments]
    done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(whole)} ended with {done.returncode}: {done.stderr}")


if __name__ == "__main__":
    main()
