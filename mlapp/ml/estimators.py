"""The estimators on offer. To bring your own: write a recipe and give it an entry in `ESTIMATORS`.

A recipe makes an unfitted scikit-learn estimator for a task. It is fitted on the matrix that
`mlapp.ml.signature.matrix` describes: float64, one column a feature, gaps NaN; `columns` says which columns
are what. The first line of its docstring is its description in the API and the pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.preprocessing import Columns, coded_categories, filled, one_hot
from mlapp.schemas import EstimatorInfo, Task

AUTO = "auto"


def linear(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on scaled numbers and one-hot categories: fast, smooth, easy to explain."""
    if task is Task.REGRESSION:
        return make_pipeline(one_hot(columns), Ridge())
    return make_pipeline(one_hot(columns), LogisticRegression(max_iter=1_000, random_state=seed))


def hist_gradient_boosting(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Gradient boosting on histograms: accurate on most tables, takes gaps and categories as they are."""
    preparation, categorical = coded_categories(columns)
    if task is Task.REGRESSION:
        model = HistGradientBoostingRegressor(categorical_features=categorical, random_state=seed)
    else:
        # To stop early it would set a part of every class aside, and refuse a class of one row.
        model = HistGradientBoostingClassifier(
            categorical_features=categorical, random_state=seed, early_stopping=False
        )
    return make_pipeline(preparation, model)


def random_forest(task: Task, columns: Columns, seed: int) -> BaseEstimator:
    """Many decision trees, averaged: robust, good on small tables, slower to answer."""
    kind = RandomForestRegressor if task is Task.REGRESSION else RandomForestClassifier
    return make_pipeline(filled(columns), kind(n_estimators=200, min_samples_leaf=2, n_jobs=-1, random_state=seed))


@dataclass(frozen=True)
class Recipe:
    """How to make an estimator, and what it is for."""

    make: Callable[[Task, Columns, int], BaseEstimator]
    tasks: Sequence[Task] = field(default=tuple(Task))
    auto_rows: int | None = None
    """`auto` tries it on tables of up to this many rows; on any when None."""


ESTIMATORS: dict[str, Recipe] = {
    "linear": Recipe(linear),
    "hist_gradient_boosting": Recipe(hist_gradient_boosting),
    "random_forest": Recipe(random_forest, auto_rows=50_000),
}


def candidates(name: str, task: Task, rows: int) -> dict[str, Recipe]:
    """Return the recipes to try: one by its name, or for `auto` all that fit the task and the table's size.

    Raises:
        Unacceptable: there is no estimator of that name, or it is not for the task.
    """
    fitting = {known: recipe for known, recipe in ESTIMATORS.items() if task in recipe.tasks}
    if name == AUTO:
        return {known: recipe for known, recipe in fitting.items() if rows <= (recipe.auto_rows or rows)}
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
