"""Train/test splits: k-fold by row or by group, a split by time, or a single holdout set for large tables."""

from typing import NoReturn

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from mlapp.errors import Unacceptable, pointer
from mlapp.schemas import Task

FOLDS = 5
TIME_TEST_SHARE = 0.2
"""Share of the rows, the latest ones, that a time-based split holds out."""
MAX_ROWS = 20_000
"""Rows used for evaluation; larger tables are sampled."""
HOLDOUT_ROWS = 200_000
"""Beyond this many rows, `MAX_ROWS` of them are held out for good: the estimator fitted on the others is both evaluated
and kept as the model, so the metrics are its own. It does without a tenth of the rows at most."""
MIN_SAMPLED_GROUPS = 50
"""Fewer groups are no sample of all groups; rows of every group are sampled then."""
MAX_CELLS = 5_000_000
"""Test rows × classes, at most: their probabilities take 40 MB."""

Fold = tuple[np.ndarray, np.ndarray]
"""Indices of the training rows and of the test rows."""


def folds(
    task: Task, y: np.ndarray, seed: int, times: np.ndarray | None = None, groups: np.ndarray | None = None
) -> list[Fold]:
    """Split rows into training and test rows, stratified by class for classification.

    `y` holds values or class indices, (rows,). Every row is a test row at most once. In large tables, all folds have
    the same training rows (the same array), and divide the held-out rows among them.

    With `groups`, indices (rows,), all rows of a group are on the same side. With `times`, (rows,), the test rows are
    the latest ones, in a single fold. With both, each fold tests the latest rows of a part of the groups, after
    training on the earlier rows of the other groups.

    Raises:
        Unacceptable: there is only one group, or the training rows of a fold have only one class, or none of those of
            its test rows.
    """
    random = np.random.default_rng(seed)
    if groups is not None:
        return _group_folds(task, y, seed, times, groups, random)
    if times is not None:
        return [_time_split(task, y, times, random)]
    rows, max_rows = np.arange(len(y)), _max_rows(task, y)
    if len(y) > HOLDOUT_ROWS:
        return _holdout(_subsample(task, y, rows, max_rows, random, min_per_class=0), len(y), random)
    rows = _subsample(task, y, rows, max_rows, random)
    if task is Task.REGRESSION:
        splits = KFold(FOLDS, shuffle=True, random_state=seed).split(rows)
    else:
        n_splits = min(FOLDS, int(np.bincount(y[rows]).max()))
        splits = StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(rows, y[rows])
    return [(rows[train], rows[test]) for train, test in splits]


