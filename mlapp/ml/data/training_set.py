"""Training set: features, target, task and evaluation splits, made from a table."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from sklearn.base import BaseEstimator

from mlapp.ml.data.encoding import encode_columns
from mlapp.ml.data.quality_checks import quality_warnings
from mlapp.ml.data.signature import Signature, infer_signature
from mlapp.ml.data.target import as_classes, as_numbers, as_times, infer_task, rows_with_target
from mlapp.ml.estimators import Recipe
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.splits import folds
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import ColumnType, Distribution, Evaluation, Scalar, Task, TrainOptions
from mlapp.tables.columns.conversion import format_values
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.table import Table


@dataclass(frozen=True)
class TrainingSet:
    """A training set: features, target, task and evaluation splits."""

    task: Task
    target: pl.Series
    """Converted values of the rows that have a target."""
    target_type: ColumnType
    signature: Signature
    samples: Samples
    classes: list[Scalar] | None
    """Class labels in sorted order; None for regression."""
    seed: int

    def estimator_factory(self, recipe: Recipe) -> Callable[[], BaseEstimator]:
        """Return a function that makes the recipe's unfitted estimator for this training set."""
        columns = FeatureColumns.of(self.signature.features, len(self.target), self.samples.classes or 0)
        return lambda: recipe.make(self.task, columns, self.seed)

    @property
    def evaluation(self) -> Evaluation:
        """How the test rows are chosen."""
        if len(self.samples.folds) == 1:
            return Evaluation.LATEST
        return Evaluation.HELD_OUT if self.samples.is_holdout else Evaluation.CROSS_VALIDATION

    def target_distribution(self) -> Distribution:
        """Return the distribution of the target; classes are categories, spelled as in a CSV."""
        if self.classes is None:
            return distribution(self.target, self.target_type)
        return distribution(format_values(pl.Series(self.classes))[self.samples.y], ColumnType.CATEGORY)

    def quality_warnings(self) -> list[str]:
        """Return the data-quality warnings of the table."""
        frame, features = self.signature.frame, self.signature.features
        found = quality_warnings(frame, features, self.target, self.task, self.samples.y, self.seed)
        return self.signature.warnings + found


def make_training_set(table: Table, options: TrainOptions) -> TrainingSet:
    """Make a training set from a table.

    Raises:
        Unacceptable: the table or an option cannot be used for training.
    """
    rows, target_type, target = rows_with_target(table, options)
    task = options.task or infer_task(target_type, target)
    signature = infer_signature(rows, target.name, options.features, options.types)
    X = encode_columns(signature.frame, signature.features)
    classes, y = as_classes(target) if task is Task.CLASSIFICATION else (None, as_numbers(target))
    times = as_times(rows, options.time_column) if options.time_column else None
    samples = Samples(X, y, folds(task, y, options.seed, times), len(classes) if classes else None)
    return TrainingSet(task, target, target_type, signature, samples, classes, options.seed)
