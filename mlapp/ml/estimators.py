"""Estimators: one recipe for each. To add your own, write a recipe and register it in `ESTIMATORS`.

A recipe is a function that returns an unfitted scikit-learn estimator, usually a pipeline of a preprocessing step
(`one_hot`, `smooth`, `ordinal` or `native`) and a model. The first line of its docstring is the description in the API
and on the pages.

The estimator is fitted on a float64 matrix, (rows, columns), with missing values as NaN:

- numbers, and booleans as 0 and 1, in `columns.numbers`
- categories as codes from 0 by falling frequency, in `columns.categories`; categories that are not in the training
  table are NaN
- datetimes as days since 1970-01-01 (UTC), in `columns.datetimes`
- texts as their number of characters, and the components of their embedding, in `columns.texts`; for recipes with
  `raw_texts` the matrix has objects, with the texts as they are in `columns.raw_texts` instead of the components

`columns.names` has the names of the features, and `columns.named("size")` the columns of some.

The target is numbers for regression, and class indices 0, 1, … for classification, where the estimator needs
`predict_proba`. Pass `seed` on as `random_state`, so that the same table gives the same model. `fit` takes
`sample_weight` where a weight column or class weights shall count.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
from sklearn import ensemble
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline

from mlapp.ml.boosting import LARGE_ROWS, SMALL_ROWS, boosting, light_gbm
from mlapp.ml.preprocessing import FeatureColumns, native, one_hot, ordinal, smooth
from mlapp.ml.recipe import Recipe
from mlapp.ml.recipes.kernel import RbfFeatures
from mlapp.ml.recipes.log_target import LogTargetRegressor
from mlapp.ml.recipes.residual import ResidualRegressor
from mlapp.ml.recipes.sampled import SampledEstimator
from mlapp.ml.recipes.splines import spline_basis
from mlapp.ml.recipes.target_means import TargetMeans
from mlapp.schemas import Loss, Task

CROSS_VALIDATED_ROWS = 3_000
"""Tables of up to this many rows get a cross-validated regularization strength."""
DENSE_ROWS, DENSE_CELLS = 20_000, 6_000_000
"""Splines and kernels are fitted on dense matrices of up to this many rows and cells, 48 MB; `auto` leaves kernels out
on larger tables, and otherwise they see random rows."""
MAX_KERNEL_CLASSES = 30
"""`auto` leaves kernels out beyond, which take the time of a logistic regression with 200 columns."""
MAX_MEANS_CLASSES = 10
"""`auto` encodes categories as means of the target, one for each class, for up to this many classes."""
FOREST_TREES = 200
REGRESSION = (Task.REGRESSION,)


def linear(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on scaled numbers and one-hot encoded categories: fast, smooth, easy to explain."""
    if task is Task.CLASSIFICATION:
        return make_pipeline(one_hot(columns), LogisticRegression(max_iter=1_000, random_state=seed))
    # On many rows the regularization strength hardly matters, and RidgeCV needs a second matrix in memory.
    small = columns.rows <= CROSS_VALIDATED_ROWS
    return make_pipeline(one_hot(columns), _ridge() if small else Ridge(copy_X=False, tol=1e-6))


