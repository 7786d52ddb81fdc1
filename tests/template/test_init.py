"""`poe init` gives a fork its own name."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.servers import ROOT

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("NICEGUI", "PYTEST", "MLAPP", "COV"))
}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )


def init(folder: Path, *arguments: str) -> str:
    done = run(folder, "delivery/init.py", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of the files that `poe init` changes."""
    for file in ("LICENSE", "README.md", "pyproject.toml", "mlapp/__init__.py", "delivery/init.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "render.yaml").write_text(
        "services:\n  - type: web\n    name: mlapp\n    envVars:\n      - name: KEY\n"
    )
    (tmp_path / "CHANGELOG.md").write_text("# CHANGELOG\n\n## v9.9.9\n\nOf the template.\n")
    return tmp_path


def test_names_are_written_to_all_files(project_copy: Path):
    output = init(
        project_copy,
        "claims",
        "--title",
        "Claims of 2031",
        "--description",
        "What claims cost.",
        *holder("Ada", "2031"),
    )

    metadata = tomllib.loads((project_copy / "pyproject.toml").read_text())["project"]
    assert (metadata["name"], metadata["description"]) == ("claims", "What claims cost.")
    assert (project_copy / "README.md").read_text().startswith("# Claims of 2031\n")
    assert '\nTITLE = "Claims of 2031"\n' in (project_copy / "mlapp/__init__.py").read_text()
    assert (project_copy / "render.yaml").read_text().splitlines()[2:] == [
        "    name: claims",
        "    envVars:",
        "      - name: KEY",
    ]
    assert (project_copy / "CHANGELOG.md").read_text() == "# CHANGELOG\n"
    # The MIT licence requires to keep the notice of the original.
    notices = [line for line in (project_copy / "LICENSE").read_text().splitlines() if line.startswith("Copyright")]
    assert notices == ["Copyright (c) 2031 Ada", "Copyright (c) 2026 The mlapp developers"]
    assert 'pyproject.toml:\n    name = "claims"\n    description = "What claims cost."\n' in output


def holder(name: str, year: str) -> tuple[str, ...]:
    return "--holder", name, "--year", year


def test_second_run_changes_nothing_and_keeps_the_changelog_of_the_fork(project_copy: Path):
    init(project_copy, "claims", *holder("Ada", "2031"))
    (project_copy / "CHANGELOG.md").write_text("# CHANGELOG\n\n## v0.1.0\n")
    before = contents(project_copy)

    assert init(project_copy, "claims", "--holder", "Ada") == "0 files changed.\n"
    assert contents(project_copy) == before

    init(project_copy, "other", *holder("Bob", "2032"))
    assert (project_copy / "LICENSE").read_text().count(
        "Copyright (c) 2032 Bob\nCopyright (c) 2026 The mlapp developers\n"
    ) == 1
    assert "Ada" not in (project_copy / "LICENSE").read_text()
    assert (project_copy / "CHANGELOG.md").read_bytes() == before["CHANGELOG.md"]


def test_dry_run_prints_the_changes_without_making_them(project_copy: Path):
    before = contents(project_copy)

    output = init(project_copy, "claims", "--holder", "Ada", "--dry-run")

    assert 'TITLE = "Claims"' in output
    assert output.endswith("Dry run: nothing was changed.\n")
    assert contents(project_copy) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["House Prices"], "'House Prices' is not a valid name"),
        (["-"], "'-' is not a valid name"),
        (["../evil"], "is not a valid name"),
        (["a" * 41], "use up to 40 lowercase letters"),
        (["polars"], "'polars' is a dependency of this project"),
        (["claims", "--title", 'Claims"'], "--title must be one line"),
        (["claims", "--title", " "], "--title must be one line"),
        (["claims", "--description", "two\nlines"], "--description must be one line"),
        (["claims", "--holder", "<b>"], "--holder must be one line"),
    ],
)
def test_invalid_values_are_rejected_with_a_message(project_copy: Path, arguments: list[str], message: str):
    before = contents(project_copy)

    done = run(project_copy, "delivery/init.py", *arguments)

    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(project_copy) == before
