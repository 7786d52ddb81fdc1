"""Candidates: the recipes that a training compares, and the metric by which it chooses among them."""

from collections.abc import Iterable
from typing import NoReturn

import numpy as np
from scipy.stats import skew

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml import estimators
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipe import AUTO, Recipe
from mlapp.schemas import SELECTION_METRICS, Loss, Metric, Task, TrainOptions

MIN_SKEWNESS = 1.0
"""`auto` tries recipes for positive targets if the target is at least this skewed, or counts."""

MIN_ABOVE_ZERO = 20
"""Recipes for positive targets need as many values above 0, or half of the rows: the rows of a fold must not all be 0,
as their Poisson loss is not defined."""


def selection_metric(task: Task, options: TrainOptions) -> Metric:
    """Return the metric by which estimators are compared: the given one, or else that of the loss.

    Raises:
        Unacceptable: it is a metric of the other task.
    """
    if options.metric is None:
        if task is Task.CLASSIFICATION:
            return Metric.LOG_LOSS
        return Metric.MAE if options.loss is Loss.ABSOLUTE_ERROR else Metric.RMSE
    if options.metric not in SELECTION_METRICS[task]:
        _reject("metric", f"'{options.metric}' is no metric of {task}; send {_either(SELECTION_METRICS[task])}.")
    return options.metric


def candidates(options: TrainOptions, task: Task, columns: FeatureColumns, y: np.ndarray) -> dict[str, Recipe]:
    """Return the recipes to try: the named one, or for `auto` all that suit task, columns, target and loss.

    Raises:
        Unacceptable: there is no such estimator, or it does not support the task, the loss or the target.
    """
    _check_loss(options.loss, task, y)
    if options.class_weight and task is Task.REGRESSION:
        _reject("class_weight", "'class_weight' is for classes, and this target is predicted as numbers; leave it out.")
    supported = {known: recipe for known, recipe in estimators.ESTIMATORS.items() if task in recipe.tasks}
    any_loss = options.loss is None
    able = {known: recipe for known, recipe in supported.items() if any_loss or options.loss in recipe.losses}
    if options.estimator == AUTO:
        positive = task is Task.REGRESSION and (options.loss is Loss.POISSON or suits_positive(y))
        found = {
            known: recipe
            for known, recipe in able.items()
            if recipe.suits(task, len(y))
            and recipe.auto_if(columns)
            and (positive or not recipe.positive)
            and not (recipe.raw_texts and columns.texts)
        }
        return found or _reject("estimator", f"'auto' knows no estimator for this table; send {_either(supported)}.")
    name = shorten(options.estimator)
    if options.estimator not in supported:
        _reject("estimator", f"There is no estimator '{name}' for {task}; there are {AUTO}, {', '.join(supported)}.")
    if options.estimator not in able:
        detail = f"The estimator '{name}' cannot minimize '{options.loss}'; send {_either([AUTO, *able])}."
        _reject("estimator", detail)
    recipe = supported[options.estimator]
    if recipe.positive and (columns.lowest < 0 or (recipe.above_zero and columns.lowest <= 0)):
        needed = "above" if recipe.above_zero else "from"
        lowest = f"the lowest value of the target is {columns.lowest:g}"
        _reject("estimator", f"The estimator '{name}' needs a target {needed} 0, but {lowest}; choose another one.")
    return {options.estimator: supported[options.estimator]}


def reads_raw_texts(options: TrainOptions) -> bool:
    """Return whether the named recipe gets texts as they are."""
    recipe = estimators.ESTIMATORS.get(options.estimator)
    return recipe is not None and recipe.raw_texts


def suits_positive(y: np.ndarray) -> bool:
    """Return whether recipes for positive targets may suit: no value is negative, and they are skewed, or counts."""
    return bool(
        y.min() >= 0 and _is_often_above_zero(y) and (skew(y) >= MIN_SKEWNESS or np.array_equal(y, np.round(y)))
    )


def _check_loss(loss: Loss | None, task: Task, y: np.ndarray) -> None:
    if loss and task is Task.CLASSIFICATION:
        detail = "'loss' is for regression, and this target is predicted as classes; leave it out"
        _reject("loss", f"{detail}, or send task=regression if it is a quantity.")
    if loss is Loss.POISSON and y.min() < 0:
        lowest = f"the lowest value of the target is {y.min():g}"
        _reject("loss", f"'poisson' needs a target from 0, but {lowest}; choose another loss.")
    if loss is Loss.POISSON and not _is_often_above_zero(y):
        rows = f"only {np.count_nonzero(y)} of {len(y)} rows"
        _reject("loss", f"'poisson' needs more values above 0 than in {rows}; choose another loss.")


def _is_often_above_zero(y: np.ndarray) -> bool:
    return int(np.count_nonzero(y)) >= min(MIN_ABOVE_ZERO, len(y) / 2)


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _reject(option: str, detail: str) -> NoReturn:
    raise Unacceptable(detail, [{"detail": detail, "pointer": pointer(option)}])
