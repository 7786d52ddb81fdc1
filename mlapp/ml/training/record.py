"""Record: what is known of a version, from its training set and the evaluation of its estimator."""

from typing import Any

from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.baseline import baseline_warnings
from mlapp.ml.evaluation.importance import permutation_importance
from mlapp.ml.library_versions import installed_versions, package_versions
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.ml.training.selection.evaluated import Evaluated
from mlapp.ml.training.selection.model_selection import Comparison
from mlapp.schemas import Importance, TrainOptions
from mlapp.tables.table import Table


def make_record(  # noqa: PLR0913, PLR0917 - a table, how it was used, and what was found
    table: Table,
    options: TrainOptions,
    training_set: TrainingSet,
    comparison: Comparison,
    quality: dict[str, Any],
    importance: list[Importance],
) -> dict[str, Any]:
    """Return the record of a version, without fingerprints, parameters and duration.

    `quality` has the fields that out-of-fold predictions decide, and warnings.
    """
    signature, target, best = training_set.signature, training_set.target, comparison.best
    rows = len(target.values)
    no_better = baseline_warnings(training_set.task, target.values.name, quality["metrics"], quality["baseline"])
    dependence = [suggestion.warning for suggestion in training_set.suggestions]
    found = no_better + dependence + training_set.quality_warnings() + comparison.warnings
    return {
        "task": training_set.task,
        "target": options.target,
        "target_type": target.type,
        "target_read_as": target.read_as,
        "read_as": table.read_as.completed([target.read_as, *(feature.read_as for feature in signature.features)]),
        "classes": training_set.classes,
        "positive": training_set.positive,
        "features": signature.features,
        "ignored": signature.ignored,
        "examples": signature.examples,
        "distributions": signature.distributions,
        "target_distribution": training_set.target_distribution(),
        "estimator": best.name,
        "registered": None,
        "rows": rows,
        "rows_dropped": table.frame.height - rows,
        "evaluation": training_set.evaluation,
        "coverage_verified": training_set.coverage_verified,
        **quality,
        "leaderboard": comparison.leaderboard,
        "importance": importance,
        "warnings": list(dict.fromkeys(found + quality["warnings"])),
        "seed": options.seed,
        "budget_reached": comparison.budget_reached,
        "library_versions": installed_versions() | package_versions(best.fitted),
        "note": options.note,
        "time_column": options.time_column,
        "group_column": options.group_column,
        "held_out_groups": training_set.held_out_groups,
        "weight_column": options.weight_column,
        "class_weight": options.class_weight,
        "metric": options.metric,
        "loss": options.loss,
        "suspected_leaks": training_set.suspected_leaks,
        "never_negative": best.positive,
    }


def feature_importance(
    training_set: TrainingSet, best: Evaluated, progress: OverallProgress, cost: float
) -> list[Importance]:
    """Return the permutation importance of every feature on the test rows of the last fold, largest first."""
    progress.start_stage("Computing feature importance", cost)
    samples, test = training_set.samples, training_set.samples.folds[-1][1]
    data, weights = (samples.X[test], samples.y[test]), None if samples.weights is None else samples.weights[test]
    mean, std = permutation_importance(
        best.fitted, *data, training_set.task, training_set.seed, training_set.blocks, weights
    )
    importance = [
        Importance(feature=feature.name, mean=float(mean[index]), std=float(std[index]))
        for index, feature in enumerate(training_set.signature.features)
    ]
    return sorted(importance, key=lambda importance: -importance.mean)
