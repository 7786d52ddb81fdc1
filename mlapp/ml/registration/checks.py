"""Checks of a pipeline before it is registered: that it answers here as it did there, and which cells it rejects."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.text_embedding import column_blocks
from mlapp.ml.pipelines.raw_texts import RawTexts
from mlapp.ml.pipelines.rejected_cells import RejectedCells
from mlapp.schemas import ColumnType, Feature

TOLERANCE = 1e-12
"""Maximum difference between the answers here and there, relative to the value."""
PROBES, ALONE_ROWS = 5, 20
"""Rows in which cells are replaced, and that are predicted one by one."""
UNSEEN = "\ue000 never seen"
"""A category that no table has."""
Predict = Callable[[np.ndarray], np.ndarray]


def check_same(expected: np.ndarray, found: np.ndarray, where: str) -> None:
    """Check that predictions are equal to those of the pipeline itself, (rows, …).

    Raises:
        Unacceptable: they are not.
    """
    expected, found = expected.reshape(len(found), -1), found.reshape(len(found), -1)
    wrong = np.flatnonzero(~np.isclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True).all(axis=1))
    if len(wrong):
        row = wrong[0]
        raise Unacceptable(
            f"The pipeline predicts row {row} {where} differently: {_shown(found[row])} instead of "
            f"{_shown(expected[row])}, and so {len(wrong):,} of {len(found):,} rows. A server could not answer as it "
            "does; check columns whose values are not plain numbers, texts, booleans or dates, and empty texts, which "
            "count as missing values."
        )


def check_alone(predict: Predict, x: np.ndarray) -> None:
    """Check that the prediction of a row does not depend on other rows.

    Raises:
        Unacceptable: it does.
    """
    rows = x[:ALONE_ROWS]
    check_same(predict(rows), np.concatenate([predict(row[None, :]) for row in rows]), "without other rows beside it")


def rejected_cells(predict: Predict, x: np.ndarray, features: list[Feature]) -> RejectedCells | None:
    """Return for which features a pipeline raises errors if a value is missing, or a category was never seen."""
    texts = (ColumnType.TEXT, ColumnType.CATEGORY)
    blocks = column_blocks(features, [RawTexts() for feature in features if feature.type in texts])
    rows = x[:PROBES]
    missing = [
        feature.required and not _accepts(predict, rows, block, np.nan, None)
        for feature, block in zip(features, blocks, strict=True)
    ]
    unknown = [
        feature.type is ColumnType.CATEGORY and not _accepts(predict, rows, block, np.nan, UNSEEN)
        for feature, block in zip(features, blocks, strict=True)
    ]
    return RejectedCells(np.array(missing), np.array(unknown)) if any(missing + unknown) else None


def _accepts(predict: Predict, rows: np.ndarray, block: list[int], value: float, text: str | None) -> bool:
    changed = rows.copy()
    changed[:, block[0]] = value
    if len(block) > 1:
        changed[:, block[1]] = text
    try:
        return bool(np.isfinite(predict(changed)).all())
    except Unacceptable:
        return False


def _shown(values: Any) -> str:
    return shorten(", ".join(f"{value:.15g}" for value in values))
