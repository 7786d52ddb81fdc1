"""Estimators: one recipe for each. To add your own, write a recipe and register it in `ESTIMATORS`.

A recipe is a function that returns an unfitted scikit-learn estimator, usually a pipeline of a preprocessing step
(`one_hot`, `ordinal` or `native`) and a model. The first line of its docstring is the description in the API and on the
pages.

The estimator is fitted on a float64 matrix, (rows, features), with missing values as NaN:

- numbers, and booleans as 0 and 1, in `columns.numbers`
- categories as codes 0 to 254 by falling frequency, in `columns.categories`; the rarest ones share the last code, and
  categories that are not in the training table are NaN
- datetimes as days since 1970-01-01 (UTC), in `columns.datetimes`

The target is numbers for regression, and class indices 0, 1, … for classification, where the estimator needs
`predict_proba`. Pass `seed` on as `random_state`, so that the same table gives the same model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn import ensemble
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import make_pipeline

from mlapp.ml.preprocessing import FeatureColumns, native, one_hot, ordinal
from mlapp.schemas import EstimatorInfo, Loss, Task

AUTO = "auto"
SMALL_ROWS = 3_000
"""Tables of up to this many rows get a lower learning rate, and a cross-validated regularization strength."""
BLEND_ROWS = 5_000
"""`auto` tries the blend on tables of up to this many rows; on larger ones, boosting alone is about as accurate."""
LARGE_ROWS = 50_000
"""Boosting uses scikit-learn's default hyperparameters on tables of more than this many rows."""
FOREST_TREES, BLEND_TREES = 200, 100
SMALL_ITERATIONS = 300
"""Boosting iterations on tables of up to `SMALL_ROWS` rows."""


