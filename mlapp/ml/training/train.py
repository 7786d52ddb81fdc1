"""Training: from a table to a fitted version and its record."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mlapp.ml.data.training_set import TrainingSet, make_training_set, with_raw_texts
from mlapp.ml.decisions.held_out_rows import sample_held_out
from mlapp.ml.evaluation.importance import sample_size
from mlapp.ml.evaluation.out_of_fold import Fits, local_fits
from mlapp.ml.inference.explanation.background import make_background
from mlapp.ml.inference.explanation.raw_background import make_raw_background
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.pipelines.fitted_pipeline import FeaturesOnly
from mlapp.ml.subgroups.protected_column import protected_column
from mlapp.ml.threads import threads_for
from mlapp.ml.training.final_fit import fit_on_all_rows, parameters
from mlapp.ml.training.fingerprint import fingerprints
from mlapp.ml.training.novelty_limits import fit_novelty
from mlapp.ml.training.overall_progress import OverallProgress, Report
from mlapp.ml.training.quality import evaluate_quality
from mlapp.ml.training.record import feature_importance, make_record
from mlapp.ml.training.selection.candidates import candidates, reads_raw_texts, selection_metric
from mlapp.ml.training.selection.model_selection import Clock, compare, comparison_cost, estimator_errors
from mlapp.schemas import KeptTask, TrainOptions
from mlapp.tables.table import Table

READ_SHARE = 0.02
"""Share of the progress bar for reading the columns, before the cost of the rest is known."""
SERIALIZE_COST = 0.05
"""Cost of serializing a model, relative to fitting it on all rows."""
PREDICT_COST = 0.05
"""Cost of predicting a row, relative to fitting it."""


@dataclass(frozen=True)
class Trained:
    """A trained version: its serialized estimator, and its record without the fields that the store adds."""

    file: bytes
    record: dict[str, Any]


def train(  # noqa: PLR0913, PLR0917 - what to train on, and how the training is observed and where it runs
    table: Table,
    options: TrainOptions,
    clock: Clock,
    report: Report,
    kept: KeptTask | None = None,
    fits: Fits = local_fits,
) -> Trained:
    """Train a version: infer the signature, compare estimators by cross-validation, fit the best ones on all rows.

    The same table, options and seed give the same version, unless the time budget ends the comparison.

    Args:
        table: The training table.
        options: What to predict, and how.
        clock: Returns seconds.
        report: Is called with stage and progress.
        kept: The task that is kept if the target suits it; without it, the task is inferred.
        fits: Makes the fits of the comparison, by default in this process.

    Raises:
        Unacceptable: the table or an option cannot be used for training, or the estimator cannot be fitted on it.
        TrainingFailed: the estimator failed for another reason.
    """
    # Metrics and data-quality warnings cover what the libraries warn of; in a log, their warnings lack a context.
    with warnings.catch_warnings(action="ignore"), threads_for(0):
        return _train(table, options, kept, clock, report, fits)


def _train(  # noqa: PLR0913, PLR0917 - as `train`
    table: Table, options: TrainOptions, kept: KeptTask | None, clock: Clock, report: Report, fits: Fits
) -> Trained:
    started = clock()
    progress = OverallProgress(report, "Reading the columns", READ_SHARE)
    is_raw = reads_raw_texts(options)
    training_set = make_training_set(table, options, kept, embed=not is_raw)
    # All but the estimator reads encoded features.
    taken = with_raw_texts(training_set) if is_raw else training_set
    signature, target = training_set.signature, training_set.target
    protected = protected_column(table, options, target)
    rows = len(target.values)
    recipes = candidates(options, training_set.task, training_set.columns, training_set.samples.y)
    # polars and hashlib release the GIL, so the hashes are computed during the first fit.
    hashes = ThreadPoolExecutor(1).submit(fingerprints, table, signature, target, options)
    metric = selection_metric(training_set.task, options)
    final_cost = _final_cost(training_set, sum(recipe.cost for recipe in recipes.values()))
    progress.expect(comparison_cost(training_set, recipes) + final_cost)
    comparison = compare(
        taken, recipes, metric, options.budget_s, clock, progress, fits, ensembles=options.metric is None
    )
    best = comparison.best
    progress.expect(_final_cost(training_set, best.cost))
    quality, scale = evaluate_quality(training_set, best, options.coverage, protected)
    importance = feature_importance(
        taken, best, progress, cost=best.cost * _importance_rows(training_set) * PREDICT_COST
    )
    record = make_record(table, options, training_set, comparison, quality, importance)
    record |= dict(zip(("data_sha256", "table_sha256"), hashes.result(), strict=True))
    samples = training_set.samples
    novelty = fit_novelty(samples.X, signature.features, options.seed, samples.groups)
    background = make_background(samples.X, options.seed)
    if taken.samples.X.dtype == object:
        background = make_raw_background(samples.X, signature, options.seed)
        scale = scale and FeaturesOnly(scale, len(signature.features))
    fitted = fit_on_all_rows(taken, best, progress)
    serialized = progress.start_stage("Serializing the model", best.cost * rows * SERIALIZE_COST)
    with estimator_errors(best.name):
        held_out = sample_held_out(training_set.samples, best.predicted, training_set.seed)
        file = ModelFile(fitted, novelty, background, scale, taken.embeddings, held_out).to_bytes()
    serialized(1.0)
    record |= {"parameters": parameters(fitted), "training_seconds": round(clock() - started, 3)}
    return Trained(file, record)


def _final_cost(training_set: TrainingSet, row_cost: float) -> float:
    """Return the cost of what follows the comparison, given the cost of fitting one row."""
    rows = len(training_set.target.values)
    fit_rows = 0 if training_set.samples.is_holdout else rows
    return row_cost * (fit_rows + rows * SERIALIZE_COST + _importance_rows(training_set) * PREDICT_COST)


def _importance_rows(training_set: TrainingSet) -> int:
    """Return the number of rows that are predicted for the feature importance."""
    test_rows, features = len(training_set.samples.folds[-1][1]), len(training_set.signature.features)
    rows, repeats = sample_size(test_rows, features)
    return rows * repeats * features
