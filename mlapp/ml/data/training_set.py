"""Training set: features, target, task and evaluation splits, made from a table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator

from mlapp.ml.data.column_options import check_columns, of_rows
from mlapp.ml.data.dependence.groups import as_groups
from mlapp.ml.data.dependence.suggestions import Rows, suggestions
from mlapp.ml.data.encoding import encode_columns
from mlapp.ml.data.quality.identities import adding_up
from mlapp.ml.data.quality.leakage import leaking_features
from mlapp.ml.data.quality.quality_checks import identity_warnings, quality_warnings
from mlapp.ml.data.row_weights import find_weights, normalized_weights
from mlapp.ml.data.signature import Signature, infer_signature
from mlapp.ml.data.target import (
    Target,
    as_classes,
    as_numbers,
    as_times,
    find_target,
    infer_task,
    keep_task,
    task_warnings,
)
from mlapp.ml.data.text_embedding import Embedding, column_blocks, fit_embeddings, text_blocks
from mlapp.ml.decisions.options import positive_class
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.splits import folds
from mlapp.ml.pipelines.raw_texts import RawTexts
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.recipe import Recipe
from mlapp.ml.recipes.balanced import BalancedClassifier
from mlapp.schemas import (
    ClassWeight,
    ColumnType,
    Distribution,
    Evaluation,
    KeptTask,
    Loss,
    Scalar,
    Suggestion,
    Task,
    TrainOptions,
)
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.distributions import distribution
from mlapp.tables.table import Table


@dataclass(frozen=True)
class TrainingSet:
    """A training set: features, target, task and evaluation splits."""

    task: Task
    target: Target
    signature: Signature
    samples: Samples
    classes: list[Scalar] | None
    """Class labels in sorted order; None for regression."""
    positive: Scalar | None
    """The class of interest of two classes."""
    seed: int
    loss: Loss | None
    """What a regression minimizes, where the training says so."""
    class_weight: ClassWeight | None
    """How classes count in a fit, where not alike by row."""
    warnings: list[str]
    """Warnings about how table, target and task were read, as sentences."""
    embeddings: tuple[Embedding, ...] = ()
    """Of each text feature; their components are in `samples`."""
    unused: Sequence[pl.Series] = ()
    """The columns that are neither features nor target, as they were read, of the rows with a target."""
    times: np.ndarray | None = None
    """Numbers that sort the rows by time, if the latest ones are held out; (rows,)."""

    @cached_property
    def columns(self) -> FeatureColumns:
        """The columns of the feature matrix by type."""
        features = self.signature.features
        blocks = text_blocks(features, self.embeddings)
        if any(isinstance(each, RawTexts) for each in self.embeddings):
            # Categories are passed on, too.
            blocks = [block for block in blocks if features[block[0]].type is ColumnType.TEXT]
            raw = {features[own].name: column for own, column in blocks}
            blocks = [[own] for own, _ in blocks]
        else:
            raw = {}
        return replace(
            FeatureColumns.of(features, len(self.samples.y), self.samples.classes or 0),
            distinct={index: len(feature.categories) for index, feature in enumerate(features) if feature.categories},
            texts=blocks,
            raw_texts=raw,
            lowest=-math.inf if self.samples.classes else float(self.samples.y.min()),
        )

    @property
    def blocks(self) -> list[list[int]]:
        """The columns of the feature matrix by feature: a text has many."""
        return column_blocks(self.signature.features, self.embeddings)

    def estimator_factory(self, recipe: Recipe) -> Callable[[], BaseEstimator]:
        """Return a function that makes the recipe's unfitted estimator for this training set."""
        columns = replace(self.columns, loss=self.loss or recipe.losses[0])
        if self.class_weight is ClassWeight.BALANCED:
            return lambda: BalancedClassifier(recipe.make(self.task, columns, self.seed))
        return lambda: recipe.make(self.task, columns, self.seed)

    @property
    def evaluation(self) -> Evaluation:
        """How the test rows are chosen."""
        if self.times is not None:
            return Evaluation.LATEST if self.samples.groups is None else Evaluation.LATEST_GROUPS
        if self.samples.groups is not None:
            return Evaluation.GROUPS
        return Evaluation.HELD_OUT if self.samples.is_holdout else Evaluation.CROSS_VALIDATION

    @property
    def held_out_groups(self) -> int | None:
        """Number of groups that have test rows; None if rows are not split by group."""
        groups = self.samples.groups
        return None if groups is None else len(np.unique(groups[self.samples.test_rows]))

    @property
    def coverage_verified(self) -> bool:
        """Whether the test rows are exchangeable with new ones, so that intervals can be expected to cover as often."""
        return self.times is None and not self.suggestions

    def target_distribution(self) -> Distribution:
        """Return the distribution of the target; classes are categories, spelled as in a CSV."""
        if self.classes is None:
            return distribution(self.target.values, self.target.type)
        return distribution(format_values(pl.Series(self.classes))[self.samples.y], ColumnType.CATEGORY)

    @cached_property
    def leaking(self) -> list[str]:
        """The features that predict the target on their own."""
        return leaking_features(self.signature.frame, self.signature.features, self.samples.y, self.task, self.seed)

    @cached_property
    def adding_up(self) -> list[str]:
        """The features that restate the target together, such as the parts of a bill; empty if there are none."""
        if self.leaking:
            return []
        samples = self.samples
        return adding_up(samples.X, self.signature.features, samples.y, self.task, self.seed)

    @property
    def suspected_leaks(self) -> list[str]:
        """The features that give the target away, each on its own, or else together."""
        return self.leaking + self.adding_up

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """Options that judge the model by whole groups or the latest rows, where random rows are easier to predict."""
        signature, samples = self.signature, self.samples
        columns = {column.name: unnamed(column) for column in (*signature.frame, *self.unused)}
        X = samples.X[:, : len(signature.features)]
        return suggestions(
            Rows(self.task, X, samples.y, signature.features, columns, self.seed, self.times, samples.groups)
        )

    def quality_warnings(self) -> list[str]:
        """Return the data-quality warnings of the table, each once."""
        frame, features = self.signature.frame, self.signature.features
        found = quality_warnings(frame, features, self.target.values, self.task, self.samples.y, self.leaking)
        together = identity_warnings(self.adding_up, self.target.values.name)
        return list(dict.fromkeys(self.warnings + self.signature.warnings + together + found))


