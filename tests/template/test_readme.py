"""The README's commands, examples, settings and tree."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

import mlapp
from tests.servers import ROOT, address, serving_unmeasured, wait_until

README = (ROOT / "README.md").read_text()
CONSOLE = re.findall(r"^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
EXAMPLES = [example for block in CONSOLE for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


@pytest.mark.skipif(not shutil.which("curl") and "CI" not in os.environ, reason="The README's examples need curl")
def test_readme_examples_return_what_is_printed(tmp_path: Path):
    with serving_unmeasured(tmp_path) as (_, http):
        wait_until(http, "/readyz")
        for example in EXAMPLES:
            command, _, printed = example.partition("\n")
            answer = run(command.replace("localhost:8000", address(http).removeprefix("http://")), tmp_path)
            assert_like(answer.strip(), printed.strip(), command)


def test_readme_example_of_the_library_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (example,) = re.findall(r"^```python\n(import mlapp\n.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("MLAPP_STORE", str(tmp_path))
    area = [float(row % 90) for row in range(120)]
    df = pl.DataFrame({"area": area, "price": [3 * each + row % 2 for row, each in enumerate(area)]})
    pipeline = LinearRegression().fit(df[["area"]], df["price"])

    found = {"df": df, "new": df.drop("price"), "pipeline": pipeline}
    exec(example.replace('target="price"', 'target="price", estimator="linear"', 1), found)

    (model,) = mlapp.models()
    assert (model.name, model.versions, model.active) == ("prices", 2, 2)


def run(command: str, folder: Path) -> str:
    # With the command `mlapp` of this environment.
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def assert_like(answer: str, printed: str, command: str) -> None:
    """Compare a response with the README, which replaces fields by an ellipsis; digits may differ at the end."""
    if printed.startswith("{"):
        shown, got = json.loads(printed.replace(", …", "")), json.loads(answer)
        assert {name: got[name] for name in shown} == close(shown), command
        assert "…" in printed or shown.keys() == got.keys()
    else:
        assert [cells(line) for line in answer.splitlines()] == close([cells(line) for line in printed.splitlines()])


def cells(line: str) -> list[Any]:
    return [float(cell) if re.fullmatch(r"-?[\d.e-]+", cell) else cell for cell in line.split(",")]


def close(value: Any) -> Any:
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6)
    if isinstance(value, dict):
        return {name: close(inner) for name, inner in value.items()}
    return [close(inner) for inner in value] if isinstance(value, list) else value


def test_readme_opens_with_the_two_commands():
    commands = re.findall(r"^    (pip install uv && uv run poe \w+)", README, flags=re.MULTILINE)

    assert commands == ["pip install uv && uv run poe serve", "pip install uv && uv run poe test"]


def test_readme_lists_every_setting():
    example = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"MLAPP_[A-Z_]+", example)) == set(re.findall(r"MLAPP_[A-Z_]+", README))


def test_readme_tree_exists():
    (tree,) = re.findall(r"^```\n(main.py.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    path: list[str] = []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        path = [*path[:depth], line.split()[0]]
        assert ROOT.joinpath(*path).exists(), f"{'/'.join(path)} is in the README's tree, but not in the repository."
