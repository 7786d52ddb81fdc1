"""Novelty detection: which rows are unlike the training table, calibrated on held-out rows."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.encoding import Encoder
from mlapp.ml.data.signature import infer_signature
from mlapp.ml.inference.novelty import Novelty
from mlapp.ml.training import novelty_limits
from mlapp.ml.training.novelty_limits import fit_novelty
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table


def people(rows: int, seed: int, columns: int = 0) -> pl.DataFrame:
    """Return people whose weight follows from their height, and whose income has a long tail."""
    random = np.random.default_rng(seed)
    height = random.normal(170, 12, rows)
    return pl.DataFrame(
        {
            "height": height,
            "weight": 0.9 * (height - 170) + random.normal(70, 8, rows),
            "income": np.exp(random.normal(10, 1, rows)),
            "town": [f"town {number}" for number in random.integers(0, 4, rows)],
            "club": [f"club {number}" for number in random.integers(0, rows // 2, rows)],
            "shoes": np.where(random.uniform(size=rows) < 0.1, np.nan, height / 4),
            "member": random.uniform(size=rows) < 0.05,
            **{f"x{number}": random.normal(size=rows) for number in range(columns)},
        },
        nan_to_null=True,
    )


class Detector:
    """Novelty detection that is fitted on a table, and asked about rows of other ones."""

    def __init__(self, table: pl.DataFrame, groups: np.ndarray | None = None) -> None:
        frame = table.with_columns(y=pl.Series(range(table.height)))
        self.features = infer_signature(Table(frame), "y", TrainOptions(features=table.columns)).features
        self.novelty: Novelty = fit_novelty(self.encode(table), self.features, 0, groups)

    def encode(self, table: pl.DataFrame) -> np.ndarray:
        return Encoder(self.features).encode(Table(table))

    def finds(self, table: pl.DataFrame) -> np.ndarray:
        return self.novelty.is_novel(self.encode(table))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(people(1_500, 0))


@pytest.fixture
def usual(detector: Detector) -> pl.DataFrame:
    """A row in the middle of the training table."""
    row = {"height": 170.0, "weight": 70.0, "income": 22_000.0, "town": "town 1", "club": "club 1"}
    return pl.DataFrame([row | {"shoes": 42.5, "member": False}])


@pytest.mark.parametrize(("rows", "columns"), [(60, 0), (300, 10), (1_500, 0), (1_500, 40)])
def test_at_most_2_percent_of_ordinary_rows_are_novel(rows, columns):
    found = np.mean(
        [Detector(people(rows, seed, columns)).finds(people(500, 100 + seed, columns)) for seed in range(4)]
    )

    # Limits come from few rows of small tables.
    assert found <= 0.02 + 2 * np.sqrt(0.02 * 0.98 / (4 * rows))


@pytest.mark.parametrize(
    "changed",
    [
        {"height": 200.0, "weight": 45.0},
        {"income": -5_000.0},
        {"height": 30.0},
        {"height": 1e9},
        {"town": "elsewhere"},
        {"height": None},
    ],
    ids=str,
)
def test_unusual_rows_are_novel(detector, usual, changed):
    row = usual.with_columns(**{name: pl.lit(value, usual[name].dtype) for name, value in changed.items()})

    assert detector.finds(pl.concat([usual, row])).tolist() == [False, True]


@pytest.mark.parametrize(
    "changed", [{"club": "new club"}, {"shoes": None}, {"height": 195.0, "weight": 96.0, "shoes": 48.75}], ids=str
)
def test_what_held_out_rows_have_is_not_novel(detector, usual, changed):
    row = usual.with_columns(**{name: pl.lit(value, usual[name].dtype) for name, value in changed.items()})

    assert not detector.finds(row).any()


def test_a_single_row_is_judged_as_in_a_table(detector):
    x = detector.encode(people(300, 5).drop_nulls())
    inside = x[~((x < detector.novelty.low) | (x > detector.novelty.high)).any(axis=1)]

    found = [detector.novelty.is_near(row) for row in inside]

    assert found == (~detector.novelty.is_novel(inside)).tolist()
    assert not all(found)


def test_rows_of_a_group_are_held_out_together():
    table = pl.concat([people(20, 0)] * 20)
    groups = np.tile(np.arange(20), 20)

    apart, together = Detector(table), Detector(table, groups)

    assert together.novelty.limit > 2 * apart.novelty.limit


def test_of_many_columns_the_most_dependent_ones_are_used(monkeypatch):
    monkeypatch.setattr(novelty_limits, "MAX_JOINT", 3)

    found = Detector(people(300, 0, 5).drop("club"))

    assert found.novelty.distance
    assert [found.features[index].name for index in found.novelty.distance.columns] == ["height", "weight", "shoes"]


@pytest.mark.parametrize("kept", [["town"], ["height"]])
def test_few_numbers_have_no_joint_limit(kept):
    found = Detector(people(300, 0).select(kept))

    assert found.novelty.distance is None
    assert found.novelty.is_near(np.zeros(1))


def test_a_number_that_one_row_has_leaves_the_limits_of_other_columns():
    table = people(200, 0).select("height", "weight", calls=pl.Series([0.0] * 199 + [1.0]))
    usual, far = {"height": 170.0, "weight": 70.0, "calls": 0.0}, {"height": 171.0, "weight": -60.0, "calls": 0.0}

    assert Detector(table).finds(pl.DataFrame([usual, far])).tolist() == [False, True]


def test_a_number_that_one_row_has_tells_nothing_about_further_ones():
    table = people(200, 0).select("height", "weight", calls=pl.Series([1e9] * 199 + [2e9]))
    found = Detector(table)

    assert 0 < found.novelty.limit < 100
    assert found.finds(table).mean() <= 0.02
    assert found.novelty.is_near(found.encode(table)[0])


@pytest.mark.parametrize("others", [0, 1])
def test_rows_of_a_dominant_group_are_held_out_one_by_one(others):
    table = people(300, 0).drop("club")

    found = Detector(table, np.repeat([0, 1], [300 - others, others]))

    assert 0 < found.novelty.limit < 100
    assert found.finds(table).mean() <= 0.03


def test_a_column_that_a_sample_never_has_does_not_count(monkeypatch):
    table = people(300, 0).select("height", "weight", rare=pl.Series([1.0, 2.0] + [None] * 298))
    monkeypatch.setattr(novelty_limits, "SAMPLE_ROWS", 20)
    found = Detector(table)

    assert found.novelty.is_near(found.encode(table)[0])


def test_rows_with_a_rare_number_are_not_novel_for_it_alone():
    table = people(60, 0).select("height", "weight", calls=pl.Series([0.0] * 59 + [1.0]))
    usual = {"height": 170.0, "weight": 70.0, "calls": 1.0}

    assert Detector(table).finds(pl.DataFrame([usual])).tolist() == [False]