def linear(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on scaled numbers and one-hot encoded categories: fast, smooth, easy to explain."""
    if task is Task.CLASSIFICATION:
        return make_pipeline(one_hot(columns), LogisticRegression(max_iter=1_000, random_state=seed))
    # On many rows the regularization strength hardly matters, and RidgeCV needs a second matrix in memory.
    small = columns.rows <= SMALL_ROWS
    return make_pipeline(one_hot(columns), RidgeCV(np.logspace(-2, 4, 19)) if small else Ridge(copy_X=False, tol=1e-6))


def hist_gradient_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Histogram-based gradient boosting: accurate on most tables, handles missing values and categories natively."""
    options = {"categorical_features": columns.categories, "random_state": seed, **_boosting_options(columns)}
    if task is Task.REGRESSION:
        model = ensemble.HistGradientBoostingRegressor(**options)
    else:
        # Early stopping would need a stratified validation set, which fails for classes with one row.
        model = ensemble.HistGradientBoostingClassifier(**options, early_stopping=False)
    return make_pipeline(native(columns), model)


def _boosting_options(columns: FeatureColumns) -> dict[str, Any]:
    """Return hyperparameters: the fewer rows, the smaller the trees and the learning rate."""
    if columns.rows > LARGE_ROWS:
        return {}
    if columns.rows > SMALL_ROWS:
        iterations, rate, options = 200, 0.1, {"max_leaf_nodes": 15}
    else:
        iterations, rate, options = SMALL_ITERATIONS, 0.05, {"max_leaf_nodes": 8, "min_samples_leaf": 10}
    # An iteration takes longer with more classes and features. Fewer iterations at a higher rate halve the time of a
    # fit, which was 4.7 s on 1,000 rows × 1,000 features, and 1.2 s on 1,000 × 8 with 10 classes.
    features = len(columns.numbers + columns.categories + columns.datetimes)
    reduced = max(10, round(iterations / max(1, columns.classes / 4, features / 300)))
    rate = min(0.3, rate * iterations / reduced)
    return {"max_iter": reduced, "learning_rate": rate, "max_features": 0.5, "l2_regularization": 1.0, **options}


def random_forest(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Random forest, the average of many decision trees: robust, slower to predict."""
    forest = ensemble.RandomForestRegressor if task is Task.REGRESSION else ensemble.RandomForestClassifier
    options = {"n_estimators": FOREST_TREES, "min_samples_leaf": _min_samples_leaf(columns), "random_state": seed}
    return make_pipeline(ordinal(columns), forest(**options, n_jobs=-1))


def blend(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Average of a linear model, boosting and extra trees: the most reliable on small tables, slower to predict."""
    options = {"n_estimators": BLEND_TREES, "min_samples_leaf": _min_samples_leaf(columns), "random_state": seed}
    if task is Task.REGRESSION:
        trees = ensemble.ExtraTreesRegressor(max_features=0.7, **options)
    else:
        trees = ensemble.ExtraTreesClassifier(**options)
    members = [
        ("linear", linear(task, columns, seed)),
        ("hist_gradient_boosting", hist_gradient_boosting(task, columns, seed)),
        ("extra_trees", make_pipeline(ordinal(columns), trees)),
    ]
    if task is Task.REGRESSION:
        return ensemble.VotingRegressor(members)
    return ensemble.VotingClassifier(members, voting="soft")


def _min_samples_leaf(columns: FeatureColumns) -> int:
    """Return the minimum rows of a leaf: with 1,000 classes, trees with small leaves would exhaust the memory."""
    return max(2, columns.classes // 10)


@dataclass(frozen=True)
class Recipe:
    """An estimator of the catalog, and when `auto` tries it."""

    make: Callable[[Task, FeatureColumns, int], BaseEstimator]
    """Returns the unfitted estimator for a task, the columns of the matrix and a seed."""
    tasks: Sequence[Task] = tuple(Task)
    """Tasks that it supports."""
    auto_rows: int | None = None
    """`auto` tries it on tables of up to this many rows; None: of any size, 0: never."""
    auto_above: Mapping[Task, int] = field(default_factory=dict)
    """`auto` tries it on tables of more than this many rows, for each task; tasks not listed have no minimum."""
    auto_if: Callable[[FeatureColumns], bool] = lambda _columns: True
    """Whether `auto` tries it on a table with these columns, beside the limits on rows."""
    losses: Sequence[Loss] = (Loss.SQUARED_ERROR,)
    """What it can minimize for regression; `auto` tries it for the given loss, or else for its first one."""
    positive: bool = False
    """Whether it predicts positive values only, for a regression target that is never negative."""
    cost: float = 1.0
    """Time of a fit relative to a linear model, for the progress bar."""
    latency: float = 0.0
    """Time to predict a row relative to boosting, roughly: a slow member of an ensemble has to bring more."""

    def suits(self, task: Task, rows: int) -> bool:
        """Return whether `auto` tries it on a table of this many rows."""
        return (self.auto_rows is None or rows <= self.auto_rows) and rows > self.auto_above.get(task, 0)


ESTIMATORS: dict[str, Recipe] = {
    # On small tables, `auto` uses logistic regression only as a member of the blend: one or two hard rows dominate the
    # log loss there, and it is selected when the training table happens to have none. With it as a candidate, the log
    # loss of `auto` on new rows was 1.9 × as high on penguins, 1.2 × on wine, 1.0 × on titanic and 0.96 × on
    # breast_cancer (means of 10 splits).
    "linear": Recipe(linear, auto_above={Task.CLASSIFICATION: BLEND_ROWS}),
    "hist_gradient_boosting": Recipe(hist_gradient_boosting, cost=8.0),
    "random_forest": Recipe(random_forest, auto_rows=0, cost=15.0),
    "blend": Recipe(blend, auto_rows=BLEND_ROWS, cost=20.0),
}


def describe_estimators() -> list[EstimatorInfo]:
    """Return the catalog of estimators, `auto` first."""
    description = "Compare all suitable estimators by cross-validation and keep the best."
    return [EstimatorInfo(name=AUTO, tasks=list(Task), description=description)] + [
        EstimatorInfo(name=name, tasks=list(recipe.tasks), description=(recipe.make.__doc__ or name).splitlines()[0])
        for name, recipe in ESTIMATORS.items()
    ]
