"""Evaluation of a pipeline that was fitted elsewhere: cross-validation of a clone, or else the rows of its table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from mlapp.errors import MlappError, reason
from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.estimator_tree import parts
from mlapp.ml.estimators import Recipe
from mlapp.ml.evaluation.out_of_fold import OutOfFold, collect_folds, local_fits, predict, submit_folds
from mlapp.ml.pipelines.fitted_pipeline import FittedPipeline
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.ml.training.selection.candidates import selection_metric
from mlapp.ml.training.selection.evaluated import Evaluated, Member, evaluated
from mlapp.schemas import Plots, TrainOptions

NO_CLAIMS: dict[str, Any] = {
    **dict.fromkeys(("coverage", "interval", "class_sets", "threshold_curve")),
    **{name: [] for name in ("slices", "unmet_claims")},
}
"""What is not known of a pipeline that was evaluated on rows which it may have been fitted on."""


SEEN = (
    "The metrics are of rows that the pipeline may have been fitted on, as it cannot be fitted again: {error} "
    "They say little about new rows, so no interval is claimed."
)


def without_bounds(plots: Plots) -> Plots:
    """Return plots without the bounds of intervals."""
    sample = plots.predicted_actual
    return plots.model_copy(
        update={"predicted_actual": sample and sample.model_copy(update={"lower": [], "upper": []})}
    )


class _CannotClone(Exception):
    """The pipeline cannot be fitted again, so that no rows are known to be unseen."""


class Evaluation(NamedTuple):
    """The evaluation of a pipeline."""

    best: Evaluated
    training_set: TrainingSet
    """With the rows as the pipeline takes them, and its folds."""
    unseen: bool
    """Whether no row was predicted by a fit on it."""
    warnings: list[str]


def evaluate(  # noqa: PLR0913, PLR0917 - a pipeline, its rows, and how they are observed
    name: str,
    served: FittedPipeline,
    training_set: TrainingSet,
    options: TrainOptions,
    clock: Callable[[], float],
    progress: OverallProgress,
) -> Evaluation:
    """Evaluate a pipeline; `training_set` has the rows as the pipeline takes them."""
    samples, warnings, unseen = training_set.samples, [], True
    fits = len(samples.train_sets)
    try:
        with _errors(), local_fits(samples, clock) as submit:

            def make() -> FittedPipeline:
                return type(served)(_clone(served.pipeline), served.frames, served.labels)

            def start_fit(number: int) -> Callable[[float], None]:
                return progress.start_stage(f"Evaluating {name}: fold {number} of {fits}", 1.0)

            found = collect_folds(submit_folds(make, samples, submit), start_fit)
    except _CannotClone as error:
        everything = np.arange(len(samples.y))
        samples, unseen = replace(samples, folds=[(everything, everything)]), False
        training_set = replace(training_set, samples=samples)
        found = OutOfFold(predict(served, samples.X, samples.classes), served, 0.0)
        warnings = [SEEN.format(error=error)]
    recipe = Recipe(lambda _task, _columns, _seed: served)
    metric = selection_metric(training_set.task, options)
    members = (Member(name, recipe, found.fitted),)
    best = evaluated(training_set, metric, members, found.predicted, found.fit_seconds, recalibrates=False)
    return Evaluation(best, training_set, unseen, warnings)


def _clone(pipeline: Any) -> Any:
    """Return an unfitted copy of a pipeline."""
    found = clone(pipeline)
    for part in parts(found):
        # Frozen estimators stay fitted, on any rows.
        if hasattr(type(part), "fit") and hasattr(type(part), "get_params") and _is_fitted(part):
            raise TypeError(f"{type(part).__name__} stays fitted when it is cloned.")
    return found


def _is_fitted(part: Any) -> bool:
    """Return whether an estimator has fitted attributes; those without any, such as FunctionTransformer, never have."""
    return any(name.endswith("_") and not name.startswith("_") for name in vars(part))


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    # Code of any library, which may raise anything.
    except Exception as error:
        detail = error.detail if isinstance(error, MlappError) else reason(error)
        raise _CannotClone(f"{detail.rstrip('.')}.") from error
