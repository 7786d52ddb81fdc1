"""SECURITY.md says what the code does."""

import re

import pytest

from mlapp.api import connections, errors
from mlapp.errors import MAX_REPORTED
from mlapp.schemas import MAX_NAME_LENGTH
from mlapp.services import jobs, prediction
from mlapp.settings import Settings
from mlapp.tables import table
from tests.servers import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text()
PYPROJECT = (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "said",
    [
        f"{table.MAX_ROWS:,} rows, {table.MAX_COLUMNS:,} columns, {table.MAX_CELLS:,} cells",
        f"{table.MAX_CELL_BYTES:,} bytes a cell",
        f"{MAX_NAME_LENGTH} characters a name",
        f"{connections.HEAD_S:.0f} s and {connections.HEAD_BYTES:,} bytes",
        f"{connections.STILL_S:.0f} s without progress",
        f"| connections | {connections.MOST:,};",
        f"{prediction.FEW_PLACES:,} of them; {prediction.MANY_PLACES} large ones",
        f"at a time, {jobs.MAX_WAITING} wait",
        f"{MAX_REPORTED} places and {errors.MAX_BYTES:,} bytes",
        *(
            f"`MLAPP_{name.upper()}` ({Settings.model_fields[name].default})"
            for name in ("max_body_mb", "max_jobs", "keep_models")
        ),
    ],
)
def test_bounds_are_those_of_the_code(said: str):
    assert said in SECURITY


def test_commands_are_there():
    tasks = re.findall(r"uv run poe (\S+)", SECURITY)
    modules = re.findall(r"python -m (\S+)", SECURITY)

    assert len(tasks) == 3
    assert all(f"{task} = " in PYPROJECT or f"[tool.poe.tasks.{task}]" in PYPROJECT for task in tasks)
    assert [(ROOT / (module.replace(".", "/") + ".py")).exists() for module in modules] == [True]
