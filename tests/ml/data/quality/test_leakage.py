"""Target leakage."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.quality.leakage import leaking_features
from mlapp.ml.data.signature import infer_signature
from mlapp.schemas import Task, TrainOptions
from mlapp.tables.table import Table

ROWS = 200


def noise(rows=ROWS, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def leaks_of(y, seed=0, **columns):
    """Return the leaking features among the columns and one of noise; a `y` of texts is a classification."""
    table = Table(pl.DataFrame({"x": noise(len(y), 9)} | columns))
    signature = infer_signature(table, "y", TrainOptions(features=table.frame.columns))
    task = Task.REGRESSION if isinstance(y, np.ndarray) else Task.CLASSIFICATION
    codes = y if task is Task.REGRESSION else np.unique(y, return_inverse=True)[1]
    return leaking_features(signature.frame, signature.features, codes, task, seed)


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(lambda y: 1.1 * y, id="scaled"),
        pytest.param(lambda y: -np.exp(5 * y), id="curved"),
        pytest.param(lambda y: np.argsort(np.argsort(y)) * 3, id="ranked"),
        pytest.param(lambda y: y + noise() / 50, id="rounded"),
    ],
)
@pytest.mark.parametrize("stretch", [lambda y: y, np.exp, np.sinh])
def test_transformed_target_leaks(leak, stretch):
    y = noise(seed=1)

    assert leaks_of(stretch(3 * y), leak=leak(y)) == ["leak"]


@pytest.mark.parametrize("classes", [2, 3, 30])
def test_codes_and_names_of_classes_leak(classes):
    codes = np.arange(600) % classes

    assert leaks_of([f"k{code:02}" for code in codes], code=codes * 7, name=[f"c{code}" for code in codes]) == [
        "code",
        "name",
    ]


def test_missing_values_alone_can_leak():
    assert leaks_of(["no", "no", "yes"] * 60, boat=["u", "v", None] * 60) == ["boat"]


def test_rare_class_can_leak():
    y = ["no"] * 1_980 + ["yes"] * 20

    assert leaks_of(y, leak=[label == "yes" for label in y], near=[index > 1_900 for index in range(2_000)]) == ["leak"]


def test_good_predictor_does_not_leak():
    y = noise(seed=1)
    near = y + noise() / 5

    assert leaks_of(y, near=near) == []
    assert leaks_of(["b" if value > 0 else "a" for value in y], near=near) == []


@pytest.mark.parametrize("rows_each", [1, 2, 4])
def test_id_that_maps_to_the_target_does_not_leak(rows_each):
    ids = [f"id-{row // rows_each}" for row in range(4 * ROWS)]
    y = np.repeat(noise(4 * ROWS // rows_each, 1), rows_each)

    assert leaks_of(y, key=ids) == []
    assert leaks_of(["b" if value > 0 else "a" for value in y], key=ids) == []


@pytest.mark.parametrize(
    "y",
    [noise(29), ["a", "b"] * 14, ["a"] * 195 + ["b"] * 5, np.where(np.arange(ROWS) == 7, 1.5, 2.0)],
    ids=["few rows", "few rows of classes", "a rare class", "hardly any variation"],
)
def test_leaks_are_not_searched_where_chance_makes_them(y):
    copy = y * 2 if isinstance(y, np.ndarray) else y

    assert leaks_of(y, copy=copy) == []


def test_leak_is_found_in_a_sample_of_a_large_table():
    y = noise(20_000, 1)

    assert leaks_of(y, leak=y / 3) == leaks_of(y, seed=7, leak=y / 3) == ["leak"]
