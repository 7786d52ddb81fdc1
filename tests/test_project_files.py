"""Version, tasks, workflows, image and blueprint refer to files, tasks and settings that exist."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlapp import __version__
from tests.servers import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
TASKS: dict[str, Any] = tomllib.loads(PYPROJECT)["tool"]["poe"]["tasks"]
CI = ROOT / ".github/workflows/ci.yml"
CALLERS = [
    *ROOT.glob(".github/workflows/*.yml"),
    *(path for path in (ROOT / ".ci/run", ROOT / ".pre-commit-config.yaml") if path.exists()),
]
"""Files that run tasks and modules."""
FOLDERS = r"(?:mlapp|pages|delivery|docs|benchmarks|\.github|\.ci)"
NAMING_SETTINGS = [path for path in (ROOT / "Dockerfile", ROOT / "render.yaml") if path.exists()]
RELEASING = ("publish", "deploy")


def commands(task: Any) -> Iterator[str]:
    """Yield the commands of a task and of the tasks in it."""
    if isinstance(task, str):
        yield task
    for part in task if isinstance(task, list) else ():
        yield from commands(part)
    for kind in ("cmd", "sequence") if isinstance(task, dict) else ():
        yield from commands(task.get(kind, ""))


def missing(command: str) -> list[str]:
    """Return the modules and files that a command refers to and that do not exist."""
    modules = re.findall(rf"\bpython3? -m ({FOLDERS}\b[\w.]*)", command)
    named = [module.replace(".", "/") for module in modules]
    named += re.findall(rf"(?<!\S)(?:{FOLDERS}/\S+|main\.py|render\.yaml|Dockerfile)(?!\S)", command)
    return [file for file in named if not any(ROOT.glob(file)) and not (ROOT / f"{file}.py").exists()]


def test_version_is_the_same_in_both_places():
    assert f'\nversion = "{__version__}"\n' in PYPROJECT, "Set the version of mlapp/__init__.py in pyproject.toml, too."


@pytest.mark.parametrize("name", TASKS)
def test_tasks_run_files_that_exist(name: str):
    gone = [file for command in commands(TASKS[name]) for file in missing(command)]

    assert not gone, f"The task '{name}' in pyproject.toml runs {gone[0]}, which does not exist: delete the task, too."


@pytest.mark.parametrize("path", CALLERS, ids=lambda path: path.name)
def test_workflows_and_hooks_run_tasks_and_modules_that_exist(path: Path):
    text = path.read_text()
    gone = [f"poe {task}" for task in re.findall(r"(?<![\w-])poe ([a-z][\w-]*)", text) if task not in TASKS]
    gone += [file for line in re.findall(r"python3? -m .*", text) for file in missing(line)]

    assert not gone, f"{path.relative_to(ROOT)} runs {gone[0]}, which does not exist: delete its step, too."


@pytest.mark.skipif(not CI.exists(), reason="There is no .github/workflows/ci.yml")
def test_nothing_is_published_or_deployed_after_a_failed_check():
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(CI.read_text())["jobs"]
    checks = jobs.keys() - {*RELEASING, "version"}

    for job in jobs.keys() & RELEASING:
        unheeded = checks - set(jobs[job].get("needs", []))
        assert not unheeded, f"ci.yml: {job} does not wait for {', '.join(unheeded)}: add it to 'needs'."
        assert "always()" not in str(jobs[job].get("if"))


@pytest.mark.parametrize("path", NAMING_SETTINGS, ids=lambda path: path.name)
def test_settings_of_image_and_blueprint_exist(path: Path):
    named = set(re.findall(r"MLAPP_[A-Z_]+", path.read_text()))
    unknown = named - set(re.findall(r"MLAPP_[A-Z_]+", (ROOT / ".env.example").read_text()))

    assert not unknown, f"{path.name} sets {', '.join(unknown)}, which .env.example does not list."


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("git"), reason="poe secrets scans the files that git tracks")
@pytest.mark.parametrize(
    ("kind", "status", "line"),
    [
        ("checkout", 123, "Location:    settings.py:1"),
        ("broken checkout", 128, "not a git repository"),
        ("folder", 0, "Not scanned: this folder is not a git checkout"),
    ],
)
def test_secrets_are_found_in_tracked_files_or_it_says_why_not(tmp_path: Path, kind: str, status: int, line: str):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "settings.py").write_text(f'{"pass" + "word"} = "{"correct-horse" + "-battery"}"\n')
    if kind == "checkout":
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    elif kind == "broken checkout":
        (tmp_path / ".git").write_text("gitdir: nowhere")

    command = [shutil.which("poe") or "poe", "-q", "-C", str(tmp_path), "secrets"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == status, done.stdout + done.stderr
    assert line in done.stdout + done.stderr
