"""Gradient boosting with hyperparameters by the size of the table."""

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipes.boosting.early_stopping import EarlyStoppingClassifier, EarlyStoppingRegressor
from mlapp.schemas import Loss, Task

SMALL_ROWS = 1_000
"""Tables of up to this many rows get small trees, and a fixed number of iterations."""
LARGE_ROWS = 50_000
"""On tables of more than this many rows, boosting has scikit-learn's default hyperparameters."""
ITERATIONS, MAX_ITERATIONS, PATIENCE = 150, 600, 20
"""Iterations on small tables, and on larger ones at most, which stop after some without progress: noisy ones need 30,
and regular ones more than there are."""
SHALLOW_ITERATIONS = 100
"""Iterations on small tables with shallow trees."""
LIGHTGBM_NAMES = {
    "learning_rate": "learning_rate",
    "max_iter": "n_estimators",
    "max_leaf_nodes": "num_leaves",
    "min_samples_leaf": "min_child_samples",
    "l2_regularization": "reg_lambda",
    "max_features": "colsample_bynode",
    "n_iter_no_change": "patience",
}
"""Hyperparameters of scikit-learn's boosting as LightGBM names them."""
LIGHTGBM_LOSSES = {
    Loss.SQUARED_ERROR: "regression",
    Loss.ABSOLUTE_ERROR: "regression_l1",
    Loss.POISSON: "poisson",
}


def boosting(task: Task, columns: FeatureColumns, seed: int, *, shallow: bool = False) -> BaseEstimator:
    """Return unfitted gradient boosting for a matrix that `native` makes.

    Trees that are `shallow` suit noisy and additive targets.
    """
    options = {
        "categorical_features": columns.categories,
        "random_state": seed,
        **_options(columns, shallow=shallow),
    }
    stops = SMALL_ROWS < columns.rows <= LARGE_ROWS
    if task is Task.REGRESSION:
        regressor = EarlyStoppingRegressor if stops else HistGradientBoostingRegressor
        return regressor(loss=columns.loss.value, **options)
    if stops:
        return EarlyStoppingClassifier(**options)
    # Early stopping of scikit-learn would need a stratified validation set, which fails for classes with one row.
    return HistGradientBoostingClassifier(**options | {"early_stopping": False})


def light_gbm(task: Task, columns: FeatureColumns, seed: int) -> BaseEstimator:
    """Return unfitted boosting by LightGBM for a matrix that `native` makes."""
    # An optional package, which takes half a second to import.
    from mlapp.ml.recipes.boosting.light_gbm import LightGbmClassifier, LightGbmRegressor

    found = _options(columns, shallow=False)
    options = {LIGHTGBM_NAMES[name]: value for name, value in found.items() if name in LIGHTGBM_NAMES}
    options |= {"categories": columns.categories, "random_state": seed}
    if task is Task.CLASSIFICATION:
        return LightGbmClassifier(**options)
    return LightGbmRegressor(objective=LIGHTGBM_LOSSES[columns.loss], **options)


def _options(columns: FeatureColumns, *, shallow: bool) -> dict[str, Any]:
    """Return hyperparameters: the fewer rows, the smaller the trees, and the features of a split."""
    if columns.rows > LARGE_ROWS:
        return {}
    # An iteration takes longer with more classes and features. Fewer iterations at a higher rate halve the time of a
    # fit, which was 4.7 s on 1,000 rows × 1,000 features, and 1.2 s on 1,000 × 8 with 10 classes.
    features = len(columns.numbers + columns.categories + columns.datetimes) + sum(map(len, columns.texts))
    slower = max(1.0, columns.classes / 4, features / 300)
    options = {"learning_rate": min(0.3, 0.1 * slower), "l2_regularization": 1.0, "min_samples_leaf": 10}
    if columns.rows <= SMALL_ROWS:
        iterations, leaves = (SHALLOW_ITERATIONS, 4) if shallow else (ITERATIONS, 8)
        options |= {"max_leaf_nodes": leaves, "max_features": 0.5, "early_stopping": False}
    else:
        iterations, leaves = MAX_ITERATIONS, 6 if shallow else 15
        options |= {"max_leaf_nodes": leaves, "n_iter_no_change": PATIENCE, "early_stopping": True}
    return options | {"max_iter": max(10, round(iterations / slower))}
