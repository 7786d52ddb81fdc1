"""The README's example of an estimator of one's own, as a fork adds it."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = r"^- \*\*Your estimator\*\*.*?^  ```python\n(.*?)^  ```"

TRY_OUT = """
import json

import polars as pl

from mlapp import ml
from mlapp.schemas import Model, TrainOptions
from mlapp.tables.table import Table

# As small as a table may be.
table = Table(pl.DataFrame({
    "size": [1.0, 2, 3, 4, 5, 6, 7, None, 9, 10],
    "kind": ["fan", "pump"] * 5,
    "price": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    "grade": ["low"] * 5 + ["high"] * 5,
}))


def train(target, estimator):
    options = TrainOptions(target=target, estimator=estimator)
    return ml.train(table, options, lambda: 0.0, lambda stage, share: None)


def predict(target):
    trained = train(target, "nearest")
    stored = {"created_at": "2024-01-31T00:00Z", "version": 1, "active": True, "usable": True, "model_sha256": ""}
    model = ml.load_model(Model(**trained.record | stored), trained.file)
    answer = model.answer(model.check(table))
    return {"estimator": trained.record["estimator"], "predictions": answer.predictions}


def tried(target):
    return [entry.estimator for entry in train(target, "auto").record["leaderboard"]]


print(json.dumps({
    "described": [info.model_dump() for info in ml.describe_estimators()],
    "tried": [tried("price"), tried("grade")],
    "named": [predict("price"), predict("grade")],
}))
"""


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What comes of the package with the README's example at the end of the estimators."""
    folder = tmp_path_factory.mktemp("fork")
    shutil.copytree(ROOT / "mlapp", folder / "mlapp", ignore=shutil.ignore_patterns("__pycache__"))
    (example,) = re.findall(EXAMPLE, (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    with (folder / "mlapp/ml/estimators.py").open("a") as estimators:
        estimators.write("\n\n" + textwrap.dedent(example))
    done = subprocess.run(
        [sys.executable, "-c", TRY_OUT], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_own_estimator_is_listed_with_the_first_line_of_its_docstring(fork: dict[str, Any]):
    (described,) = [each for each in fork["described"] if each["name"] == "nearest"]

    assert described["tasks"] == ["regression", "classification"]
    assert described["description"].startswith("The mean or the majority of the five most similar rows")


def test_own_estimator_is_tried_by_auto(fork: dict[str, Any]):
    for leaderboard in fork["tried"]:
        assert "nearest" in leaderboard
        assert len(leaderboard) > 1


def test_own_estimator_trains_and_predicts_by_its_name(fork: dict[str, Any]):
    quantity, classes = fork["named"]

    assert (quantity["estimator"], classes["estimator"]) == ("nearest", "nearest")
    assert all(3 <= price <= 8 for price in quantity["predictions"])
    assert (classes["predictions"][0], classes["predictions"][-1]) == ("low", "high")
