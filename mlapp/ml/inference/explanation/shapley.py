"""Shapley values of a game: enumerated for few players, otherwise estimated from random permutations.

Source: Strumbelj and Kononenko, Explaining prediction models and individual predictions with feature contributions,
Knowledge and Information Systems 41 (2014); antithetic permutations: Mitchell et al., Sampling Permutations for Shapley
Value Estimation, JMLR 23 (2022); control variates: Goldwasser and Hooker, Stabilizing Estimates of Shapley Values with
Control Variates, XAI (2024).
"""

from collections.abc import Callable
from math import comb
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

ENUMERATED_PLAYERS = 8
"""Games of up to this many players are computed from all 256 coalitions."""
EXCEEDED = 0.01
"""Maximum share of the explanations in which a contribution is off by more than the error."""
RELATIVE_ERROR = 0.05
"""Sampling ends when the errors of all contributions are at most this share of the largest one."""
MAX_EVALUATIONS = 100_000
"""Or after this many evaluations of coalitions."""
ROUNDING = 1e-9
"""Errors below this share of the largest contribution come from the order of sums."""
CHUNK_CELLS = 2**20
"""Coalitions × players that are evaluated at a time."""

Value = Callable[[np.ndarray, slice], np.ndarray]
"""Returns the values of coalitions, (games, coalitions, values), of some of the games; coalitions are (games,
coalitions, players)."""


class Game(NamedTuple):
    """Games with the same players, of which the mean is explained.

    The first value of a coalition is what it is worth; the other ones are controls, whose Shapley values are known.
    """

    value: Value | None
    """None if all coalitions are worth nothing."""
    empty: np.ndarray
    """Values without players, (games, values)."""
    full: np.ndarray
    """Values of all players, the same in all games, (values,)."""
    known: np.ndarray
    """Shapley values of what is added to the worth of coalitions, (players,)."""
    exact: Callable[[np.ndarray], np.ndarray] | None = None
    """Returns the Shapley values of the weighted sum of controls, (controls,) to (players,); None without controls."""


class Contributions(NamedTuple):
    """Shapley values, averaged over games."""

    values: np.ndarray
    """(players,); they add up to the mean difference between the coalitions of all players and of none."""
    error: float
    """Of the least accurate value; 0 if all are exact."""


def shapley_values(game: Game, seed: int) -> Contributions:
    """Return the mean Shapley values; `seed` is that of the permutations."""
    players = len(game.known)
    if game.value is None:
        return Contributions(game.known, 0.0)
    if players == 1:
        return Contributions(game.known + game.full[0] - game.empty[:, 0].mean(), 0.0)
    if players <= ENUMERATED_PLAYERS:
        return Contributions(game.known + _enumerated(game, game.value), 0.0)
    return _sampled(game, game.value, seed)


def _enumerated(game: Game, value: Value) -> np.ndarray:
    players, games = len(game.known), len(game.empty)
    coalitions = (np.arange(1, 2**players - 1)[:, None] >> np.arange(players)) & 1 == 1
    inner = value(np.broadcast_to(coalitions, (games, *coalitions.shape)), slice(games))[:, :, 0].mean(axis=0)
    values = np.concatenate([[game.empty[:, 0].mean()], inner, [game.full[0]]])
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


def _sampled(game: Game, value: Value, seed: int) -> Contributions:
    """Sample permutations, one and its reverse for each game in a round, until the values are accurate."""
    random, players, games = np.random.default_rng(seed), len(game.known), len(game.empty)
    # All contributions are as accurate as the error says, not only most of them.
    deviations = NormalDist().inv_cdf(1 - EXCEEDED / (2 * players))
    rounds: list[np.ndarray] = []
    weights, known = None, game.known
    while True:
        steps = _steps(game, value, random.random((games, players)).argsort(axis=1))
        if weights is None:
            weights = _control_weights(steps)
            known = known + (game.exact(weights) if game.exact else 0.0)
        rounds.append((steps[..., 0] - steps[..., 1:] @ weights).mean(axis=1))
        values = known + np.mean(rounds, axis=(0, 1))
        error, largest = deviations * _standard_error(np.stack(rounds)), np.abs(values).max()
        if error <= RELATIVE_ERROR * largest or (len(rounds) + 1) * 2 * games * (players - 1) > MAX_EVALUATIONS:
            return Contributions(values, error if error > ROUNDING * largest else 0.0)


def _standard_error(found: np.ndarray) -> float:
    """Return the standard error of the mean of the least accurate player, of (rounds, games, players)."""
    rounds, games, _ = found.shape
    if rounds == 1:
        # Too large by the differences between games.
        return float(np.sqrt(found[0].var(axis=0, ddof=1).max() / games))
    # The permutations of each game are drawn apart, so that differences between games are no error.
    return float(np.sqrt(found.var(axis=0, ddof=1).sum(axis=0).max() / rounds) / games)


def _control_weights(steps: np.ndarray) -> np.ndarray:
    """Return the weights of controls that come closest to what players add, by least squares, (controls,)."""
    flat = steps.reshape(-1, steps.shape[-1])
    worth, controls = flat[:, 0], flat[:, 1:]
    found: np.ndarray = np.linalg.lstsq(controls.T @ controls, controls.T @ worth)[0]
    return found


def _steps(game: Game, value: Value, ranks: np.ndarray) -> np.ndarray:
    """Return what each player adds in a permutation of each game and in the reverse of it.

    `ranks` has the positions of the players, (games, players); (games, 2, players, values) is returned.
    """
    games, players = ranks.shape
    size = max(1, CHUNK_CELLS // (2 * players * players))
    found = []
    for start in range(0, games, size):
        part = slice(start, min(start + size, games))
        both = np.stack([ranks[part], players - 1 - ranks[part]], axis=1)
        coalitions = both[:, :, None, :] < np.arange(1, players)[:, None]
        inner = value(coalitions.reshape(len(both), -1, players), part).reshape(len(both), 2, players - 1, -1)
        shape = (len(both), 2, 1, inner.shape[3])
        first, last = np.broadcast_to(game.empty[part, None, None], shape), np.broadcast_to(game.full, shape)
        added = np.diff(np.concatenate([first, inner, last], axis=2), axis=2)
        found.append(np.take_along_axis(added, both[..., None], axis=2))
    return np.concatenate(found)
