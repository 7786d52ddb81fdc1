"""Explainer: contributions of features to predictions, which add up to them."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from mlapp.ml.data.text_embedding import column_blocks
from mlapp.ml.inference.compiled.program import Parts
from mlapp.ml.inference.explanation.mixtures import Mixtures
from mlapp.ml.inference.explanation.parts import parts_of
from mlapp.ml.inference.explanation.shapley import shapley_values
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.pipelines.raw_texts import without_negative_zero
from mlapp.schemas import Explanation, Record


class Explainer:
    """Explains the predictions of a version: interventional Shapley values against its background.

    A coalition of features is worth the mean prediction for the background rows with its values replaced by those of
    the row. All columns of a text belong to one feature.

    Source: Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS (2017); interventional:
    Janzing, Minorics and Bloebaum, Feature relevance quantification in explainable AI, AISTATS (2020).
    """

    def __init__(
        self, parts: Parts, background: np.ndarray, blocks: Sequence[Sequence[int]], names: Sequence[str]
    ) -> None:
        """`blocks` has the columns of each feature, and `names` its name."""
        self._mixtures, self._names = Mixtures(parts, background, blocks), list(names)

    def explain(self, x: np.ndarray, outputs: Sequence[int]) -> list[Explanation]:
        """Explain rows, (rows, columns); `outputs` has the class of which the probability is explained, or 0."""
        return [
            self._explain(without_negative_zero(row[None, :]), output) for row, output in zip(x, outputs, strict=True)
        ]

    def _explain(self, x: np.ndarray, output: int) -> Explanation:
        row, base = self._mixtures.of_row(x), self._mixtures.base[:, output]
        predicted = float(self._mixtures.parts.many(x)[0, output])

        def value(coalitions: np.ndarray, games: slice) -> np.ndarray:
            return row.predict(coalitions, games)[:, :, output]

        # Equal rows have equal explanations.
        seed = crc32(x.tobytes() if x.dtype != object else repr(x.tolist()).encode())
        found = shapley_values(value, base, predicted, len(self._names), seed)
        return Explanation(
            base=float(base.mean()),
            contributions=dict(zip(self._names, found.values.tolist(), strict=True)),
            error=found.error,
        )


def make_explainer(record: Record, file: ModelFile, rows: np.ndarray) -> Explainer:
    """Return the explainer of a version; its estimator is compiled and tested on `rows`, (rows, columns)."""
    return Explainer(
        parts_of(file.estimator, len(record.classes or []) or None, rows),
        file.background,
        column_blocks(record.features, file.texts),
        [feature.name for feature in record.features],
    )
