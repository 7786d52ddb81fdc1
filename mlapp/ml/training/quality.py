"""Quality of a model, from its out-of-fold predictions: metrics, baseline, intervals and plots."""

from functools import partial
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor

from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.decisions.class_sets import fit_class_sets
from mlapp.ml.decisions.threshold_curve import threshold_curve
from mlapp.ml.evaluation.intervals import fit_intervals
from mlapp.ml.evaluation.metrics import metrics, spread
from mlapp.ml.evaluation.out_of_fold import Samples, out_of_fold
from mlapp.ml.evaluation.plots import classification_plots, regression_plots
from mlapp.ml.own.metrics import add_own_metrics
from mlapp.ml.subgroups.protected_column import ProtectedColumn
from mlapp.ml.subgroups.report import Outcome, subgroup_fields
from mlapp.ml.training.selection.evaluated import Evaluated
from mlapp.schemas import Task, ThresholdCurve
from mlapp.tables.columns.conversion import format_values


def evaluate_quality(
    training_set: TrainingSet, best: Evaluated, coverage: float, protected: ProtectedColumn | None = None
) -> tuple[dict[str, Any], BaseEstimator | None]:
    """Return the fields of the record that out-of-fold predictions decide, and the learned scale of the intervals."""
    task, samples = training_set.task, training_set.samples
    dummy = DummyRegressor() if task is Task.REGRESSION else DummyClassifier(strategy="prior")
    baseline = out_of_fold(lambda: dummy, samples)
    quality = _metrics(samples, task, best, baseline.predicted)
    about_subgroups = partial(
        subgroup_fields, samples, training_set.signature.features, seed=training_set.seed, protected=protected
    )
    if training_set.classes:
        names = format_values(pl.Series(training_set.classes)).to_list()
        plots = classification_plots(samples.y_test, best.predicted, names, samples.weights_test)
        sets = fit_class_sets(samples.y_test, best.predicted, coverage, samples.weights_test)
        quality |= {"coverage": coverage, "interval": None, "plots": plots, "class_sets": sets}
        quality |= {"threshold_curve": _threshold_curve(training_set, best)}
        positive = training_set.positive
        outcome = Outcome.of_classes(samples.y_test, best.predicted, training_set.classes, positive)
        return quality | about_subgroups(outcome), None
    fitted = fit_intervals(
        samples, training_set.columns, best.predicted, coverage, training_set.seed, positive=best.positive
    )
    plots = regression_plots(samples.y_test, best.predicted, fitted.lower, fitted.upper, training_set.seed)
    quality |= {"coverage": coverage, "interval": fitted.interval, "plots": plots}
    quality |= {"class_sets": None, "threshold_curve": None}
    outcome = Outcome.of_values(samples.y_test, best.predicted, (fitted.lower, fitted.upper), coverage)
    return quality | about_subgroups(outcome), fitted.scale


def _metrics(samples: Samples, task: Task, best: Evaluated, baseline: np.ndarray) -> dict[str, Any]:
    """Return metrics, those of the baseline, and their spread over the folds, and warnings of own ones that failed."""
    y, weights = samples.y_test, samples.weights_test

    def scores(predicted: np.ndarray) -> tuple[dict[str, float], list[str]]:
        return add_own_metrics(metrics(task, y, predicted, weights), task, y, predicted, weights)

    found, warnings = scores(best.predicted)
    folds = [
        add_own_metrics(known, task, y[rows], best.predicted[rows], None if weights is None else weights[rows])[0]
        for known, rows in zip(best.fold_scores, samples.by_fold(np.arange(len(y))), strict=True)
    ]
    return {"metrics": found, "baseline": scores(baseline)[0], "spread": spread(folds), "warnings": warnings}


def _threshold_curve(training_set: TrainingSet, best: Evaluated) -> ThresholdCurve | None:
    """Return the held-out rows by threshold if there are two classes."""
    samples, classes = training_set.samples, training_set.classes
    if classes is None or training_set.positive is None:
        return None
    label = classes.index(training_set.positive)
    return threshold_curve(samples.y_test == label, best.predicted[:, label], samples.weights_test)
