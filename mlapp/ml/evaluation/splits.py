"""Train/test splits: stratified k-fold, a time-based split, or a single holdout set for large tables."""

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from mlapp.errors import Unacceptable
from mlapp.schemas import Task

FOLDS = 5
TIME_TEST_SHARE = 0.2
"""Share of the rows, the latest ones, that a time-based split holds out."""
MAX_ROWS = 20_000
"""Rows used for evaluation; larger tables are sampled."""
HOLDOUT_ROWS = 200_000
"""Beyond this many rows, `MAX_ROWS` of them are held out for good: the estimator fitted on the others is both evaluated
and kept as the model, so the metrics are its own. It does without a tenth of the rows at most."""
MAX_CELLS = 5_000_000
"""Test rows × classes, at most: their probabilities take 40 MB."""

Fold = tuple[np.ndarray, np.ndarray]
"""Indices of the training rows and of the test rows."""


def folds(task: Task, y: np.ndarray, seed: int, times: np.ndarray | None = None) -> list[Fold]:
    """Split rows into training and test rows, stratified by class for classification.

    `y` holds values or class indices, (rows,). With `times`, (rows,), there is a single fold, whose test rows are the
    latest ones. Every row is a test row at most once. In large tables, all folds have the same training rows (the same
    array), and divide the held-out rows among them.

    Raises:
        Unacceptable: the earlier rows have only one class, or none of those of the latest rows.
    """
    random = np.random.default_rng(seed)
    if times is not None:
        return [_time_split(task, y, times, random)]
    rows, max_rows = np.arange(len(y)), _max_rows(task, y)
    if len(y) > HOLDOUT_ROWS:
        held_out = _subsample(task, y, rows, max_rows, random, min_per_class=0)
        train = np.delete(rows, held_out)
        return [(train, np.sort(test)) for test in np.array_split(random.permutation(held_out), FOLDS)]
    rows = _subsample(task, y, rows, max_rows, random)
    if task is Task.REGRESSION:
        splits = KFold(FOLDS, shuffle=True, random_state=seed).split(rows)
    else:
        n_splits = min(FOLDS, int(np.bincount(y[rows]).max()))
        splits = StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(rows, y[rows])
    return [(rows[train], rows[test]) for train, test in splits]


def _max_rows(task: Task, y: np.ndarray) -> int:
    return MAX_ROWS if task is Task.REGRESSION else min(MAX_ROWS, MAX_CELLS // (int(y.max()) + 1))


def _time_split(task: Task, y: np.ndarray, times: np.ndarray, random: np.random.Generator) -> Fold:
    order = np.argsort(times, kind="stable")
    cut = len(order) - max(1, round(len(order) * TIME_TEST_SHARE))
    earlier, latest = order[:cut], order[cut:]
    seen = np.unique(y[earlier])
    if task is Task.CLASSIFICATION and (len(seen) < 2 or not np.isin(y[latest], seen).any()):
        raise Unacceptable(
            f"The latest {len(latest)} rows by the time column are held out for evaluation, but the {len(earlier)} "
            "earlier rows have only one class, or none of theirs; send more rows, or leave 'time_column' out."
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
