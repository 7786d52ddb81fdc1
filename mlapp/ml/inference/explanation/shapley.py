"""Shapley values of a game: enumerated for few players, otherwise estimated from random permutations.

Source: Strumbelj and Kononenko, Explaining prediction models and individual predictions with feature contributions,
Knowledge and Information Systems 41 (2014); antithetic permutations: Mitchell et al., Sampling Permutations for Shapley
Value Estimation, JMLR 23 (2022).
"""

from collections.abc import Callable
from math import comb
from typing import NamedTuple

import numpy as np

ENUMERATED_PLAYERS = 8
"""Games of up to this many players are computed from all 256 coalitions."""
STANDARD_ERRORS = 2.5
"""Makes an error of a standard error, which a contribution exceeds with a probability of about 1 %."""
RELATIVE_ERROR = 0.05
"""Sampling ends when the errors of all contributions are at most this share of the largest one."""
MIN_ROUNDS = 2
"""A variance needs two."""
MAX_EVALUATIONS = 100_000
"""Or after this many evaluations of coalitions."""
ROUNDING = 1e-9
"""Errors below this share of the largest contribution come from the order of sums."""
CHUNK_CELLS = 2**20
"""Coalitions × players that are evaluated at a time."""

Value = Callable[[np.ndarray, slice], np.ndarray]
"""Returns the values of coalitions, (games, coalitions), of some of the games; coalitions are (games, coalitions,
players)."""


class Contributions(NamedTuple):
    """Shapley values, averaged over games."""

    values: np.ndarray
    """(players,); they add up to the mean difference between the coalitions of all players and of none."""
    error: float
    """Of the least accurate value; 0 if all are exact."""


def shapley_values(value: Value, empty: np.ndarray, full: float, players: int, seed: int) -> Contributions:
    """Return the mean Shapley values of games with the same players.

    Args:
        value: Evaluates coalitions.
        empty: The value without players, (games,).
        full: The value of all players, the same in all games.
        players: Number of players.
        seed: Of the permutations.
    """
    if players == 1:
        return Contributions(np.array([full - empty.mean()]), 0.0)
    if players <= ENUMERATED_PLAYERS:
        return Contributions(_enumerated(value, empty, full, players), 0.0)
    return _sampled(value, empty, full, players, seed)


def _enumerated(value: Value, empty: np.ndarray, full: float, players: int) -> np.ndarray:
    coalitions = (np.arange(1, 2**players - 1)[:, None] >> np.arange(players)) & 1 == 1
    games = len(empty)
    inner = value(np.broadcast_to(coalitions, (games, *coalitions.shape)), slice(games)).mean(axis=0)
    values = np.concatenate([[empty.mean()], inner, [full]])
    found: np.ndarray = _weights(players) @ values
    return found


def _weights(players: int) -> np.ndarray:
    """Return the weight of each coalition in the Shapley value of each player, (players, coalitions)."""
    members = (np.arange(2**players) >> np.arange(players)[:, None]) & 1 == 1
    sizes = members.sum(axis=0)
    weight = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    joined, left = weight[np.maximum(sizes - 1, 0)], weight[np.minimum(sizes, players - 1)]
    weights: np.ndarray = np.where(members, joined, -left)
    return weights


def _sampled(value: Value, empty: np.ndarray, full: float, players: int, seed: int) -> Contributions:
    random, games = np.random.default_rng(seed), len(empty)
    rounds: list[np.ndarray] = []
    while True:
        rounds.append(_permuted(value, empty, full, random.random((games, players)).argsort(axis=1)))
        if len(rounds) < MIN_ROUNDS:
            continue
        found = np.stack(rounds)
        # The permutations of each game are drawn apart, so that differences between games are no error.
        variances = found.var(axis=0, ddof=1).sum(axis=0) / len(rounds)
        error, values = float(STANDARD_ERRORS * np.sqrt(variances.max()) / games), found.mean(axis=(0, 1))
        largest = np.abs(values).max()
        if error <= RELATIVE_ERROR * largest or len(rounds) * 2 * games * (players - 1) >= MAX_EVALUATIONS:
            return Contributions(values, error if error > ROUNDING * largest else 0.0)


def _permuted(value: Value, empty: np.ndarray, full: float, ranks: np.ndarray) -> np.ndarray:
    """Return what each player adds in a permutation of each game and in the reverse of it, (games, players).

    `ranks` has the positions of the players, (games, players).
    """
    games, players = ranks.shape
    size = max(1, CHUNK_CELLS // (2 * players * players))
    found = []
    for start in range(0, games, size):
        part = slice(start, min(start + size, games))
        both = np.stack([ranks[part], players - 1 - ranks[part]], axis=1)
        count = len(both)
        coalitions = both[:, :, None, :] < np.arange(1, players)[:, None]
        inner = value(coalitions.reshape(count, -1, players), part).reshape(count, 2, players - 1)
        ends = np.broadcast_to(empty[part, None, None], (count, 2, 1)), np.full((count, 2, 1), full)
        steps = np.diff(np.concatenate([ends[0], inner, ends[1]], axis=2), axis=2)
        found.append(np.take_along_axis(steps, both, axis=2).mean(axis=1))
    return np.concatenate(found)
