"""Tried rows: those that a pipeline which was fitted elsewhere cannot predict, found before any row is answered."""

from collections.abc import Callable

import numpy as np

from mlapp.errors import Unacceptable
from mlapp.ml.data.encoding import EncodedRows, Encoder
from mlapp.ml.data.invalid_rows import InvalidCells
from mlapp.schemas import VersionInfo

CHUNK_ROWS = 10_000
"""Rows that are predicted at a time: intermediate matrices may be many times as wide as the table."""
MAX_SINGLE = 200
"""Rows with an error that are found one by one; beyond, all rows that are predicted with one count as such."""


def try_rows(
    info: VersionInfo, encoder: Encoder, predict: Callable[[np.ndarray], np.ndarray], rows: EncodedRows
) -> EncodedRows:
    """Return encoded rows with their predictions; those for which the pipeline raises an error are invalid."""
    invalid = [cells.rows for cells in rows.invalid]
    good = np.setdiff1d(np.arange(len(rows.x)), np.concatenate([[], *invalid, [*rows.table.problems]]).astype(int))
    width = len(info.classes or ()) or (3 if info.interval else 1)
    predicted, failed = np.full((len(rows.x), width), np.nan), dict[str, list[int]]()
    parts = [good[start : start + CHUNK_ROWS] for start in range(0, len(good), CHUNK_ROWS)]
    while parts:
        part = parts.pop(0)
        try:
            predicted[part] = predict(encoder.matrix(rows.at(part)))
        except Unacceptable as error:
            if len(part) == 1 or sum(map(len, failed.values())) > MAX_SINGLE:
                failed.setdefault(error.detail, []).extend(part.tolist())
            else:
                parts = [*np.array_split(part, 2), *parts]
    feature = info.features[0]
    cells = [
        InvalidCells(feature, "", np.array(found), None, f"cannot be predicted: {why.rstrip('.')}")
        for why, found in failed.items()
    ]
    return rows._replace(predicted=predicted, invalid=[*rows.invalid, *cells])