def with_raw_texts(encoded: TrainingSet) -> TrainingSet:
    """Return a training set without embeddings, with texts and categories as they are after the encoded features."""
    features = encoded.signature.features
    raw = tuple(RawTexts() for feature in features if feature.type in (ColumnType.TEXT, ColumnType.CATEGORY))
    X = encode_columns(encoded.signature.frame, features, raw)
    return replace(encoded, samples=replace(encoded.samples, X=X), embeddings=raw)


def make_training_set(
    table: Table, options: TrainOptions, kept: KeptTask | None = None, *, embed: bool = True
) -> TrainingSet:
    """Make a training set from a table, for the task of the options, else the kept one, else the inferred one.

    Without `embed`, which takes seconds on large tables, it has no embeddings of texts.

    Raises:
        Unacceptable: the table or an option cannot be used for training.
    """
    with table.pointers():
        return _make(table, options, kept, embed=embed)


def _make(table: Table, options: TrainOptions, kept: KeptTask | None, *, embed: bool) -> TrainingSet:
    name = check_columns(table.frame.columns, options, table.read_as.left_out)
    weights, more = find_weights(table, options)
    target = find_target(table, name, options, weights)
    task = options.task or keep_task(target, kept) or infer_task(target.type, target.values)
    warnings = table.read_as.left_out + table.read_as.warnings + target.warnings + more
    if not options.task and not kept and task is Task.CLASSIFICATION:
        warnings += task_warnings(target.type, target.values)
    signature = infer_signature(table, name, options, target.rows)
    embeddings = fit_embeddings(signature.frame, signature.features, options.seed) if embed else ()
    X = encode_columns(signature.frame, signature.features, embeddings)
    classes, y = as_classes(target) if task is Task.CLASSIFICATION else (None, as_numbers(target))
    positive = positive_class(classes, options)
    times = groups = None
    if by_time := options.time_column:
        times, more = as_times(table, by_time, options.types.get(by_time), target)
        warnings += more
    if by_group := options.group_column:
        groups, more = as_groups(table, by_group, options.types.get(by_group), target)
        warnings += more
    used = {name, *of_rows(options), *signature.frame.columns}
    unused = [column if target.rows is None else column.filter(target.rows) for column in table.frame.drop(used)]
    splits = folds(task, y, options.seed, times, groups)
    by_row = None
    if options.weight_column and weights is not None:
        by_row = normalized_weights(table, weights, target, options.weight_column)
    samples = Samples(X, y, splits, len(classes) if classes else None, by_row, groups)
    return TrainingSet(
        task,
        target,
        signature,
        samples,
        classes,
        positive,
        options.seed,
        options.loss,
        options.class_weight,
        warnings,
        embeddings=embeddings,
        unused=unused,
        times=times,
    )
