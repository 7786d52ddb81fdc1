"""Games of the features of a row: what a coalition of them is worth."""

from collections.abc import Collection
from functools import partial

import numpy as np

from mlapp.ml.inference.compiled.formulas import Formula
from mlapp.ml.inference.explanation.mixtures import ReadSums, RowMixtures, Sums
from mlapp.ml.inference.explanation.shapley import Game

MAX_CONTROLS = 30
"""Maximum number of sums that sampled contributions are compared with."""


def weights_of(formula: Formula | None, sums: Sums) -> Sums | None:
    """Return the weight of each sum, (sums,) for each source; None if a prediction is no weighted sum."""
    if formula is None or formula.exponentials:
        return None
    weights = {number: np.zeros(found.shape[1]) for number, found in sums.items()}
    for number, index, weight in formula.sums:
        weights[number][index] += weight
    return weights


def weighted_game(row: RowMixtures, weights: Sums) -> Game:
    """Return the game of a weighted sum; only sources whose contributions are not exact are evaluated."""
    others = [number for number in weights if number not in row.exact]
    known = row.contributions({number: weights[number] for number in row.exact})
    if not others:
        return Game(None, np.zeros((1, 1)), np.zeros(1), known)

    def read(sums: Sums) -> np.ndarray:
        found = np.column_stack([sums[number] @ weights[number] for number in others])
        return np.asarray(found.sum(axis=1, keepdims=True))

    return _game(row, others, read)._replace(known=known)


def prediction_game(row: RowMixtures, output: int) -> Game:
    """Return the game of an output, such as a probability, with the sums of exact sources as controls."""
    numbers, last = [*row.sums], row.mixtures.parts.last
    controls = [number for number in row.exact if len(row.sums[number][0]) <= MAX_CONTROLS]
    ends = np.cumsum([len(row.sums[number][0]) for number in controls])[:-1]

    def read(sums: Sums) -> np.ndarray:
        predicted = last([sums[number] for number in numbers])[:, output]
        return np.column_stack([predicted, *(sums[number] for number in controls)])

    def exact(weights: np.ndarray) -> np.ndarray:
        return row.contributions(dict(zip(controls, np.split(weights, ends), strict=True)))

    game = _game(row, numbers, read)
    return game._replace(exact=exact) if controls else game


def _game(row: RowMixtures, sources: Collection[int], read: ReadSums) -> Game:
    empty, full = read(row.mixtures.background_sums), read(row.sums)[0]
    return Game(partial(row.evaluate, sources=sources, read=read), empty, full, np.zeros(row.mixtures.features))