def splines(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on smooth curves of the numbers and one-hot encoded categories."""
    return _bounded(make_pipeline(smooth(columns, spline_basis()), _ridge_or_logistic(task, seed)), columns, seed)


def kernel(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Ridge or logistic regression on the similarity to training rows: smooth, with interactions."""
    return _on_means(_kernel, task, columns, seed) if columns.classes <= 2 else _kernel(task, columns, seed)


def _kernel(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    features = RbfFeatures(width=3.0 if task is Task.REGRESSION else 1.0, random_state=seed)
    return _bounded(make_pipeline(smooth(columns), features, _ridge_or_logistic(task, seed)), columns, seed)


def _ridge() -> RidgeCV:
    return RidgeCV(np.logspace(-2, 4, 19))


def _ridge_or_logistic(task: Task, seed: int) -> BaseEstimator:
    return _ridge() if task is Task.REGRESSION else LogisticRegression(max_iter=1_000, random_state=seed)


def _bounded(estimator: BaseEstimator, columns: FeatureColumns, seed: int) -> BaseEstimator:
    rows = min(DENSE_ROWS, DENSE_CELLS // columns.smooth_width)
    return estimator if columns.rows <= rows else SampledEstimator(estimator, rows, seed)


def hist_gradient_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Histogram-based gradient boosting: accurate on most tables, handles missing values and categories natively."""
    return make_pipeline(native(columns), boosting(task, columns, seed))


def shallow_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Gradient boosting of small trees, on the mean target of each category where a column has many of them."""
    return _on_means(_shallow_boosting, task, columns, seed)


def _shallow_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    return make_pipeline(native(columns), boosting(task, columns, seed, shallow=True))


def _on_means(
    make: Callable[[Task, FeatureColumns, int], BaseEstimator], task: Task, columns: FeatureColumns, seed: int
) -> BaseEstimator:
    """Return what a recipe makes, on the means of the target in place of many categories."""
    if not columns.many:
        return make(task, columns, seed)
    estimator = make(task, columns.with_means(), seed)
    # In one pipeline, as weights of rows reach only its last step.
    steps = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [estimator]
    return make_pipeline(TargetMeans(columns.many, columns.classes, seed), *steps)


def residual_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Splines, and gradient boosting of what they miss: follows trends beyond the training rows, and jumps."""
    return _on_means(_residual_boosting, task, columns, seed)


def _residual_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    base = splines if _is_dense(columns) else linear
    slower = boosting(task, columns, seed)
    if columns.rows <= SMALL_ROWS:
        slower.set_params(learning_rate=slower.learning_rate / 2)
    return ResidualRegressor(base(task, columns, seed), make_pipeline(native(columns), slower))


def poisson_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Gradient boosting with Poisson loss: for counts and other targets from 0; predictions are positive."""
    return hist_gradient_boosting(task, replace(columns, loss=Loss.POISSON), seed)


def log_boosting(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Splines and gradient boosting of the logarithm: for skewed targets above 0; predictions are positive."""
    # Not on means of the target: beyond the training rows, their trends explode on this scale.
    return LogTargetRegressor(_residual_boosting(task, columns, seed))


def log_kernel(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Ridge regression of the logarithm on the similarity to training rows: for skewed targets above 0."""
    return LogTargetRegressor(_kernel(task, columns, seed))


def random_forest(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Random forest, the average of many decision trees: robust, slower to predict."""
    forest = ensemble.RandomForestRegressor if task is Task.REGRESSION else ensemble.RandomForestClassifier
    # With 1,000 classes, trees with small leaves would exhaust the memory.
    options = {"n_estimators": FOREST_TREES, "min_samples_leaf": max(2, columns.classes // 10), "random_state": seed}
    return make_pipeline(ordinal(columns), forest(**options, n_jobs=-1))


def lightgbm(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Gradient boosting by the package LightGBM, with the hyperparameters of the other one."""
    return make_pipeline(native(columns), light_gbm(task, columns, seed))


def _is_dense(columns: FeatureColumns) -> bool:
    return columns.rows * columns.smooth_width <= DENSE_CELLS


def _suits_kernel(columns: FeatureColumns) -> bool:
    own = columns.with_means() if columns.classes <= 2 else columns
    return _is_dense(own) and columns.classes <= MAX_KERNEL_CLASSES


def _suits_log_kernel(columns: FeatureColumns) -> bool:
    return _above_zero(columns) and _is_dense(columns)


def _suits_shallow(columns: FeatureColumns) -> bool:
    return columns.classes <= MAX_MEANS_CLASSES if columns.many else columns.rows <= LARGE_ROWS


def _from_zero(columns: FeatureColumns) -> bool:
    return columns.lowest >= 0


def _above_zero(columns: FeatureColumns) -> bool:
    return columns.lowest > 0


ESTIMATORS: dict[str, Recipe] = {
    "linear": Recipe(linear, latency=0.5),
    "hist_gradient_boosting": Recipe(hist_gradient_boosting, losses=tuple(Loss), cost=8.0),
    "shallow_boosting": Recipe(shallow_boosting, auto_if=_suits_shallow, losses=tuple(Loss), cost=7.0),
    # On 46 splits of 23 tables, splines alone changed the error of `auto` by 0.1 %.
    "splines": Recipe(splines, auto_rows=0, cost=2.0, latency=1.2),
    "kernel": Recipe(kernel, auto_rows=DENSE_ROWS, auto_if=_suits_kernel, cost=4.0, latency=1.2),
    "residual_boosting": Recipe(residual_boosting, tasks=REGRESSION, cost=10.0, latency=2.4),
    "poisson_boosting": Recipe(
        poisson_boosting, tasks=REGRESSION, auto_if=_from_zero, losses=[Loss.POISSON], positive=True, cost=8.0
    ),
    "log_boosting": Recipe(
        log_boosting,
        tasks=REGRESSION,
        auto_if=_above_zero,
        positive=True,
        above_zero=True,
        cost=10.0,
        latency=2.5,
    ),
    "log_kernel": Recipe(
        log_kernel,
        tasks=REGRESSION,
        auto_rows=DENSE_ROWS,
        auto_if=_suits_log_kernel,
        positive=True,
        above_zero=True,
        cost=4.0,
        latency=1.3,
    ),
    "random_forest": Recipe(random_forest, auto_rows=0, cost=15.0, latency=100.0),
}
# Where it is installed. `auto` tries the boosting of scikit-learn, which has the same hyperparameters.
LIGHTGBM = {"lightgbm": Recipe(lightgbm, auto_rows=0, losses=tuple(Loss), cost=8.0, latency=4.0)}
ESTIMATORS |= LIGHTGBM if find_spec("lightgbm") else {}
