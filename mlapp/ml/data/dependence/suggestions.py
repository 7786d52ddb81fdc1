"""Suggestions: options that judge a model by rows as they will come, where random rows are too easy to predict."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.dependence.alikeness import information, intraclass_correlations, is_steady
from mlapp.ml.data.dependence.candidates import (
    MIN_ROWS,
    SAMPLE_ROWS,
    GroupSample,
    possible_groups,
    possible_times,
    sample_groups,
)
from mlapp.ml.data.dependence.score_fall import Judge, Sample, ScoreFall
from mlapp.ml.evaluation.splits import Fold, folds
from mlapp.schemas import Feature, RowOption, Suggestion, Task

MAX_CELLS, MIN_SAMPLE = 400_000, 500
"""Samples of wide tables have fewer rows."""
MAX_FEATURES = 100
"""Features that are searched for the information about groups."""
MAX_CLASSES, MIN_CLASS_ROWS = 10, 10
"""Only rows of the most frequent classes are predicted."""
MEASURED = 2
"""Candidates that are measured for each option."""
MIN_INFORMATION = 0.3
"""Measured: groups of rows that are alike have 0.8 or more, and most other columns next to none."""
MIN_TARGET_CORRELATION = 0.3
MAX_LOSS, MIN_RATIO, MIN_SIGNIFICANCE = 0.9, 1.25, 3.5
"""A model that hardly predicts cannot fall; errors grow by a quarter at least, beyond chance."""
MIN_DIFFERENCE = {"group_column": 0.15, "time_column": 0.1}
"""How much the error grows, at least, in relation to that of a prediction without features."""
BLOCKS = 10
"""Blocks of successive rows, as rows in time depend on each other."""


@dataclass(frozen=True)
class Rows:
    """The rows of a training set, and how they are held out."""

    task: Task
    X: np.ndarray
    """(rows, features)"""
    y: np.ndarray
    features: list[Feature]
    columns: dict[str, pl.Series]
    """The converted columns of the features, and further columns as they were read, by name; the series have none."""
    seed: int
    times: np.ndarray | None = None
    groups: np.ndarray | None = None


def suggestions(rows: Rows) -> list[Suggestion]:
    """Return options for groups and time that would judge the model differently, measured on samples."""
    found = []
    if rows.groups is None:
        found.append(_best("group_column", _group_falls(rows)))
    if rows.times is None:
        found.append(_best("time_column", _time_falls(rows)))
    return [each for each in found if each]


def _best(option: RowOption, falls: Iterator[tuple[str, ScoreFall]]) -> Suggestion | None:
    """Return the suggestion of the first column by which the score falls convincingly."""
    for column, fall in falls:
        if _convinces(fall, MIN_DIFFERENCE[option]):
            return Suggestion(option=option, column=column, detail=_detail(option, shorten(column, 40), fall))
    return None


def _detail(option: RowOption, column: str, fall: ScoreFall) -> str:
    falls = f"{fall.metric} falls from {fall.before:.2f} to {fall.after:.2f}"
    if option == "group_column":
        return (
            f"Rows with the same '{column}' are alike: judged on others, {falls}. If you predict for new ones, hold "
            "out whole groups."
        )
    return (
        f"The rows change with '{column}': judged on the latest fifth, {falls}. If you predict what comes later, hold "
        "out the latest rows."
    )


def _convinces(fall: ScoreFall, difference: float) -> bool:
    grows = fall.loss_after >= max(MIN_RATIO * fall.loss_before, fall.loss_before + difference)
    is_significant = fall.significance >= MIN_SIGNIFICANCE or (fall.share_worse == 1 and fall.significance > 2)
    return fall.loss_before <= MAX_LOSS and grows and is_significant and fall.is_shown


def _group_falls(rows: Rows) -> Iterator[tuple[str, ScoreFall]]:
    """Yield the most telling columns of groups, and how the score falls on other groups."""
    found = []
    indices = {feature.name: index for index, feature in enumerate(rows.features)}
    for name in possible_groups(rows.columns, rows.features):
        sample = sample_groups(name, rows.columns[name], rows.seed)
        if sample is not None:
            known, alike = _telling(rows, sample, indices.get(name))
            # Of a category only counts what other features tell, as its values may come again.
            others = _without(rows.X, indices.get(name)) if known and not sample.is_number else rows.X
            found.append((max(known, alike), sample, others))
    for rank, sample, X in sorted(found, key=lambda each: -each[0])[:MEASURED]:
        if rank and X.shape[1]:
            yield from _group_fall(replace(rows, X=X), sample)


def _group_fall(rows: Rows, sample: GroupSample) -> Iterator[tuple[str, ScoreFall]]:
    """Yield the column of the groups and how the score falls on other groups, if they can be held out."""
    chosen = _frequent(rows, sample.rows)
    ends = np.cumsum(np.bincount(sample.groups))
    chosen = chosen[ends[sample.groups[chosen]] <= _sample_size(rows)]
    if len(chosen) < MIN_ROWS:
        return
    part, groups = _Part.of(rows, sample.rows[chosen]), sample.groups[chosen]
    with suppress(Unacceptable):
        yield sample.column, Judge(part.sample, part.folds()).score_fall(part.folds(groups=groups), groups)


def _without(X: np.ndarray, column: int | None) -> np.ndarray:
    return X if column is None else X[:, np.arange(X.shape[1]) != column]


def _telling(rows: Rows, sample: GroupSample, index: int | None) -> tuple[float, float]:
    """Return how much other features tell about the groups, and how alike targets in a group are; 0 if by chance."""
    X, y = _without(rows.X[sample.rows], index)[:, :MAX_FEATURES], _numbers(rows, sample.rows)
    known = information(sample.groups, X)
    alike = float(intraclass_correlations(sample.groups, y).max())
    is_known, is_alike = known >= MIN_INFORMATION, alike >= MIN_TARGET_CORRELATION
    if sample.is_number:
        values = rows.columns[sample.column].gather(sample.rows).cast(pl.Float64).to_numpy()
        # Numbers of patients have no order; where columns change steadily with a number, it is a quantity.
        names_groups = not is_steady(values, sample.groups, X)
        is_known = is_known and names_groups
        is_alike = is_alike and names_groups and not is_steady(values, sample.groups, y)
    # Only its own column tells the groups apart. A town or a postal code is a property, whose values come again.
    is_alike = is_alike and index is not None and sample.names_entities
    return known * is_known, alike * is_alike


def _numbers(rows: Rows, sample: np.ndarray) -> np.ndarray:
    """Return the target as columns of numbers, one for each of the frequent classes."""
    y = rows.y[sample]
    if rows.task is Task.REGRESSION:
        return np.asarray(y[:, None], dtype=float)
    frequent = np.argsort(-np.bincount(y), kind="stable")[:MAX_CLASSES]
    return np.asarray(y[:, None] == frequent, dtype=float)


def _time_falls(rows: Rows) -> Iterator[tuple[str, ScoreFall]]:
    """Yield columns that order rows in time, and how the score falls on the latest rows."""
    names = possible_times(rows.features, rows.columns)[:MEASURED]
    sample = np.sort(np.random.default_rng(rows.seed).permutation(len(rows.y))[: _sample_size(rows)])
    chosen = sample[_frequent(rows, sample)]
    if not names or len(chosen) < MIN_ROWS:
        return
    part = _Part.of(rows, chosen)
    indices = {feature.name: index for index, feature in enumerate(rows.features)}
    with suppress(Unacceptable):
        judge = Judge(part.sample, part.folds(), by_time=True)
        for name in names:
            times = rows.X[chosen, indices[name]]
            after = part.folds(times=times)
            yield name, judge.score_fall(after, _blocks(times, np.concatenate([test for _, test in after])))


def _sample_size(rows: Rows) -> int:
    return int(min(SAMPLE_ROWS, max(MIN_SAMPLE, MAX_CELLS // rows.X.shape[1])))


class _Part(NamedTuple):
    """Some of the rows, as a sample that can be split."""

    rows: Rows
    sample: Sample
    times: np.ndarray | None
    groups: np.ndarray | None

    @classmethod
    def of(cls, rows: Rows, chosen: np.ndarray) -> "_Part":
        y = rows.y[chosen] if rows.task is Task.REGRESSION else np.unique(rows.y[chosen], return_inverse=True)[1]
        times, groups = (None if each is None else each[chosen] for each in (rows.times, rows.groups))
        return cls(rows, Sample(rows.task, rows.X[chosen], y), times, groups)

    def folds(self, times: np.ndarray | None = None, groups: np.ndarray | None = None) -> list[Fold]:
        times, groups = (self.times if times is None else times), (self.groups if groups is None else groups)
        return folds(self.rows.task, self.sample.y, self.rows.seed, times, groups)


def _blocks(times: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return blocks of successive test rows; the others are in the first one."""
    blocks = np.zeros(len(times), dtype=int)
    blocks[test[np.argsort(times[test], kind="stable")]] = np.arange(len(test)) * BLOCKS // len(test)
    return blocks


def _frequent(rows: Rows, sample: np.ndarray) -> np.ndarray:
    """Return the positions of the rows of frequent classes."""
    if rows.task is Task.REGRESSION:
        return np.arange(len(sample))
    counts = np.bincount(rows.y[sample])
    frequent = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    frequent = frequent[counts[frequent] >= MIN_CLASS_ROWS]
    return np.flatnonzero(np.isin(rows.y[sample], frequent)) if len(frequent) > 1 else np.arange(0)
