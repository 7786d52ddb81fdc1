"""Registration: from a pipeline that was fitted elsewhere, and a table, to a version and its record."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mlapp.ml.data.training_set import TrainingSet, make_training_set, with_raw_texts
from mlapp.ml.decisions.held_out_rows import sample_held_out
from mlapp.ml.evaluation.baseline import baseline_warnings
from mlapp.ml.evaluation.out_of_fold import predict, with_one_thread
from mlapp.ml.inference.explanation.raw_background import make_raw_background
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.library_versions import versions_of
from mlapp.ml.pipelines.fitted_pipeline import FeaturesOnly, FittedPipeline
from mlapp.ml.pipelines.frames import Native
from mlapp.ml.registration.checks import check_alone, rejected_cells
from mlapp.ml.registration.columns import column_types, feature_columns, kept_values
from mlapp.ml.registration.evaluation import NO_CLAIMS, evaluate, without_bounds
from mlapp.ml.registration.imports import copy_pipeline
from mlapp.ml.registration.serving import check_answers, is_compiled, serve, task_of
from mlapp.ml.threads import threads_for
from mlapp.ml.training.final_fit import parameters
from mlapp.ml.training.fingerprint import fingerprints
from mlapp.ml.training.novelty_limits import fit_novelty
from mlapp.ml.training.overall_progress import OverallProgress, Report
from mlapp.ml.training.quality import evaluate_quality
from mlapp.ml.training.record import feature_importance, make_record
from mlapp.ml.training.selection.model_selection import Comparison
from mlapp.ml.training.train import Trained
from mlapp.schemas import Evaluation, InputKind, Registered, TrainOptions
from mlapp.tables.table import Table

CHECK_SHARE = 0.1
"""Share of the progress bar for the checks of the pipeline."""


def register_pipeline(  # noqa: PLR0913, PLR0917 - a pipeline, its table, and how its registration is observed
    pipeline: Any,
    table: Table,
    options: TrainOptions,
    clock: Callable[[], float],
    report: Report,
    native: Native | None = None,
) -> Trained:
    """Make a version of a fitted pipeline, which is served as it was fitted.

    Args:
        pipeline: Fitted on columns of the table.
        table: With the target. If it was a frame, its columns have their types.
        options: What the pipeline predicts; `features`, `exclude`, `time_column`, `group_column` and others count as in
            a training.
        clock: Returns seconds.
        report: Is called with stage and progress.
        native: The frame that the table was; None for a file.

    Raises:
        Unacceptable: the pipeline or the table cannot be used, or the pipeline would not answer alike in a server.
    """
    with warnings.catch_warnings(action="ignore"), threads_for(0):
        started = clock()
        trained = _register(pipeline, table, options, clock, report, native)
        trained.record["training_seconds"] = round(clock() - started, 3)
        return trained


def _register(  # noqa: PLR0913, PLR0917 - as `register_pipeline`
    pipeline: Any,
    table: Table,
    options: TrainOptions,
    clock: Callable[[], float],
    report: Report,
    native: Native | None,
) -> Trained:
    progress = OverallProgress(report, "Checking the pipeline", CHECK_SHARE)
    task, (copy, imports) = task_of(pipeline), copy_pipeline(pipeline)
    names = feature_columns(pipeline, table, options)
    types = column_types(table, names, is_typed=native is not None) | options.types
    kept = [*options.keep_values, *kept_values(table, names)]
    used = {"features": names, "exclude": [], "task": task, "types": types, "keep_values": kept}
    table.options = options = options.model_copy(update=used)
    encoded = make_training_set(table, options, embed=False)
    rows = with_raw_texts(encoded)
    served = serve(copy, rows, native)
    warning = check_answers(pipeline, served, table, rows, native)
    check_alone(lambda x: predict(served, x, rows.samples.classes), rows.samples.X)
    served.is_matrix = is_compiled(served, rows)
    progress.expect(len(rows.samples.train_sets) + 1)
    found = evaluate(_name(pipeline), served, rows, options, clock, progress)
    # All but the pipeline reads encoded features.
    encoded = replace(encoded, samples=replace(encoded.samples, folds=found.training_set.samples.folds))
    quality, scale = evaluate_quality(encoded, found.best, options.coverage)
    importance = feature_importance(found.training_set, found.best, progress, cost=1.0)
    warned = [*found.warnings, *([warning] if warning else [])]
    comparison = Comparison(found.best, [found.best.entry], budget_reached=False, warnings=warned)
    record = make_record(table, options, encoded, comparison, quality, importance)
    if not found.unseen:
        record |= {
            **NO_CLAIMS,
            "plots": without_bounds(record["plots"]),
            "evaluation": Evaluation.SEEN,
            "coverage_verified": False,
        }
        # Sentences about held-out rows, of which there are none.
        compared = baseline_warnings(task, encoded.target.values.name, quality["metrics"], quality["baseline"])
        record["warnings"] = [each for each in record["warnings"] if each not in compared]
        scale = None
    data, whole = fingerprints(table, encoded.signature, encoded.target, options)
    record |= {"data_sha256": data, "table_sha256": whole, "parameters": parameters(served.pipeline)}
    if served.frames.kind is InputKind.PANDAS:
        imports = sorted({*imports, "pandas"})
    record["library_versions"] |= versions_of(imports)
    record["registered"] = Registered(input=served.frames.kind, seen=not found.unseen, imports=imports)
    return Trained(_file(served, encoded, rows, scale, found.best.predicted if found.unseen else None), record)


def _file(
    served: FittedPipeline, encoded: TrainingSet, rows: TrainingSet, scale: Any, predicted: np.ndarray | None
) -> bytes:
    """Return the model file; `predicted` has the out-of-fold predictions, None if there are none."""
    samples, features, seed = encoded.samples, encoded.signature.features, encoded.seed
    return ModelFile(
        with_one_thread(served),
        fit_novelty(samples.X, features, seed, samples.groups),
        make_raw_background(samples.X, encoded.signature, seed),
        FeaturesOnly(scale, len(features)) if scale is not None and rows.embeddings else scale,
        rows.embeddings,
        None if predicted is None else sample_held_out(samples, predicted, seed),
        rejected_cells(lambda x: predict(served, x, samples.classes), rows.samples.X, features),
    ).to_bytes()


def _name(pipeline: Any) -> str:
    return type(pipeline[-1] if hasattr(pipeline, "steps") else pipeline).__name__
