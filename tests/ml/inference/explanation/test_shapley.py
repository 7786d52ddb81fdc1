"""Shapley values of games with known ones."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from mlapp.ml.inference.explanation import shapley
from mlapp.ml.inference.explanation.shapley import Contributions, Game, shapley_values

GAMES = 4
MANY = 12


def solve(weights: np.ndarray, power: int = 3, seed: int = 0) -> Contributions:
    return shapley_values(game_of(weights, power), seed)


def game_of(weights: np.ndarray, power: int) -> Game:
    """Return games in which a coalition is worth a power of its total weight; all players together are worth 1."""
    weights = weights / weights.sum(axis=1, keepdims=True)

    def value(coalitions: np.ndarray, games: slice) -> Any:
        return np.einsum("gcp,gp->gc", coalitions, weights[games])[:, :, None] ** power

    return Game(value, np.zeros((GAMES, 1)), np.ones(1), np.zeros(weights.shape[1]))


def weights_of(players: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 1, size=(GAMES, players))


@pytest.mark.parametrize("players", [1, 2, 5])
def test_few_players_have_exact_values(players):
    weights = weights_of(players)

    found = solve(weights, power=2)

    # Of a square, a player gets its weight: half of what it is worth with each other player.
    assert found.error == 0
    assert np.allclose(found.values, (weights / weights.sum(axis=1, keepdims=True)).mean(axis=0))


def test_enumerated_values_are_means_over_all_orders():
    worth = np.random.default_rng(0).normal(size=(2, 2, 2))
    worth[1, 1, 1] = 1.0

    def value(coalitions: np.ndarray, games: slice) -> Any:
        return worth[tuple(coalitions.astype(int).T)].T[:, :, None]

    found = shapley_values(Game(value, worth[[0], [0], [0]][:, None], np.ones(1), np.zeros(3)), 0).values

    orders = list(permutations(range(3)))
    steps = np.zeros(3)
    for order in orders:
        members = np.zeros(3, dtype=int)
        for player in order:
            before = worth[tuple(members)]
            members[player] = 1
            steps[player] += worth[tuple(members)] - before
    assert np.allclose(found, steps / len(orders))


def test_many_players_have_values_within_the_stated_error(monkeypatch):
    sampled = solve(weights_of(MANY))
    monkeypatch.setattr(shapley, "ENUMERATED_PLAYERS", MANY)
    exact = solve(weights_of(MANY))

    assert 0 < sampled.error <= shapley.RELATIVE_ERROR * np.abs(sampled.values).max()
    assert np.abs(sampled.values - exact.values).max() <= 2 * sampled.error
    assert sampled.values.sum() == pytest.approx(1.0, abs=1e-12)


def test_same_seed_samples_the_same_values():
    first, second, other = solve(weights_of(MANY)), solve(weights_of(MANY)), solve(weights_of(MANY), seed=1)

    assert np.array_equal(first.values, second.values)
    assert not np.array_equal(first.values, other.values)


def test_additive_games_are_exact_for_any_number_of_players():
    weights = np.tile(np.arange(1.0, MANY + 1), (GAMES, 1))

    found = solve(weights, power=1)

    assert found.error == 0
    assert np.allclose(found.values, np.arange(1, MANY + 1) / weights[0].sum())


def test_sampling_ends_after_the_largest_number_of_evaluations(monkeypatch):
    monkeypatch.setattr(shapley, "RELATIVE_ERROR", 0.001)
    monkeypatch.setattr(shapley, "MAX_EVALUATIONS", 5_000)
    found = solve(weights_of(MANY), power=9)

    assert 0.001 * found.values.max() < found.error
    assert found.values.sum() == pytest.approx(1.0)


def test_large_games_are_evaluated_in_chunks(monkeypatch):
    whole = solve(weights_of(MANY))
    monkeypatch.setattr(shapley, "CHUNK_CELLS", 1)

    assert np.allclose(solve(weights_of(MANY)).values, whole.values, rtol=1e-12)


def test_controls_with_known_values_make_samples_more_accurate(monkeypatch):
    monkeypatch.setattr(shapley, "MAX_EVALUATIONS", 0)
    weights = weights_of(MANY) / weights_of(MANY).sum(axis=1, keepdims=True)

    def value(coalitions: np.ndarray, games: slice) -> Any:
        total = np.einsum("gcp,gp->gc", coalitions, weights[games])
        return np.stack([total**3, total], axis=2)

    def exact(controls: np.ndarray) -> Any:
        return controls[0] * weights.mean(axis=0)

    sampled = solve(weights)
    found = shapley_values(Game(value, np.zeros((GAMES, 2)), np.ones(2), np.zeros(MANY), exact), 0)
    monkeypatch.setattr(shapley, "ENUMERATED_PLAYERS", MANY)

    assert 0 < found.error < sampled.error
    assert np.abs(found.values - solve(weights).values).max() <= found.error
    assert found.values.sum() == pytest.approx(1.0)


def test_known_values_are_added_to_those_of_the_game():
    known = np.arange(3.0)

    found = shapley_values(game_of(weights_of(3), 1)._replace(known=known), 0)

    assert np.allclose(found.values, solve(weights_of(3), power=1).values + known)
    assert np.array_equal(shapley_values(Game(None, np.zeros((1, 1)), np.zeros(1), known), 0).values, known)
