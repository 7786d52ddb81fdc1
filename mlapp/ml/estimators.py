"""The estimators on offer. To bring your own: write a recipe and give it an entry in `ESTIMATORS`.

A recipe makes an unfitted scikit-learn estimator for a task. It is fitted on the matrix that
`mlapp.ml.data.signature.matrix` describes: float64, one column a feature, gaps NaN; `columns` says which columns
are what. The first line of its docstring is its description in the API and the pages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import make_pipeline

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.preprocessing import Columns, filled, one_hot, unfolded
from mlapp.schemas import EstimatorInfo, Task

AUTO = "auto"
SMALL_ROWS = 3_000
"""Tables up to here are learnt in smaller steps, and with a strength of regularisation of their own."""
BLEND_ROWS = 5_000
"""Tables up to here are worth several estimators' time; on larger ones boosting alone comes as close."""
LARGE_ROWS = 50_000
FOREST_TREES, BLEND_TREES = 200, 100
SMALL_STEPS = 300
"""Trees that boosting adds on a small table."""


def linear(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on scaled numbers and one-hot categories: fast, smooth, easy to explain."""
    if task is Task.CLASSIFICATION:
        return make_pipeline(one_hot(columns), LogisticRegression(max_iter=1_000, random_state=seed))
    # On many rows the strength hardly matters, and finding it takes the memory of a second matrix.
    small = columns.rows <= SMALL_ROWS
    return make_pipeline(one_hot(columns), RidgeCV(np.logspace(-2, 4, 19)) if small else Ridge(copy_X=False, tol=1e-6))


def hist_gradient_boosting(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Gradient boosting on histograms: accurate on most tables, takes gaps and categories as they are."""
    options = {"categorical_features": columns.categories, "random_state": seed, **_boosting(columns)}
    if task is Task.REGRESSION:
        model = HistGradientBoostingRegressor(**options)
    else:
        # To stop early it would set a part of every class aside, and refuse a class of one row.
        model = HistGradientBoostingClassifier(**options, early_stopping=False)
    return make_pipeline(unfolded(columns), model)


def _boosting(columns: Columns) -> dict[str, Any]:
    """Return how boosting learns: the fewer rows, the more slowly; scikit-learn's defaults on large tables."""
    if columns.rows > LARGE_ROWS:
        return {}
    if columns.rows > SMALL_ROWS:
        steps, rate, options = 200, 0.1, {"max_leaf_nodes": 15}
    else:
        steps, rate, options = SMALL_STEPS, 0.05, {"max_leaf_nodes": 8, "min_samples_leaf": 10}
    # The more classes and features, the longer a step takes: fewer and longer ones halve the 4.7 s that a fit took on
    # 1,000 × 1,000, and the 1.2 s on 1,000 × 8 of 10 classes.
    features = len(columns.numbers + columns.categories + columns.datetimes)
    fewer = max(10, round(steps / max(1, columns.classes / 4, features / 300)))
    rate = min(0.3, rate * steps / fewer)
    return {"max_iter": fewer, "learning_rate": rate, "max_features": 0.5, "l2_regularization": 1.0, **options}


def random_forest(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Many decision trees, averaged: robust, slower to answer."""
    kind = RandomForestRegressor if task is Task.REGRESSION else RandomForestClassifier
    leaf = _leaf(columns)
    return make_pipeline(
        filled(columns), kind(n_estimators=FOREST_TREES, min_samples_leaf=leaf, n_jobs=-1, random_state=seed)
    )


def blend(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """A linear model, boosting and extra trees, averaged: the most reliable on small tables, slower to answer."""
    options = {"n_estimators": BLEND_TREES, "min_samples_leaf": _leaf(columns), "random_state": seed}
    if task is Task.REGRESSION:
        trees = ExtraTreesRegressor(max_features=0.7, **options)
    else:
        trees = ExtraTreesClassifier(**options)
    members = [
        ("linear", linear(task, columns, seed)),
        ("hist_gradient_boosting", hist_gradient_boosting(task, columns, seed)),
        ("extra_trees", make_pipeline(filled(columns), trees)),
    ]
    return VotingRegressor(members) if task is Task.REGRESSION else VotingClassifier(members, voting="soft")


def _leaf(columns: Columns) -> int:
    """Return how many rows a leaf holds at least: with 1,000 classes trees with small leaves would fill the memory."""
    return max(2, columns.classes // 10)


@dataclass(frozen=True)
class Recipe:
    """How to make an estimator, and what it is for."""

    make: Callable[[Task, Columns, int], BaseEstimator]
    tasks: Sequence[Task] = field(default=tuple(Task))
    auto_rows: int | None = None
    """`auto` tries it on tables of up to this many rows; on any when None."""
    auto_above: Mapping[Task, int] = field(default_factory=dict)
    """`auto` tries it on tables of more than this many rows, where the task is named."""
    cost: float = 1.0
    """Time of one fit, in those of a linear model: for the progress bar."""

    def suits(self, task: Task, rows: int) -> bool:
        """Return whether `auto` tries it on a table of so many rows."""
        few_enough = self.auto_rows is None or rows <= self.auto_rows
        return few_enough and rows > self.auto_above.get(task, 0)


ESTIMATORS: dict[str, Recipe] = {
    # Of few rows, one or two make up the log loss, and a logistic regression looks best when none of those judges it.
    # Letting it compete made auto's log loss on new rows 1.9 × as high on penguins, 1.2 × on wine, 1.0 × on titanic
    # and 0.96 × on breast_cancer (means of 10 splits); the blend holds it anyway.
    "linear": Recipe(linear, auto_above={Task.CLASSIFICATION: BLEND_ROWS}),
    "hist_gradient_boosting": Recipe(hist_gradient_boosting, cost=8.0),
    "random_forest": Recipe(random_forest, auto_rows=0, cost=15.0),
    "blend": Recipe(blend, auto_rows=BLEND_ROWS, cost=20.0),
}


def candidates(name: str, task: Task, rows: int) -> dict[str, Recipe]:
    """Return the recipes to try: one by its name, or for `auto` all that suit the task and the table's size.

    Raises:
        Unacceptable: there is no estimator of that name, or it is not for the task.
    """
    fitting = {known: recipe for known, recipe in ESTIMATORS.items() if task in recipe.tasks}
    if name == AUTO:
        return {known: recipe for known, recipe in fitting.items() if recipe.suits(task, rows)}
    if name not in fitting:
        raise Unacceptable(
            f"There is no estimator '{shorten(name)}' for {task}; there are {AUTO}, {', '.join(fitting)}."
        )
    return {name: fitting[name]}


def describe_estimators() -> list[EstimatorInfo]:
    """Describe all estimators, `auto` first."""
    auto = EstimatorInfo(
        name=AUTO, tasks=list(Task), description="Compare all that fit by cross-validation and keep the best."
    )
    return [auto] + [
        EstimatorInfo(name=name, tasks=list(recipe.tasks), description=(recipe.make.__doc__ or name).splitlines()[0])
        for name, recipe in ESTIMATORS.items()
    ]
