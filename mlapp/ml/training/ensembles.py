"""Ensembles: what is kept of the compared estimators, a single one or several with weights."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.significance import is_better
from mlapp.ml.recipes.ensemble import weighted_mean
from mlapp.ml.training.ensemble_weights import (
    Pool,
    RowLoss,
    absolute_error,
    choose_weights,
    cross_fitted_weights,
    log_loss,
    of_actual,
    squared_error,
)
from mlapp.ml.training.evaluated import Evaluated, evaluated
from mlapp.schemas import Metric

MIN_ROWS = 20
"""With fewer test rows, no weights are chosen."""
ROW_LOSSES: dict[Metric, RowLoss] = {
    Metric.RMSE: squared_error,
    Metric.MAE: absolute_error,
    Metric.LOG_LOSS: log_loss,
}
"""Losses by which weights are chosen, by the metric of the comparison."""


def keep(training_set: TrainingSet, singles: Sequence[Evaluated], metric: Metric) -> Evaluated:
    """Return the estimator to keep: the best single one, or an ensemble that is significantly better.

    For a positive target, positive estimators are preferred to better ones whose advantage is not significant.
    """
    kept = _best_of(training_set, singles, metric)
    positive = [single for single in singles if single.positive]
    if kept.positive or not positive:
        return kept
    preferred = _best_of(training_set, positive, metric)
    return kept if _is_better(training_set.samples, kept, preferred, ROW_LOSSES[metric]) else preferred


def _best_of(training_set: TrainingSet, singles: Sequence[Evaluated], metric: Metric) -> Evaluated:
    samples, loss = training_set.samples, ROW_LOSSES[metric]
    best = min(singles, key=lambda single: single.entry.score)
    if len(singles) == 1 or len(samples.test_rows) < MIN_ROWS:
        return best
    ensemble = _ensemble(training_set, singles, metric)
    return ensemble if ensemble and _is_better(samples, ensemble, best, loss) else best


def _ensemble(training_set: TrainingSet, singles: Sequence[Evaluated], metric: Metric) -> Evaluated | None:
    """Return the ensemble of estimators, evaluated with weights of other folds; None if it has a single member."""
    samples = training_set.samples
    latency = [single.members[0].recipe.latency for single in singles]
    pool = Pool.of(samples, [single.raw for single in singles], ROW_LOSSES[metric], latency)
    weights = choose_weights(pool)
    if np.count_nonzero(weights) == 1:
        return None
    by_row = cross_fitted_weights(pool, samples)
    if samples.classes:
        by_row = by_row[:, :, None]
    raw = weighted_mean([single.raw for single in singles], list(by_row.swapaxes(0, 1)))
    chosen = sorted(np.flatnonzero(weights).tolist(), key=lambda index: -weights[index])
    members = tuple(replace(singles[index].members[0], weight=round(float(weights[index]), 6)) for index in chosen)
    seconds = sum(singles[index].entry.fit_seconds for index in chosen)
    return evaluated(training_set, metric, members, raw, seconds)


def _is_better(samples: Samples, one: Evaluated, other: Evaluated, loss: RowLoss) -> bool:
    losses, reference = (loss(of_actual(samples, each.predicted), samples.y_test) for each in (one, other))
    return is_better(samples, losses, reference)
