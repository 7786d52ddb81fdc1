"""Recipe: an estimator of the catalog, and when `auto` tries it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sklearn.base import BaseEstimator

from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Loss, Task

AUTO = "auto"
"""Compares recipes, and keeps the best one or an ensemble."""


@dataclass(frozen=True)
class Recipe:
    """An estimator of the catalog, and when `auto` tries it."""

    make: Callable[[Task, FeatureColumns, int], BaseEstimator]
    """Returns the unfitted estimator for a task, the columns of the matrix and a seed."""
    tasks: Sequence[Task] = tuple(Task)
    """Tasks that it supports."""
    auto_rows: int | None = None
    """`auto` tries it on tables of up to this many rows; None: of any size, 0: never."""
    auto_above: Mapping[Task, int] = field(default_factory=dict)
    """`auto` tries it on tables of more than this many rows, for each task; tasks not listed have no minimum."""
    auto_if: Callable[[FeatureColumns], bool] = lambda _columns: True
    """Whether `auto` tries it on a table with these columns, beside the limits on rows."""
    losses: Sequence[Loss] = (Loss.SQUARED_ERROR,)
    """What it can minimize for regression; `auto` tries it for the given loss, or else for its first one."""
    positive: bool = False
    """Whether it predicts positive values only, for a regression target that is never negative."""
    above_zero: bool = False
    """Whether this target also has no zeros."""
    cost: float = 1.0
    """Time of a fit relative to a linear model, for the progress bar."""
    latency: float = 1.0
    """Time to predict a row relative to boosting, roughly: a slow member of an ensemble has to bring more."""

    raw_texts: bool = False
    """Whether it gets texts as they are, in `columns.raw_texts`, instead of their embeddings. The matrix then has
    objects; on tables with texts, `auto` does not try it."""
    entry_point: str | None = None
    """The entry point of another package that it comes from, such as `house_recipes:nearest`."""

    def suits(self, task: Task, rows: int) -> bool:
        """Return whether `auto` tries it on a table of this many rows."""
        return (self.auto_rows is None or rows <= self.auto_rows) and rows > self.auto_above.get(task, 0)
