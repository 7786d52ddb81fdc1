"""Scores of a model on rows whose target is known."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.ml.data.encoding import EncodedRows
from mlapp.ml.evaluation.metrics import metrics
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.ml.own.metrics import add_own_metrics
from mlapp.schemas import ColumnType, Task
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.inference import convert_column
from mlapp.tables.table import Table

MAX_ROWS = 100_000
MIN_ROWS = 2
MAX_WORST = 20


class WorstRows(NamedTuple):
    """The up to 20 rows on which a version is most wrong, the worst first; none that it gets right."""

    rows: np.ndarray
    """Indices in the table, (rows,)."""
    predicted: np.ndarray
    """Predictions as of `predict`, (rows, outputs)."""
    measure: np.ndarray
    """Absolute errors (regression), or probabilities of the actual classes, (rows,)."""


class Score(NamedTuple):
    """Metrics, the number of rows that they are of, and the worst of these rows."""

    metrics: dict[str, float]
    rows: int
    worst: WorstRows


def score(fitted: FittedVersion, table: Table, encoded: EncodedRows, bad_rows: Sequence[int]) -> Score | None:
    """Return the score of the first rows with a target; None if the table has no target, or too few rows with one.

    Rows count by the weight column of the version if the table has it; without a weight, they do not count.

    `encoded` has the encoded rows, and `bad_rows` those that cannot be predicted.
    """
    model = fitted.info
    if model.target not in table.names:
        return None
    raw = table.frame[model.target]
    values = unnamed(convert_column(raw, model.target_type, model.target_read_as, table.conventions).values)
    y = values.cast(pl.Float64).to_numpy() if model.task is Task.REGRESSION else _class_indices(fitted, values)
    weights = _weights(fitted, table)
    known = ~np.isnan(y) & (weights > 0)
    known[list(bad_rows)] = False
    rows = np.flatnonzero(known)[:MAX_ROWS]
    if len(rows) < MIN_ROWS:
        return None
    y, weights, predicted = y[rows], weights[rows], fitted.predict_rows(encoded.at(rows))
    if model.task is Task.REGRESSION:
        errors = np.abs(predicted[:, 0] - y)
        worst = _worst(rows, predicted, errors, (-errors).argsort(kind="stable"), errors > 0)
        scores = metrics(model.task, y, predicted[:, 0], weights)
        return Score(add_own_metrics(scores, model.task, y, predicted[:, 0], weights)[0], len(rows), worst)
    y = y.astype(int)
    decided = fitted.answers.rule.classes(predicted)
    of_actual = predicted[np.arange(len(y)), y]
    worst = _worst(rows, predicted, of_actual, of_actual.argsort(kind="stable"), decided != y)
    if len(np.unique(y)) < predicted.shape[1]:
        # The other metrics need rows of every class.
        scores = {"accuracy": float(np.average(decided == y, weights=weights))}
    else:
        scores = metrics(model.task, y, predicted, weights, decided)
    return Score(add_own_metrics(scores, model.task, y, predicted, weights)[0], len(rows), worst)


def _worst(
    rows: np.ndarray, predicted: np.ndarray, measure: np.ndarray, order: np.ndarray, is_wrong: np.ndarray
) -> WorstRows:
    """Return the first rows that are wrong, in an order from the worst to the best."""
    worst = order[is_wrong[order]][:MAX_WORST]
    return WorstRows(rows[worst], predicted[worst], measure[worst])


def _weights(fitted: FittedVersion, table: Table) -> np.ndarray:
    """Return the weights of the rows as in the training of a version, (rows,), 1 without weights in the table."""
    name = fitted.info.weight_column
    if name is None or name not in table.names:
        return np.ones(table.height)
    values = convert_column(table.frame[name], ColumnType.NUMBER, None, table.conventions).values
    return unnamed(values).cast(pl.Float64).fill_null(0).to_numpy()


def _class_indices(fitted: FittedVersion, values: pl.Series) -> np.ndarray:
    """Return the index of each class, NaN for values that are none."""
    names = fitted.answers.class_names
    whole = fitted.info.target_type is ColumnType.INTEGER
    texts = format_values(values.cast(pl.Int64, strict=False) if whole else values)
    return texts.replace_strict(names, list(range(len(names))), default=None, return_dtype=pl.Float64).to_numpy()
