"""Catalog of estimators: recipes of this app, and entry points of other packages."""

import sys
from pathlib import Path

import pytest

from mlapp import ml
from mlapp.errors import EstimatorsBroken
from mlapp.ml import estimators
from mlapp.ml.catalog import add_estimators, describe_estimators
from mlapp.ml.entry_points import find_entry_point_error
from mlapp.ml.recipe import Recipe
from mlapp.schemas import Task
from tests.packages import install

HOUSE = {"ridge": "house_recipes:RIDGE", "plain": "house_recipes:make"}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what a test adds."""
    monkeypatch.setattr(estimators, "ESTIMATORS", dict(estimators.ESTIMATORS))
    monkeypatch.delitem(sys.modules, "house_recipes", raising=False)


def test_descriptions_are_the_first_lines_of_the_recipes(monkeypatch: pytest.MonkeyPatch):
    own = dict(estimators.ESTIMATORS)
    monkeypatch.setitem(estimators.ESTIMATORS, "mean", Recipe(lambda *_: None, tasks=[Task.REGRESSION]))

    described = {info.name: info for info in describe_estimators()}

    assert list(described) == ["auto", *own, "mean"]
    assert (described["mean"].description, described["mean"].tasks) == ("mean", [Task.REGRESSION])
    for name, recipe in own.items():
        assert described[name].description == (recipe.make.__doc__ or name).splitlines()[0]


def test_names_of_the_package_are_imported_on_first_use():
    assert ml.describe_estimators is describe_estimators


def test_allowed_entry_points_are_in_the_catalog_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, **HOUSE)

    for _ in range(2):
        add_estimators(["ridge", "plain"])

    described = {info.name: info for info in describe_estimators()}
    assert list(described)[-2:] == ["ridge", "plain"]
    assert described["ridge"].description == described["plain"].description == "Ridge regression of a house."
    assert (described["ridge"].tasks, described["plain"].tasks) == ([Task.REGRESSION], list(Task))


def test_entry_points_that_are_not_allowed_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, **HOUSE).write_text("raise AssertionError('imported')")

    add_estimators([])

    assert find_entry_point_error(["ridge"]) is None
    assert "ridge" not in estimators.ESTIMATORS
    assert "house_recipes" not in sys.modules


@pytest.mark.parametrize(
    ("point", "code", "message"),
    [
        (
            "house_recipes:RIDGE",
            "raise OSError('libgomp.so.1: cannot open shared object file')",
            r"ridge' of the package house-recipes \(house_recipes:RIDGE\) cannot be imported: OSError: .*; repair its",
        ),
        ("house_recipes:GONE", "", "cannot be imported: AttributeError: .*'GONE'"),
        ("house_recipes:TEXT", "TEXT = 'ridge'", "is of type str, not a Recipe or a function; repair"),
    ],
)
def test_broken_entry_point_is_reported_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, code: str, message: str
):
    install(tmp_path, monkeypatch, ridge=point).write_text(code)

    with pytest.raises(EstimatorsBroken, match=message):
        add_estimators(["ridge"])


def test_entry_point_with_the_name_of_an_own_estimator_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(estimators.ESTIMATORS, "ours", Recipe(lambda *_: None))
    install(tmp_path, monkeypatch, ours="house_recipes:make")

    with pytest.raises(EstimatorsBroken, match="has the name of an estimator of this app; rename it"):
        add_estimators(["ours"])


def test_missing_entry_points_are_found_before_anything_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    expected = "MLAPP_ESTIMATORS allows 'forest', but no installed package has this entry point of mlapp.estimators; "
    assert find_entry_point_error(["forest"]) == expected + "there are none."
    install(tmp_path, monkeypatch, **HOUSE, gone="house_of_nobody.recipes:RIDGE")

    assert find_entry_point_error(["ridge", "forest"]) == expected + "there are gone, plain, ridge."
    with pytest.raises(EstimatorsBroken, match="there are gone, plain, ridge"):
        add_estimators(["forest"])
    assert find_entry_point_error(["ridge", "gone"]) == (
        "The estimator 'gone' of the package house-recipes (house_of_nobody.recipes:RIDGE) cannot be imported: there "
        "is no module 'house_of_nobody.recipes'; repair its package, or take 'gone' out of MLAPP_ESTIMATORS, and "
        "restart."
    )
