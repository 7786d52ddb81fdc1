"""`poe upgrade`, in a repository of its own where locking yields a chosen version."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.delivery import stubs
from tests.servers import ROOT

pytest.importorskip("delivery.upgrade", reason="There is no delivery/")
pytestmark = pytest.mark.slow
GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/name", "GITHUB_TOKEN": "token"}
POE = """#!/bin/sh
printf '[[package]]\\nname = "fastapi"\\nversion = "%s"\\n' "$NEWEST" > uv.lock
"""
"""Locks without the network."""
Upgrade = Callable[..., tuple[int, str]]


@pytest.fixture
def upgrade(tmp_path: Path) -> Upgrade:
    work, origin = tmp_path / "work", tmp_path / "origin.git"
    (work / "delivery").mkdir(parents=True)
    for name in ("__init__", "github", "upgrade"):
        shutil.copy(ROOT / f"delivery/{name}.py", work / "delivery")
    (work / "pyproject.toml").write_text('[tool.uv]\nexclude-newer = "2024-01-01T00:00:00Z"\n')
    (work / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "1"\n')
    (tmp_path / "gitconfig").write_text(
        f'[user]\n  name = You\n  email = you@example.org\n[url "{origin}"]\n'
        f"  insteadOf = https://x-access-token:{GITHUB['GITHUB_TOKEN']}@github.com/owner/name\n"
    )
    environment = os.environ | GITHUB | stubs.install(tmp_path, poe=POE)
    environment |= {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "feat: all"], ["init", "-q", "--bare", origin]):
        subprocess.run(["git", *command], cwd=work, env=environment, check=True)

    def run(newest: str, *arguments: str, push_token: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "delivery.upgrade", *arguments],
            cwd=work,
            env=environment | {"NEWEST": newest, "PUSH_TOKEN": push_token},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_date_moves_when_a_package_has_a_newer_release(upgrade: Upgrade, tmp_path: Path):
    pyproject = tmp_path / "work/pyproject.toml"
    before = pyproject.read_text()

    assert upgrade("1") == (0, "No package has a newer release: nothing changed.\n")
    assert pyproject.read_text() == before
    assert upgrade("2") == (0, "fastapi: 1 → 2\n")
    assert pyproject.read_text() > before
    assert pyproject.read_text().endswith('T00:00:00Z"\n')


@pytest.mark.parametrize(("token", "notes"), [("", 1), ("token", 0)])
def test_pull_request_is_opened_once_with_or_without_push_token(
    upgrade: Upgrade, tmp_path: Path, token: str, notes: int
):
    status, output = upgrade("2", "--propose", push_token=token)

    assert status == 0, output
    assert (tmp_path / "origin.git/refs/heads/upgrade-python-packages").exists()
    assert "- fastapi: 1 → 2" in (tmp_path / "body").read_text()
    assert (tmp_path / "body").read_text().count("no checks have started") == notes
    assert "https://github.com/pull/8 is still open" in upgrade("3", "--propose", push_token=token)[1]


@pytest.mark.parametrize(("token", "status"), [("", 0), ("token", 1)])
def test_branch_is_pushed_when_actions_may_not_open_pull_requests(
    upgrade: Upgrade, tmp_path: Path, token: str, status: int
):
    (tmp_path / "forbidden").touch()

    found, output = upgrade("2", "--propose", push_token=token)

    assert found == status, output
    assert (tmp_path / "origin.git/refs/heads/upgrade-python-packages").exists()
    assert "Open a pull request from the branch upgrade-python-packages" in output


def test_failed_push_shows_no_token(upgrade: Upgrade, tmp_path: Path):
    shutil.rmtree(tmp_path / "origin.git")

    status, output = upgrade("2", "--propose", push_token="token")

    assert (status, "x-access-token" in output) == (1, False), output
