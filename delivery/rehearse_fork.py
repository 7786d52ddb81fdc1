"""Rehearse a fork's first week in a copy of this folder: `uv run poe rehearse-fork`.

Runs `poe init`, applies the examples of README.md and CONTRIBUTING.md (a route, a page, their tests, an estimator),
replaces the README, and runs the tests these touch. `--full` also adds LightGBM as a dependency, and runs `poe check`
and all of `poe test` in an environment of its own, which needs the network.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from delivery.init import is_template
from delivery.workflow import ROOT, git, outside

TOUCHED = (
    "tests/template",
    "tests/api/test_notes.py",
    "tests/ml/test_estimators.py",
    "tests/pages/test_frame.py::test_every_page_has_a_title_a_language_and_marks_where_one_is",
    "tests/pages/test_notes.py",
    "tests/test_architecture.py::test_layers_import_only_those_below",
    "tests/test_bounds.py",
    "tests/test_delivery.py",
    "tests/test_settings.py",
    "tests/test_who_may.py::test_every_route_has_a_decision",
    "tests/test_who_may.py::test_every_route_lets_in_who_may_and_nobody_else",
)
"""The tests that these changes touch."""
README = "# House prices\n\nWhat a house will sell for.\n"
EXAMPLE = r"^- \*\*Your estimator\*\*.*?^  ```python\n(.*?)^  ```"
LIGHTGBM = '''
from lightgbm import LGBMClassifier, LGBMRegressor


def lightgbm(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Gradient boosting by LightGBM: quick on large tables."""
    kind = LGBMRegressor if task is Task.REGRESSION else LGBMClassifier
    return make_pipeline(unfolded(columns), kind(random_state=seed, verbose=-1))


ESTIMATORS["lightgbm"] = Recipe(lightgbm)
'''


def main() -> None:
    """Make the fork, and test it."""
    parser = argparse.ArgumentParser(prog="poe rehearse-fork", description="Rehearse a fork's first week.")
    parser.add_argument("--full", action="store_true", help="with LightGBM, poe check and the whole poe test")
    full = parser.parse_args().full
    if not is_template():
        print("This is a fork already: there is nothing to rehearse.")
        return
    with tempfile.TemporaryDirectory() as name:
        fork = Fork(Path(name) / "house-prices", own_environment=full)
        fork.run("poe", "init", "house-prices", "--holder", "Ada Example")
        fork.add_route()
        fork.add_page()
        fork.add_estimator(example_estimator())
        if full:
            fork.add_estimator(LIGHTGBM)
            fork.edit("pyproject.toml", '    "nicegui', '    # Quick boosting.\n    "lightgbm>=4",\n    "nicegui')
            fork.run("poe", "lock")
        (fork.folder / "README.md").write_text(README)
        fork.run("ruff", "format", "--quiet")
        fork.run("ruff", "check", "--quiet", "--fix")
        if full:
            fork.run("poe", "check")
            fork.run("poe", "test")
        else:
            fork.run("pytest", "-q", "--no-header", *TOUCHED)


def example_estimator() -> str:
    """Return the README's example of an estimator."""
    (example,) = re.findall(EXAMPLE, (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    return textwrap.dedent(example)


class Fork:
    """A copy of this folder, without its history."""

    def __init__(self, folder: Path, *, own_environment: bool) -> None:
        self.folder, self.own_environment = folder, own_environment
        for file in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if (ROOT / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, folder / file)
        git("init", "--quiet", cwd=folder)
        git("add", "--all", cwd=folder)
        steps = (folder / "CONTRIBUTING.md").read_text()
        blocks = re.findall(r"^   ```python\n(.*?)^   ```", steps, flags=re.MULTILINE | re.DOTALL)
        self._method, self._route, self._test_of_route, self._page, self._test_of_page = map(textwrap.dedent, blocks)
        (self._navigation,) = re.findall(r"`(\(\"/notes\".*?)`", steps)
        self._decisions = re.findall(r"`(\"GET [^`]*/notes\": \w+,)`", steps)

    def run(self, *command: str) -> None:
        """Run a command in the copy; exit if it fails."""
        began = time.monotonic()
        whole = ["uv", "run", *command] if self.own_environment else list(command)
        # Small tables are trained fastest by one thread; `poe test` decides that itself.
        around = outside() if self.own_environment else os.environ | {"OMP_NUM_THREADS": "1"}
        print(f"$ {' '.join(whole)}", flush=True)
        status = subprocess.run(whole, cwd=self.folder, env=around, check=False).returncode
        print(f"  status {status} after {time.monotonic() - began:.1f} s", flush=True)
        if status:
            sys.exit(f"A fork is red: '{' '.join(whole)}' ended with {status}.")

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text that occurs once in a file."""
        text = (self.folder / file).read_text()
        if text.count(before) != 1:
            sys.exit(f"{file} has {before!r} {text.count(before)} times, not once: update delivery/rehearse_fork.py.")
        (self.folder / file).write_text(text.replace(before, after))

    def add_route(self) -> None:
        """Add CONTRIBUTING.md's route and its test."""
        (self.folder / "mlapp/api/notes.py").write_text(self._route)
        (self.folder / "tests/api/test_notes.py").write_text(self._test_of_route)
        method = textwrap.indent(self._method, "    ")
        self.edit("mlapp/services/models/service.py", "    async def history", f"{method}\n    async def history")
        self.edit("mlapp/app.py", "models, offers", "models, notes, offers")
        self.edit("mlapp/app.py", "models.router", "models.router, notes.router")
        self.edit("tests/test_who_may.py", "WHO_MAY = {", f"WHO_MAY = {{\n    {' '.join(self._decisions)}")

    def add_page(self) -> None:
        """Add CONTRIBUTING.md's page and its test."""
        (self.folder / "pages/notes.py").write_text(self._page)
        (self.folder / "tests/pages/test_notes.py").write_text(self._test_of_page)
        self.edit("pages/__init__.py", "models, monitor", "models, monitor, notes")
        self.edit("pages/__init__.py", "PAGES = (", "PAGES = (notes, ")
        self.edit("pages/frame.py", "NAVIGATION = (", f"NAVIGATION = (\n    {self._navigation}")

    def add_estimator(self, recipe: str) -> None:
        """Add a recipe: its import at the top, the rest at the end."""
        library, rest = recipe.strip().split("\n", 1)
        self.edit("mlapp/ml/estimators.py", "from sklearn.base import", f"{library}\nfrom sklearn.base import")
        with (self.folder / "mlapp/ml/estimators.py").open("a") as estimators:
            estimators.write(rest)


if __name__ == "__main__":
    main()
