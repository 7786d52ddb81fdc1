"""Which rows judge."""

import numpy as np
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.evaluation.splits import folds as split
from mlapp.schemas import Task


@pytest.mark.parametrize("task", Task)
def test_folds_judge_every_row_once(task):
    y = np.arange(50) % 3

    folds = split(task, y, 0)

    assert len(folds) == 5
    assert sorted(np.concatenate([judge for _, judge in folds])) == list(range(50))
    assert all(not set(learn) & set(judge) for learn, judge in folds)


def test_folds_hold_every_class_by_its_share():
    y = np.repeat([0, 1], [40, 10])

    assert [y[judge].sum() for _, judge in split(Task.CLASSIFICATION, y, 0)] == [2] * 5


def test_folds_are_as_few_as_the_rows_of_the_largest_class():
    assert len(split(Task.CLASSIFICATION, np.repeat(np.arange(5), 2), 0)) == 2


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("task", Task)
def test_folds_of_a_large_table_take_a_part_with_every_class(task):
    y = np.concatenate([np.zeros(30_000, int), np.ones(20_000, int), [2, 2]])

    folds = split(task, y, 0)
    rows = np.concatenate([judge for _, judge in folds])

    assert 20_000 <= len(np.unique(rows)) == len(rows) <= 20_002
    assert task is Task.REGRESSION or np.bincount(y[rows]).tolist() == [12_000, 8_000, 2]


@pytest.mark.parametrize("task", Task)
def test_folds_of_a_very_large_table_hold_rows_out_of_one_fit(task):
    y = np.concatenate([np.zeros(150_000, int), np.ones(60_000, int), [2, 2]])

    folds = split(task, y, 0)
    judged = np.concatenate([judge for _, judge in folds])

    assert len(folds) == 5
    assert all(learn is folds[0][0] for learn, _ in folds)
    assert sorted([*judged, *folds[0][0]]) == list(range(len(y)))
    assert len(judged) == 20_000
    assert task is Task.REGRESSION or np.bincount(y[judged]).tolist() == [14_286, 5_714]


def test_folds_depend_on_the_seed_alone():
    y = np.arange(30)
    first, again, other = (split(Task.REGRESSION, y, seed)[0][1].tolist() for seed in (1, 1, 2))

    assert first == again != other


def test_latest_fifth_is_held_out_by_time():
    ((learn, judge),) = split(Task.REGRESSION, np.arange(10), 0, times=np.arange(10)[::-1])

    assert (sorted(judge), len(learn)) == ([0, 1], 8)


@pytest.mark.parametrize("y", [[0] * 16 + [1] * 4, [0, 1] * 8 + [2] * 4], ids=["one class before", "new classes"])
def test_latest_rows_that_cannot_be_learnt_are_refused(y):
    with pytest.raises(Unacceptable, match="latest 4 rows by the time column are for judging, but the 16 earlier"):
        split(Task.CLASSIFICATION, np.array(y), 0, times=np.arange(20))


@pytest.mark.parametrize("task", Task)
def test_latest_rows_of_a_large_table_are_a_part_of_them(task):
    y, times = np.arange(50_000) % 3, np.arange(50_000)

    ((learn, judge),) = split(task, y, 0, times)

    assert (len(learn), len(judge)) == pytest.approx((16_000, 4_000), abs=1)
    assert learn.max() < 40_000 <= judge.min()


def test_many_classes_are_judged_by_fewer_rows():
    rows = np.concatenate([judge for _, judge in split(Task.CLASSIFICATION, np.arange(20_000) % 1_000, 0)])

    assert len(np.unique(rows)) == len(rows) == 5_000
