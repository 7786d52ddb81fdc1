"""Error slices, and claims that fail, on made-up errors of rows."""

import numpy as np
import pytest

from mlapp.ml.subgroups.claims import unmet_claims
from mlapp.ml.subgroups.conditions import levels_by_feature
from mlapp.ml.subgroups.means import Rows, mean_of
from mlapp.ml.subgroups.slices import find_slices
from mlapp.schemas import ColumnType, Condition, Feature

ROWS = 1_200
FEATURES = [
    Feature(name="age", type=ColumnType.NUMBER, required=True, example=None),
    Feature(name="deck", type=ColumnType.CATEGORY, required=False, example=None, categories=["A", "B", "C"]),
    Feature(name="alone", type=ColumnType.BOOLEAN, required=True, example=None),
    Feature(name="children", type=ColumnType.INTEGER, required=True, example=None),
]


def matrix(random: np.random.Generator) -> np.ndarray:
    deck = random.integers(-1, 3, ROWS).astype(float)
    age, alone = random.uniform(0, 80, ROWS), random.uniform(size=ROWS) < 0.5
    found: np.ndarray = np.column_stack([age, np.where(deck < 0, np.nan, deck), alone, random.integers(0, 4, ROWS)])
    return found


def halves(random: np.random.Generator) -> np.ndarray:
    return np.asarray(random.permutation(ROWS) % 2 == 0)


@pytest.mark.parametrize(
    ("is_bad", "expected"),
    [
        (lambda x: x[:, 1] == 2, [Condition(column="deck", value="C")]),
        (lambda x: np.isnan(x[:, 1]), [Condition(column="deck", missing=True)]),
        (
            lambda x: (x[:, 1] == 0) & (x[:, 2] == 1),
            [*(Condition(column="deck", value="A"),), Condition(column="alone", value=True)],
        ),
        (lambda x: x[:, 3] >= 2, [Condition(column="children", above=1)]),
    ],
    ids=["category", "missing", "pair", "range"],
)
def test_a_planted_slice_is_found_with_its_conditions(is_bad, expected):
    random = np.random.default_rng(1)
    x = matrix(random)
    wrong = random.uniform(size=ROWS) < np.where(is_bad(x), 0.5, 0.1)

    found, *_ = find_slices(levels_by_feature(x, FEATURES), wrong.astype(float), halves(random), Rows(np.ones(ROWS)))

    assert found.conditions == expected
    assert found.error == pytest.approx(0.5, abs=0.12)
    assert found.elsewhere == pytest.approx(0.1, abs=0.05)
    assert found.rows < is_bad(x).sum()


def test_errors_by_chance_are_no_slice():
    found = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        levels = levels_by_feature(matrix(random), FEATURES)
        losses = np.abs(random.normal(size=ROWS)) if seed % 2 else (random.uniform(size=ROWS) < 0.2).astype(float)
        found += bool(find_slices(levels, losses, halves(random), Rows(np.ones(ROWS))))

    assert found <= 5


def test_errors_of_one_group_are_no_slice_of_its_rows():
    random = np.random.default_rng(2)
    x, groups = matrix(random), np.repeat(np.arange(12), ROWS // 12)
    x[:, 1] = groups % 3
    losses = np.where(groups == 0, 1.0, 0.1) + random.uniform(size=ROWS) / 10
    levels, searched = levels_by_feature(x, FEATURES), np.arange(ROWS) % 2 == 0

    assert find_slices(levels, losses, searched, Rows(np.ones(ROWS)))
    assert not find_slices(levels, losses, searched, Rows(np.ones(ROWS), groups))


def test_rows_of_weight_0_do_not_make_a_slice():
    random = np.random.default_rng(3)
    x = matrix(random)
    bad = x[:, 1] == 2
    losses, weights = np.where(bad, 1.0, 0.1), np.where(bad, 0.0, 1.0)

    assert not find_slices(levels_by_feature(x, FEATURES), losses, halves(random), Rows(weights))


def test_few_rows_with_most_of_the_weight_make_no_slice():
    found = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        levels, weights = levels_by_feature(matrix(random), FEATURES), np.exp(3 * random.normal(size=ROWS))
        found += bool(find_slices(levels, np.abs(random.normal(size=ROWS)), halves(random), Rows(weights)))

    assert found <= 1


def test_a_single_row_with_all_weight_has_no_standard_error():
    values, everywhere = np.arange(3.0), np.ones(3, dtype=bool)

    found = mean_of(values, everywhere, Rows(np.array([1e-20, 1.0, 1e-20])))

    assert found.value == 1
    assert found.units == pytest.approx(1)
    assert found.standard_error == pytest.approx(0, abs=1e-9)


def test_slices_need_rows_in_both_halves():
    random = np.random.default_rng(4)
    x = matrix(random)
    bad = x[:, 1] == 2

    assert not find_slices(levels_by_feature(x, FEATURES), np.where(bad, 1.0, 0.1), bad, Rows(np.ones(ROWS)))


@pytest.mark.parametrize(
    ("kept", "expected"),
    [(0.9, []), (0.7, [Condition(column="deck", value="C")]), (0.0, [Condition(column="deck", value="C")])],
)
def test_claims_that_fail_in_a_subgroup_are_reported(kept, expected):
    random = np.random.default_rng(5)
    x = matrix(random)
    is_kept = random.uniform(size=ROWS) < np.where(x[:, 1] == 2, kept, 0.9)

    found = unmet_claims(levels_by_feature(x, FEATURES), is_kept, np.full(ROWS, 0.9), Rows(np.ones(ROWS)))

    assert [claim.condition for claim in found] == expected
    assert all(claim.claimed == pytest.approx(0.9) and claim.rows == (x[:, 1] == 2).sum() for claim in found)


def test_few_rows_fail_no_claim():
    x = matrix(np.random.default_rng(6))[:25]

    assert not unmet_claims(levels_by_feature(x, FEATURES), np.zeros(25), np.full(25, 0.9), Rows(np.ones(25)))


def test_dates_empty_columns_and_texts_have_levels_of_their_own():
    features = [
        Feature(name="day", type=ColumnType.DATETIME, required=True, example=None),
        Feature(name="empty", type=ColumnType.NUMBER, required=False, example=None),
        Feature(name="note", type=ColumnType.TEXT, required=True, example=None),
    ]
    x = np.column_stack([np.arange(100.0) / 2 + 0.25 * (np.arange(100) > 30), np.full(100, np.nan), np.arange(100.0)])

    (days,) = levels_by_feature(x, features)

    assert days.conditions[0] == Condition(column="day", up_to="1970-01-11")
    assert days.conditions[1].up_to == "1970-01-21T06:00:00"
    assert days.holds(0).sum() == np.sum(x[:, 0] <= 10)
