"""Which rows an estimator learns from, and which judge it."""

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from mlapp.errors import Unacceptable
from mlapp.schemas import Task

FOLDS = 5
LATEST_SHARE = 0.2
"""Share of the rows held out when the latest ones are."""
MAX_ROWS = 20_000
"""Rows that an evaluation takes; of more, it takes a random part."""
LARGE_ROWS = 200_000
"""Of more rows than this, `MAX_ROWS` are held out and never learnt from: one fit is judged and kept, and what is said
of it is said of itself. The rows that it does without are a tenth at most."""
MAX_CELLS = 5_000_000
"""Rows × classes that it takes at most: their probabilities are 40 MB."""

Fold = tuple[np.ndarray, np.ndarray]
"""Indices of the rows to fit on, and of the rows to judge on."""


def folds(task: Task, y: np.ndarray, seed: int, times: np.ndarray | None = None) -> list[Fold]:
    """Split rows for evaluation: stratified for classification; the latest rows held out when `times` are given.

    `y` are values, or the places of classes. No row judges twice. Of a large table, all folds learn from the same
    rows (the same array), and share those held out.

    Raises:
        Unacceptable: the classes of the latest rows cannot be learnt from the earlier ones.
    """
    random = np.random.default_rng(seed)
    if times is not None:
        return [_latest(task, y, times, random)]
    if len(y) > LARGE_ROWS:
        held_out = _part(task, y, np.arange(len(y)), _most(task, y), random, least=0)
        learn = np.delete(np.arange(len(y)), held_out)
        return [(learn, np.sort(judge)) for judge in np.array_split(random.permutation(held_out), FOLDS)]
    rows = _part(task, y, np.arange(len(y)), _most(task, y), random)
    if task is Task.REGRESSION:
        splits = KFold(FOLDS, shuffle=True, random_state=seed).split(rows)
    else:
        parts = min(FOLDS, int(np.bincount(y[rows]).max()))
        splits = StratifiedKFold(parts, shuffle=True, random_state=seed).split(rows, y[rows])
    return [(rows[fit], rows[judge]) for fit, judge in splits]


def _most(task: Task, y: np.ndarray) -> int:
    return MAX_ROWS if task is Task.REGRESSION else min(MAX_ROWS, MAX_CELLS // (int(y.max()) + 1))


def _latest(task: Task, y: np.ndarray, times: np.ndarray, random: np.random.Generator) -> Fold:
    order = np.argsort(times, kind="stable")
    cut = len(order) - max(1, round(len(order) * LATEST_SHARE))
    earlier, latest = order[:cut], order[cut:]
    seen = np.unique(y[earlier])
    if task is Task.CLASSIFICATION and (len(seen) < 2 or not np.isin(y[latest], seen).any()):
        raise Unacceptable(
            f"The latest {len(latest)} rows by the time column are for judging, but the {len(earlier)} earlier ones "
            "hold only one class, or none of theirs; send more rows, or leave 'time_column' out."
        )
    most = round(_most(task, y) * LATEST_SHARE)
    return _part(task, y, earlier, _most(task, y) - most, random), _part(task, y, latest, most, random)


def _part(  # noqa: PLR0913, PLR0917 - rows, and how many of them
    task: Task, y: np.ndarray, rows: np.ndarray, most: int, random: np.random.Generator, least: int = 2
) -> np.ndarray:
    """Return all rows when they are few enough, else about `most`: of every class its share and at least `least`."""
    if len(rows) <= most:
        return rows
    shuffled = random.permutation(rows)
    if task is Task.REGRESSION:
        return np.sort(shuffled[:most])
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    found = np.split(by_class, np.cumsum(np.bincount(y[rows]))[:-1])
    return np.sort(np.concatenate([part[: max(least, round(len(part) * most / len(rows)))] for part in found]))
