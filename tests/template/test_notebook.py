"""The notebook in docs."""

import json
from pathlib import Path

import pytest

import mlapp
from docs.run_notebook import run_notebook
from tests.servers import ROOT

NOTEBOOK = ROOT / "docs/library.ipynb"


def test_notebook_runs_and_predicts(capsys: pytest.CaptureFixture[str]):
    with pytest.warns(mlapp.PredictionWarning, match="Row 0, area: 1200 is outside"):
        found = run_notebook(NOTEBOOK)

    # The last cell: how far a registered pipeline is from itself.
    assert float(capsys.readouterr().out.splitlines()[-1]) < 1e-12
    assert found["version"].info.metrics["r2"] > 0.9
    assert [model.name for model in mlapp.models(store=found["store"])] == ["forest", "prices"]


def test_notebook_is_committed_without_outputs():
    cells = json.loads(NOTEBOOK.read_text())["cells"]

    assert {cell["cell_type"] for cell in cells} == {"markdown", "code"}
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_cell_that_fails_is_named(tmp_path: Path):
    cells = [{"cell_type": "code", "source": ["x = 1\n"]}, {"cell_type": "code", "source": ["x / 0"]}]
    (tmp_path / "broken.ipynb").write_text(json.dumps({"cells": cells}))

    with pytest.raises(ZeroDivisionError) as raised:
        run_notebook(tmp_path / "broken.ipynb")

    assert "broken.ipynb, cell 2" in str(raised.traceback[-1].path)


def test_cells_without_code_are_passed_over(tmp_path: Path):
    cells = [{"cell_type": "code", "source": source} for source in ([], ["# Nothing yet.\n"], ["x = 1\n"])]
    (tmp_path / "empty.ipynb").write_text(json.dumps({"cells": cells}))

    assert run_notebook(tmp_path / "empty.ipynb")["x"] == 1
