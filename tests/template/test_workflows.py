"""The shell steps of .github/workflows/ci.yml, run with stubs of `gh`, `uv`, `curl` and `sleep`."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.delivery import stubs
from tests.servers import ROOT

JOBS = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
SCRIPTS = {step["name"]: step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step}
COMMIT, PROJECT, RELEASE, DEPLOY = (
    "Commit version and changelog",
    "Find the project",
    "Release a new version",
    "Deploy to Render and wait until it is live",
)
TOKEN = "token"
GITHUB = {"GITHUB_REPOSITORY": "Owner/my.app", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_SHA": "c0ffee"}
RENDER = {"RENDER_API": "https://render", "RENDER_API_KEY": TOKEN, "RENDER_SERVICE_ID": "srv-1"}
CHANGELOG = "# CHANGELOG\n\n## v0.2.0 (2026-01-02)\n\n- An idea\n\n## v0.1.0 (2026-01-01)\n\n- Initial Release\n"
CURL = """#!/bin/sh
echo "$*" >> "$STUBS/curl"
case "$*" in *commitId*) ;; *) head -n 1 "$STUBS/deploys"; sed -i 1d "$STUBS/deploys" ;; esac
"""
"""Render's API: each query for deploys returns the next line of a file."""
UV = """#!/bin/sh
[ "$1" != build ] || { mkdir dist && touch dist/mlapp.whl; }
echo 0.1.0
"""
Run = Callable[..., str]


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of version 0.2.0, which has an origin."""
    (tmp_path / "gitconfig").write_text(
        f'[user]\n  name = You\n  email = you@example.org\n[url "{tmp_path / "origin.git"}"]\n'
        f"  insteadOf = https://x-access-token:{TOKEN}@github.com/Owner/my.app\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    work = tmp_path / "work"
    (work / "mlapp").mkdir(parents=True)
    (work / "mlapp/__init__.py").write_text('__version__ = "0.2.0"\n')
    (work / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    for command in ("init -q", "add -A", "commit -qm all", "tag v0.1.0"):
        git(work, *command.split())
    return work


@pytest.fixture
def run(work: Path, tmp_path: Path) -> Run:
    """Run a step as GitHub does; returns its output."""
    environment = stubs.install(tmp_path, curl=CURL, sleep="#!/bin/sh\n", uv=UV)

    def run_step(name: str, status: int = 0, **more: str) -> str:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPTS[name]],
            cwd=work,
            env=os.environ | GITHUB | environment | {"GITHUB_OUTPUT": str(tmp_path / "outputs")} | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run_step


def test_version_is_pushed_with_a_token_only(run: Run, work: Path, tmp_path: Path):
    assert "up to date" in run(COMMIT, PUSH_TOKEN="", BRANCH="idea")
    (work / "mlapp/__init__.py").write_text('__version__ = "0.3.0"\n')

    assert "The next version is 0.3.0" in run(COMMIT, PUSH_TOKEN="", BRANCH="idea")
    run(COMMIT, PUSH_TOKEN=TOKEN, BRANCH="idea")

    assert git(tmp_path / "origin.git", "log", "-1", "--format=%s", "idea") == "chore(release): version 0.3.0\n"


@pytest.mark.parametrize(
    ("variables", "outputs"),
    [
        ({"ORGANIZATION": "", "KEY": ""}, "enabled=true\norganization=owner\nkey=Owner_my.app\n"),
        ({"ORGANIZATION": "mine", "KEY": "a-key"}, "enabled=true\norganization=mine\nkey=a-key\n"),
    ],
)
def test_sonar_project_follows_from_the_repository_or_variables(
    run: Run, tmp_path: Path, variables: dict[str, str], outputs: str
):
    assert "SONAR_TOKEN is not set" in run(PROJECT, SONAR_TOKEN="", **variables)
    run(PROJECT, SONAR_TOKEN=TOKEN, **variables)

    assert (tmp_path / "outputs").read_text() == outputs


def test_release_has_the_notes_of_its_version(run: Run, work: Path, tmp_path: Path):
    run(RELEASE, GH_TOKEN=TOKEN)

    assert (work / "notes.md").read_text() == "\n- An idea\n\n"
    assert (work / "mlapp-0.2.0.tar.gz").exists()
    assert (
        (tmp_path / "gh")
        .read_text()
        .startswith("release create v0.2.0 mlapp-0.2.0.tar.gz dist/mlapp.whl requirements.txt --target")
    )


@pytest.mark.parametrize(("tags", "notice"), [(["v0.2.0"], "already released"), ([], "first version is 0.1.0")])
def test_released_version_and_version_of_the_template_are_not_released(
    run: Run, work: Path, tmp_path: Path, tags: list[str], notice: str
):
    git(work, "tag", "--delete", "v0.1.0")
    for tag in tags:
        git(work, "tag", tag)

    assert notice in run(RELEASE, GH_TOKEN=TOKEN)
    assert not (tmp_path / "gh").exists()


@pytest.mark.skipif(not shutil.which("jq") and "CI" not in os.environ, reason="The deploy step needs jq")
@pytest.mark.parametrize(
    ("last", "status", "line"),
    [
        ("live", 0, "c0ffee is live"),
        ("build_failed", 1, "Render reports build_failed"),
    ],
)
def test_deploy_ends_as_render_reports(run: Run, tmp_path: Path, last: str, status: int, line: str):
    deploys = [f'[{{"deploy": {{"status": "{state}", "commit": {{"id": "c0ffee"}}}}}}]' for state in ("created", last)]
    (tmp_path / "deploys").write_text("\n".join(["[]", *deploys, ""]))

    assert line in run(DEPLOY, status, **RENDER)
    assert '--json {"commitId": "c0ffee"} https://render/services/srv-1/deploys' in (tmp_path / "curl").read_text()


def test_nothing_is_deployed_without_a_key(run: Run, tmp_path: Path):
    assert "Not deployed" in run(DEPLOY, **RENDER | {"RENDER_API_KEY": ""})
    assert not (tmp_path / "curl").exists()
