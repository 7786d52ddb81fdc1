"""`poe init`: a copy gets a name of its own."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.servers import ROOT

PLAIN = {
    name: value for name, value in os.environ.items() if not name.startswith(("NICEGUI", "PYTEST", "MLAPP", "COV"))
}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=PLAIN, capture_output=True, text=True, timeout=60, check=False
    )


def init(folder: Path, *arguments: str) -> str:
    done = run(folder, "delivery/init.py", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A copy of what is changed."""
    for file in ("LICENSE", "README.md", "pyproject.toml", "mlapp/__init__.py", "delivery/init.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "render.yaml").write_text(
        "services:\n  - type: web\n    name: mlapp\n    envVars:\n      - name: KEY\n"
    )
    (tmp_path / "CHANGELOG.md").write_text("# CHANGELOG\n\n## v9.9.9\n\nOf the template.\n")
    return tmp_path


def test_everything_asked_for_stands_where_it_should(few: Path):
    said = init(
        few, "claims", "--title", "Claims of 2031", "--description", "What claims cost.", *holder("Ada", "2031")
    )

    project = tomllib.loads((few / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["description"]) == ("claims", "What claims cost.")
    assert (few / "README.md").read_text().startswith("# Claims of 2031\n")
    assert '\nTITLE = "Claims of 2031"\n' in (few / "mlapp/__init__.py").read_text()
    assert (few / "render.yaml").read_text().splitlines()[2:] == [
        "    name: claims",
        "    envVars:",
        "      - name: KEY",
    ]
    assert (few / "CHANGELOG.md").read_text() == "# CHANGELOG\n"
    # The MIT licence asks to keep the notice of whoever wrote what was forked.
    notices = [line for line in (few / "LICENSE").read_text().splitlines() if line.startswith("Copyright")]
    assert notices == ["Copyright (c) 2031 Ada", "Copyright (c) 2026 The mlapp developers"]
    assert 'pyproject.toml:\n    name = "claims"\n    description = "What claims cost."\n' in said


def holder(name: str, year: str) -> tuple[str, ...]:
    return "--holder", name, "--year", year


def test_again_it_changes_nothing_and_keeps_the_changelog_of_the_fork(few: Path):
    init(few, "claims", *holder("Ada", "2031"))
    (few / "CHANGELOG.md").write_text("# CHANGELOG\n\n## v0.1.0\n")
    before = contents(few)

    assert init(few, "claims", "--holder", "Ada") == "0 files changed.\n"
    assert contents(few) == before

    init(few, "other", *holder("Bob", "2032"))
    assert (few / "LICENSE").read_text().count("Copyright (c) 2032 Bob\nCopyright (c) 2026 The mlapp developers\n") == 1
    assert "Ada" not in (few / "LICENSE").read_text()
    assert (few / "CHANGELOG.md").read_bytes() == before["CHANGELOG.md"]


def test_dry_run_says_what_it_would_do_and_does_nothing(few: Path):
    before = contents(few)

    said = init(few, "claims", "--holder", "Ada", "--dry-run")

    assert 'TITLE = "Claims"' in said
    assert said.endswith("Nothing was changed; this is what would.\n")
    assert contents(few) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["House Prices"], "'House Prices' is no name for a project"),
        (["-"], "'-' is no name for a project"),
        (["../evil"], "is no name for a project"),
        (["a" * 41], "takes up to 40 small letters"),
        (["polars"], "'polars' is a package that this project needs"),
        (["claims", "--title", 'Claims"'], "--title takes one line"),
        (["claims", "--title", " "], "--title takes one line"),
        (["claims", "--description", "two\nlines"], "--description takes one line"),
        (["claims", "--holder", "<b>"], "--holder takes one line"),
    ],
)
def test_words_that_cannot_stand_there_are_refused_in_a_sentence(few: Path, arguments: list[str], said: str):
    before = contents(few)

    done = run(few, "delivery/init.py", *arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(few) == before
