"""What is to be learnt: a table as estimators take it."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from sklearn.base import BaseEstimator

from mlapp.ml.data.quality_checks import doubts
from mlapp.ml.data.signature import Signature, infer, matrix
from mlapp.ml.data.target import as_classes, as_numbers, as_times, infer_task, usable_rows
from mlapp.ml.estimators import Recipe
from mlapp.ml.evaluation.out_of_fold import Rows
from mlapp.ml.evaluation.splits import FOLDS, folds
from mlapp.ml.preprocessing import Columns
from mlapp.schemas import ColumnType, Distribution, Evaluation, Scalar, Task, TrainOptions
from mlapp.tables.columns.histograms import distribution
from mlapp.tables.columns.types import spell
from mlapp.tables.table import Table


@dataclass(frozen=True)
class Problem:
    """What is to be learnt from a table, and which of its rows judge."""

    task: Task
    target: pl.Series
    """Its converted values; rows without are gone."""
    target_type: ColumnType
    signature: Signature
    rows: Rows
    classes: list[Scalar] | None
    seed: int

    def maker(self, recipe: Recipe) -> Callable[[], BaseEstimator]:
        """Return what makes a recipe's unfitted estimator for this problem."""
        columns = Columns.of(self.signature.features, len(self.target), self.rows.classes or 0)
        return lambda: recipe.make(self.task, columns, self.seed)

    @property
    def evaluation(self) -> Evaluation:
        """Which rows judge."""
        if len(self.rows.folds) == 1:
            return Evaluation.LATEST
        return Evaluation.HELD_OUT if self.rows.held_out else Evaluation.CROSS_VALIDATION

    def target_distribution(self) -> Distribution:
        """Return how the values of the target lie; classes as categories, as a CSV spells them."""
        if self.classes is None:
            return distribution(self.target, self.target_type)
        return distribution(spell(pl.Series(self.classes))[self.rows.y], ColumnType.CATEGORY)

    def doubts(self) -> list[str]:
        """Say what should be looked at before a model of the table is trusted."""
        found = self.signature
        y, seed = self.rows.y, self.seed
        return found.warnings + doubts(found.frame, found.features, self.target, self.task, y, FOLDS, seed)


def pose(table: Table, options: TrainOptions) -> Problem:
    """Read a training table.

    Raises:
        Unacceptable: the table or an option cannot be trained on.
    """
    rows, target_type, target = usable_rows(table, options)
    task = options.task or infer_task(target_type, target)
    signature = infer(rows, target.name, options.features)
    X = matrix(signature.frame, signature.features)
    classes, y = as_classes(target) if task is Task.CLASSIFICATION else (None, as_numbers(target))
    times = as_times(rows, options.time_column) if options.time_column else None
    judged = Rows(X, y, folds(task, y, options.seed, times), len(classes) if classes else None)
    return Problem(task, target, target_type, signature, judged, classes, options.seed)
