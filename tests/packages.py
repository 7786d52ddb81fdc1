"""Packages that offer estimators by entry points."""

from pathlib import Path

import pytest

RECIPES = '''"""Recipes of a house."""
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from mlapp.ml.preprocessing import one_hot
from mlapp.ml.recipe import Recipe
from mlapp.schemas import Task

def make(task, columns, seed):
    """Ridge regression of a house."""
    return make_pipeline(one_hot(columns), Ridge())

RIDGE = Recipe(make, tasks=[Task.REGRESSION], auto_rows=0)
TEXT = "ridge"
'''


def install(folder: Path, patch: pytest.MonkeyPatch, *, name: str = "house_recipes", **entry_points: str) -> Path:
    """Install a package with entry points, such as `ridge="house_recipes:RIDGE"`; returns its module."""
    metadata = folder / f"{name}-1.2.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.2\n")
    lines = [f"{point} = {value}" for point, value in entry_points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[mlapp.estimators]", *lines]))
    (folder / f"{name}.py").write_text(RECIPES)
    patch.syspath_prepend(folder)
    return folder / f"{name}.py"
