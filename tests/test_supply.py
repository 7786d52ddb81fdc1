"""`poe audit`, `poe upgrade`: known vulnerabilities and upgrades; `poe secrets`: where it looks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, free_port

fakes = pytest.importorskip("delivery.fakes", reason="There is no delivery/")
NO_LOCK = "CI" not in os.environ and not (shutil.which("uv") and (ROOT / "uv.lock").exists())
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NO_LOCK, reason="The audit is uv's")]
GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/name", "GITHUB_TOKEN": "token"}
POE = """#!/bin/sh
printf '[[package]]\\nname = "fastapi"\\nversion = "%s"\\n' "$NEWEST" > uv.lock
"""
"""Locks without the network."""


def audit(*arguments: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "delivery.audit", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("package", "fixed", "status", "said"),
    [
        ("fastapi", "99", 1, "::error::fastapi 0"),
        ("fastapi", None, 0, "no fix available"),
        ("ruff", "99", 0, "(development), EXAMPLE-ruff, fixed in 99: An example."),
        ("another", "99", 0, "0 known vulnerabilities"),
    ],
)
def test_audit_fails_only_for_runtime_dependencies_with_a_fix(package: str, fixed: str | None, status: int, said: str):
    with fakes.serving(fakes.Vulnerabilities, fixes={package: fixed}) as url:
        found, told = audit(OSV_URL=url, GITHUB_ACTIONS="true")

    assert found == status, told
    assert said in told


def test_unreachable_database_is_reported_and_does_not_fail():
    status, told = audit(OSV_URL=f"http://127.0.0.1:{free_port()}")

    assert status == 0, told
    assert "Not audited: osv.dev cannot be reached" in told


def test_issue_is_opened_updated_and_closed(tmp_path: Path):
    fakes.install(tmp_path)
    path = f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}"
    bodies = []
    for fixes in ({"ruff": None}, {"ruff": None, "fastapi": "99"}, {}):
        with fakes.serving(fakes.Vulnerabilities, fixes=fixes) as url:
            status, told = audit("--issue", OSV_URL=url, FAKES=str(tmp_path), PATH=path, GH_TOKEN="token")
        assert status == 0, told
        bodies.append((tmp_path / "body").read_text())

    assert [line.split(" --")[0] for line in (tmp_path / "gh").read_text().splitlines()] == [
        *("issue list", "issue create"),
        *("issue list", "issue edit 7"),
        *("issue list", "issue close 7"),
    ]
    assert bodies[0].startswith("Not blocking:\n\n- ruff ")
    assert bodies[1].startswith("Blocking a deployment:\n\n- fastapi ")


@pytest.fixture
def upgrade(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """A function that runs the upgrade in a repository of its own, where locking gives a chosen version."""
    work, origin = tmp_path / "work", tmp_path / "origin.git"
    (work / "delivery").mkdir(parents=True)
    for name in ("__init__", "audit", "upgrade", "workflow"):
        shutil.copy(ROOT / f"delivery/{name}.py", work / "delivery")
    (work / "pyproject.toml").write_text('[tool.uv]\nexclude-newer = "2024-01-01T00:00:00Z"\n')
    (work / "uv.lock").write_text('[[package]]\nname = "fastapi"\nversion = "1"\n')
    (tmp_path / "gitconfig").write_text(
        f'[user]\n  name = You\n  email = you@example.org\n[url "{origin}"]\n'
        f"  insteadOf = https://x-access-token:{GITHUB['GITHUB_TOKEN']}@github.com/owner/name\n"
    )
    fakes.install(tmp_path, poe=POE)
    environment = os.environ | GITHUB | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "FAKES": str(tmp_path)}
    environment |= {"ORIGIN": str(origin), "PATH": f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}"}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "feat: all"], ["init", "-q", "--bare", origin]):
        subprocess.run(["git", *command], cwd=work, env=environment, check=True)

    def run(newest: str, *arguments: str, **more: Any) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "delivery.upgrade", *arguments],
            cwd=work,
            env=environment | {"NEWEST": newest} | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_upgrade_moves_the_date_when_a_package_has_a_newer_release(upgrade, tmp_path: Path):
    pyproject = tmp_path / "work/pyproject.toml"
    before = pyproject.read_text()

    assert upgrade("1") == (0, "No package has a newer release: nothing changed.\n")
    assert pyproject.read_text() == before
    assert upgrade("2") == (0, "fastapi: 1 → 2\n")
    assert pyproject.read_text() > before
    assert pyproject.read_text().endswith('T00:00:00Z"\n')


@pytest.mark.parametrize(("own", "notes"), [("", 1), ("token", 0)])
def test_upgrade_is_proposed_once_with_or_without_push_token(upgrade, tmp_path: Path, own: str, notes: int):
    status, told = upgrade("2", "--propose", PUSH_TOKEN=own)

    assert status == 0, told
    assert "- fastapi: 1 → 2" in (tmp_path / "body").read_text()
    assert (tmp_path / "body").read_text().count("no checks have started") == notes
    assert "https://github.com/pull/8 is still open" in upgrade("3", "--propose", PUSH_TOKEN=own)[1]


@pytest.mark.parametrize(("own", "status"), [("", 0), ("token", 1)])
def test_branch_is_pushed_when_actions_may_not_open_pull_requests(upgrade, tmp_path: Path, own: str, status: int):
    (tmp_path / "forbidden").touch()

    found, told = upgrade("2", "--propose", PUSH_TOKEN=own)

    assert found == status, told
    assert "Open a pull request from the branch upgrade-python-packages" in told


def test_failed_push_shows_no_token(upgrade, tmp_path: Path):
    shutil.rmtree(tmp_path / "origin.git")

    status, told = upgrade("2", "--propose", PUSH_TOKEN="token")

    assert (status, "x-access-token" in told) == (1, False), told


@pytest.mark.skipif(not shutil.which("git"), reason="What is kept is known to git")
@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("checkout", 123, "Location:    settings.py:1"),
        ("broken checkout", 128, "not a git repository"),
        ("folder", 0, "Not looked for: this folder is no checkout of git"),
    ],
)
def test_secrets_are_looked_for_in_what_git_keeps_or_it_says_why_not(tmp_path: Path, kind: str, status: int, says: str):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "settings.py").write_text(f'{"pass" + "word"} = "{"correct-horse" + "-battery"}"\n')
    if kind == "checkout":
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    elif kind == "broken checkout":
        (tmp_path / ".git").write_text("gitdir: nowhere")

    command = [shutil.which("poe") or "poe", "-q", "-C", str(tmp_path), "secrets"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
