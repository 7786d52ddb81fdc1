"""`poe init`: a copy gets a name of its own, and is as good as the original; there CONTRIBUTING.md is followed, too."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from tests.servers import ROOT

QUICK = (
    "tests/test_documents.py",
    "tests/test_settings.py",
    "tests/test_readme.py::test_readme_tree_names_what_is_there",
)
"""Tests of the copy that take no time, and look at what was changed."""
TRY_OUT = f"""
import asyncio, json, sys
import httpx, pytest
from main import create_app
from mlapp.settings import Settings

async def ask(app):
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        paths = ("/health", "/openapi.json", "/ui/", "/notes", "/ui/notes")
        health, described, page, notes, shown = [await http.get(path) for path in paths]
    titles = [answer.text.partition("<title>")[2].partition("</title>")[0] for answer in (page, shown)]
    return health.json()["status"], described.json()["info"]["title"], *titles, notes.json()

app = create_app(Settings(_env_file=None, store="store", demo=False, allowed_hosts="here"))
print(json.dumps(asyncio.run(ask(app))))
# What is imported by now has no assertions to rewrite.
sys.exit(pytest.main(["-q", "--no-header", "-W", "ignore::pytest.PytestAssertRewriteWarning", *{QUICK}]))
"""
"""Asks the copy's app for its name, then runs those tests: in one process, as to load the libraries takes longest."""
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


@pytest.mark.skipif(not shutil.which("git") and "CI" not in os.environ, reason="A copy takes git")
def test_renamed_copy_passes_its_tests_and_answers_under_its_name_with_what_is_added(tmp_path: Path):
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for file in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if (ROOT / file).is_file():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tmp_path / file)

    init(tmp_path, "house-prices", "--holder", "Ada Example")
    follow_the_steps(tmp_path)

    tried = run(tmp_path, "-c", TRY_OUT)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    answered = json.loads(tried.stdout.splitlines()[0])
    assert answered == ["healthy", "House prices", "Overview · House prices", "Notes · House prices", {}]


def follow_the_steps(folder: Path) -> None:
    """Add a route and a page to a copy, as CONTRIBUTING.md says."""
    steps = (folder / "CONTRIBUTING.md").read_text()
    blocks = re.findall(r"^   ```python\n(.*?)^   ```", steps, flags=re.MULTILINE | re.DOTALL)
    method, route, _, page, _ = (textwrap.dedent(block) for block in blocks)
    (folder / "mlapp/api/notes.py").write_text(route)
    (folder / "pages/notes.py").write_text(page)
    method = textwrap.indent(method, "    ")
    (entry,) = re.findall(r"`(\(\"/notes\".*?)`", steps)
    for file, before, after in (
        ("mlapp/services/models.py", "    async def history", f"{method}\n    async def history"),
        ("mlapp/app.py", "models, offers", "models, notes, offers"),
        ("mlapp/app.py", "models.router", "models.router, notes.router"),
        ("pages/__init__.py", "models, monitor", "models, monitor, notes"),
        ("pages/__init__.py", "PAGES = (", "PAGES = (notes, "),
        ("pages/frame.py", "NAVIGATION = (", f"NAVIGATION = (\n    {entry}"),
    ):
        text = (folder / file).read_text()
        assert text.count(before) == 1, f"{file}: {before}"
        (folder / file).write_text(text.replace(before, after))


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