def _max_rows(task: Task, y: np.ndarray) -> int:
    return MAX_ROWS if task is Task.REGRESSION else min(MAX_ROWS, MAX_CELLS // (int(y.max()) + 1))


def _holdout(held_out: np.ndarray, rows: int, random: np.random.Generator) -> list[Fold]:
    train = np.delete(np.arange(rows), held_out)
    return [(train, np.sort(test)) for test in np.array_split(random.permutation(held_out), FOLDS)]


def _group_folds(  # noqa: PLR0913, PLR0917 - as `folds`
    task: Task,
    y: np.ndarray,
    seed: int,
    times: np.ndarray | None,
    groups: np.ndarray,
    random: np.random.Generator,
) -> list[Fold]:
    max_rows = _max_rows(task, y)
    if times is None and len(y) > HOLDOUT_ROWS:
        held_out = _sample_groups(groups, max_rows, random)
        if held_out is not None and _has_all_classes(task, y, np.delete(y, held_out)):
            return _holdout(held_out, len(y), random)
    if times is None:
        rows = _sampled(task, y, np.arange(len(y)), groups, max_rows, random)
        return _usable(task, y, _by_group(task, y, groups, rows, seed))
    order = np.argsort(times, kind="stable")
    cut = len(order) - max(1, round(len(order) * TIME_TEST_SHARE))
    max_test = round(max_rows * TIME_TEST_SHARE)
    earlier = _sampled(task, y, order[:cut], groups, max_rows - max_test, random)
    latest = _sampled(task, y, order[cut:], groups, max_test, random)
    rows, is_latest = np.concatenate([earlier, latest]), np.repeat([False, True], [len(earlier), len(latest)])
    by_group = _by_group(task, y, groups, rows, seed, is_latest)
    return _usable(task, y, by_group)


def _by_group(  # noqa: PLR0913, PLR0917 - as `folds`
    task: Task, y: np.ndarray, groups: np.ndarray, rows: np.ndarray, seed: int, is_latest: np.ndarray | None = None
) -> list[Fold]:
    """Split rows by group; with `is_latest`, only those are test rows, and only the others training rows."""
    count = len(np.unique(groups[rows]))
    if count < 2:
        _reject(
            "group_column",
            "All rows have the same group, so no group can be held out for evaluation; send rows of at least two "
            "groups, or leave 'group_column' out.",
        )
    n_splits = min(FOLDS, count)
    if task is Task.REGRESSION:
        splits = GroupKFold(n_splits, shuffle=True, random_state=seed).split(rows, groups=groups[rows])
    else:
        n_splits = min(n_splits, int(np.bincount(y[rows]).max()))
        kfold = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
        splits = kfold.split(rows, y[rows], groups[rows])
    if is_latest is None:
        return [(rows[train], rows[test]) for train, test in splits]
    return [(rows[train][~is_latest[train]], rows[test][is_latest[test]]) for train, test in splits]


def _usable(task: Task, y: np.ndarray, found: list[Fold]) -> list[Fold]:
    """Return the folds that have both training and test rows.

    Raises:
        Unacceptable: the training rows of a fold have only one class.
    """
    kept = [(train, test) for train, test in found if len(train) and len(test)]
    if task is Task.CLASSIFICATION and any(len(np.unique(y[train])) < 2 for train, _ in kept):
        _reject(
            "group_column",
            "When whole groups are held out for evaluation, the rows that are left to train on have only one class; "
            "send rows of more groups, or leave 'group_column' out.",
        )
    return kept


def _has_all_classes(task: Task, y: np.ndarray, part: np.ndarray) -> bool:
    return task is Task.REGRESSION or len(np.unique(part)) == len(np.unique(y))


def _sampled(  # noqa: PLR0913, PLR0917 - rows, their groups, and how many of them
    task: Task, y: np.ndarray, rows: np.ndarray, groups: np.ndarray, size: int, random: np.random.Generator
) -> np.ndarray:
    """Return all rows if there are at most `size`, otherwise about `size` rows: of whole groups, if these are many."""
    if len(rows) <= size:
        return rows
    sample = _sample_groups(groups[rows], size, random)
    return _subsample(task, y, rows, size, random) if sample is None else rows[sample]


def _sample_groups(groups: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray | None:
    """Return the positions of the rows of random groups, at most `size`; None if these would be too few groups."""
    _, members = np.unique(groups, return_inverse=True)
    counts = np.bincount(members)
    order = random.permutation(len(counts))
    chosen = order[np.cumsum(counts[order]) <= size]
    return np.flatnonzero(np.isin(members, chosen)) if len(chosen) >= MIN_SAMPLED_GROUPS else None


def _time_split(task: Task, y: np.ndarray, times: np.ndarray, random: np.random.Generator) -> Fold:
    order = np.argsort(times, kind="stable")
    cut = len(order) - max(1, round(len(order) * TIME_TEST_SHARE))
    earlier, latest = order[:cut], order[cut:]
    seen = np.unique(y[earlier])
    if task is Task.CLASSIFICATION and (len(seen) < 2 or not np.isin(y[latest], seen).any()):
        _reject(
            "time_column",
            f"The latest {len(latest)} rows by the time column are held out for evaluation, but the {len(earlier)} "
            "earlier rows have only one class, or none of theirs; send more rows, or leave 'time_column' out.",
        )
    max_rows = _max_rows(task, y)
    max_test = round(max_rows * TIME_TEST_SHARE)
    return (
        _subsample(task, y, earlier, max_rows - max_test, random),
        _subsample(task, y, latest, max_test, random),
    )


def _subsample(  # noqa: PLR0913, PLR0917 - rows, and how many of them
    task: Task, y: np.ndarray, rows: np.ndarray, size: int, random: np.random.Generator, min_per_class: int = 2
) -> np.ndarray:
    """Return all rows if there are at most `size`, otherwise about `size` random ones, stratified by class."""
    if len(rows) <= size:
        return rows
    shuffled = random.permutation(rows)
    if task is Task.REGRESSION:
        return np.sort(shuffled[:size])
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    classes = np.split(by_class, np.cumsum(np.bincount(y[rows]))[:-1])
    kept = [part[: max(min_per_class, round(len(part) * size / len(rows)))] for part in classes]
    return np.sort(np.concatenate(kept))


def _reject(option: str, detail: str) -> NoReturn:
    raise Unacceptable(detail, [{"detail": detail, "pointer": pointer(option)}])
