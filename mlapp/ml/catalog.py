"""Catalog of estimators: the recipes of this app, and those of other packages that the settings allow."""

from collections.abc import Iterable
from dataclasses import replace

from mlapp.errors import EstimatorsBroken, reason
from mlapp.ml import estimators
from mlapp.ml.entry_points import described, find_entry_point, find_entry_point_error, remedy
from mlapp.ml.recipe import AUTO, Recipe
from mlapp.schemas import EstimatorInfo, Task


def describe_estimators() -> list[EstimatorInfo]:
    """Return the catalog of estimators, `auto` first."""
    description = (
        "Compare all suitable estimators by cross-validation, and keep the best one or an ensemble of the best."
    )
    return [EstimatorInfo(name=AUTO, tasks=list(Task), description=description)] + [
        EstimatorInfo(name=name, tasks=list(recipe.tasks), description=(recipe.make.__doc__ or name).splitlines()[0])
        for name, recipe in estimators.ESTIMATORS.items()
    ]


def add_estimators(names: Iterable[str]) -> None:
    """Import the entry points with these names, and add their recipes to `ESTIMATORS`; those that are there stay.

    Raises:
        EstimatorsBroken: one is missing, cannot be imported, is no recipe, or has the name of a recipe of this app.
    """
    for name in names:
        there = estimators.ESTIMATORS.get(name)
        if not (there and there.entry_point):
            estimators.ESTIMATORS[name] = _imported(name, there)


def _imported(name: str, there: Recipe | None) -> Recipe:
    found = find_entry_point(name)
    if found is None:
        raise EstimatorsBroken(find_entry_point_error([name]) or name)
    if there:
        raise EstimatorsBroken(f"{described(found)} has the name of an estimator of this app; rename it.")
    try:
        value = found.load()
    # An import runs code of libraries, which may raise anything.
    except Exception as error:
        raise EstimatorsBroken(f"{described(found)} cannot be imported: {reason(error)}; {remedy(name)}") from error
    if callable(value):
        value = Recipe(value)
    if not isinstance(value, Recipe):
        kind = type(value).__name__
        raise EstimatorsBroken(f"{described(found)} is of type {kind}, not a Recipe or a function; {remedy(name)}")
    return replace(value, entry_point=found.value)
