"""Train/test splits."""

import numpy as np
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.evaluation.splits import folds as split
from mlapp.schemas import Task


@pytest.mark.parametrize("task", Task)
def test_every_row_is_tested_once(task):
    y = np.arange(50) % 3

    folds = split(task, y, 0)

    assert len(folds) == 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(50))
    assert all(not set(train) & set(test) for train, test in folds)


def test_folds_are_stratified():
    y = np.repeat([0, 1], [40, 10])

    assert [y[test].sum() for _, test in split(Task.CLASSIFICATION, y, 0)] == [2] * 5


def test_number_of_folds_is_limited_by_the_largest_class():
    assert len(split(Task.CLASSIFICATION, np.repeat(np.arange(5), 2), 0)) == 2


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("task", Task)
def test_folds_of_a_large_table_sample_every_class(task):
    y = np.concatenate([np.zeros(30_000, int), np.ones(20_000, int), [2, 2]])

    folds = split(task, y, 0)
    rows = np.concatenate([test for _, test in folds])

    assert 20_000 <= len(np.unique(rows)) == len(rows) <= 20_002
    assert task is Task.REGRESSION or np.bincount(y[rows]).tolist() == [12_000, 8_000, 2]


@pytest.mark.parametrize("task", Task)
def test_folds_of_a_very_large_table_share_the_training_rows(task):
    y = np.concatenate([np.zeros(150_000, int), np.ones(60_000, int), [2, 2]])

    folds = split(task, y, 0)
    test_rows = np.concatenate([test for _, test in folds])

    assert len(folds) == 5
    assert all(train is folds[0][0] for train, _ in folds)
    assert sorted([*test_rows, *folds[0][0]]) == list(range(len(y)))
    assert len(test_rows) == 20_000
    assert task is Task.REGRESSION or np.bincount(y[test_rows]).tolist() == [14_286, 5_714]


def test_folds_depend_only_on_the_seed():
    y = np.arange(30)
    first, again, other = (split(Task.REGRESSION, y, seed)[0][1].tolist() for seed in (1, 1, 2))

    assert first == again != other


def test_time_split_holds_out_the_latest_fifth():
    ((train, test),) = split(Task.REGRESSION, np.arange(10), 0, times=np.arange(10)[::-1])

    assert (sorted(test), len(train)) == ([0, 1], 8)


@pytest.mark.parametrize("y", [[0] * 16 + [1] * 4, [0, 1] * 8 + [2] * 4], ids=["one class before", "new classes"])
def test_time_split_without_common_classes_is_rejected(y):
    with pytest.raises(Unacceptable, match="latest 4 rows .* but the 16 earlier"):
        split(Task.CLASSIFICATION, np.array(y), 0, times=np.arange(20))


@pytest.mark.parametrize("task", Task)
def test_time_split_of_a_large_table_is_sampled(task):
    y, times = np.arange(50_000) % 3, np.arange(50_000)

    ((train, test),) = split(task, y, 0, times)

    assert (len(train), len(test)) == pytest.approx((16_000, 4_000), abs=1)
    assert train.max() < 40_000 <= test.min()


def test_many_classes_get_fewer_test_rows():
    rows = np.concatenate([test for _, test in split(Task.CLASSIFICATION, np.arange(20_000) % 1_000, 0)])

    assert len(np.unique(rows)) == len(rows) == 5_000
