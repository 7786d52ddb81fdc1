"""Explainer: contributions of features to predictions, which add up to them."""

from collections.abc import Sequence
from functools import cached_property
from zlib import crc32

import numpy as np

from mlapp.ml.data.text_embedding import column_blocks
from mlapp.ml.inference.compiled.program import Parts
from mlapp.ml.inference.explanation.games import prediction_game, weighted_game, weights_of
from mlapp.ml.inference.explanation.mixtures import Mixtures, Sums
from mlapp.ml.inference.explanation.parts import parts_of
from mlapp.ml.inference.explanation.shapley import shapley_values
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.pipelines.raw_texts import without_negative_zero
from mlapp.schemas import Explanation, Record


class Explainer:
    """Explains the predictions of a version: interventional Shapley values against its background.

    A coalition of features is worth the mean prediction for the background rows with its values replaced by those of
    the row. All columns of a text belong to one feature. Contributions to what linear models, splines and trees add up
    are exact; those to functions of these sums, such as a probability, are sampled with the exact ones as control
    variates.

    Source: Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS (2017); interventional:
    Janzing, Minorics and Bloebaum, Feature relevance quantification in explainable AI, AISTATS (2020).
    """

    def __init__(
        self, parts: Parts, background: np.ndarray, blocks: Sequence[Sequence[int]], names: Sequence[str]
    ) -> None:
        """`blocks` has the columns of each feature, and `names` its name."""
        self._mixtures, self._names = Mixtures(parts, background, blocks), list(names)

    @cached_property
    def _weights(self) -> Sums | None:
        """The weights of all sums, if a prediction is a weighted sum."""
        return weights_of(self._mixtures.parts.formula, self._mixtures.background_sums)

    def explain(self, x: np.ndarray, outputs: Sequence[int]) -> list[Explanation]:
        """Explain rows, (rows, columns); `outputs` has the class of which the probability is explained, or 0."""
        return [
            self._explain(without_negative_zero(row[None, :]), output) for row, output in zip(x, outputs, strict=True)
        ]

    def _explain(self, x: np.ndarray, output: int) -> Explanation:
        row = self._mixtures.of_row(x)
        game = prediction_game(row, output) if self._weights is None else weighted_game(row, self._weights)
        # Equal rows have equal explanations.
        seed = crc32(x.tobytes() if x.dtype != object else repr(x.tolist()).encode())
        found = shapley_values(game, seed)
        return Explanation(
            base=float(self._mixtures.base[:, output].mean()),
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
