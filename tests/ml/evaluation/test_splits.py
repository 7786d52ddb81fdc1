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


def in_common(groups, folds):
    return [set(groups[train]) & set(groups[test]) for train, test in folds]


@pytest.mark.parametrize("task", Task)
def test_groups_are_never_on_both_sides(task):
    groups, y = np.random.default_rng(0).integers(0, 30, 200), np.arange(200) % 3

    folds = split(task, y, 0, groups=groups)

    assert in_common(groups, folds) == [set()] * 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(200))
    assert split(task, y, 1, groups=groups)[0][1].tolist() != folds[0][1].tolist()


def test_group_folds_of_classes_are_stratified():
    groups, y = np.arange(200) // 2, np.repeat([0, 1], [160, 40])

    assert [y[test].sum() for _, test in split(Task.CLASSIFICATION, y, 0, groups=groups)] == [8] * 5


def test_number_of_folds_is_limited_by_the_groups():
    assert len(split(Task.REGRESSION, np.arange(20), 0, groups=np.arange(20) % 3)) == 3


def test_groups_that_leave_one_class_to_train_on_are_rejected():
    y = np.repeat([0, 1], [12, 8])

    with pytest.raises(Unacceptable, match="left to train on have only one class") as rejected:
        split(Task.CLASSIFICATION, y, 0, groups=y)

    assert rejected.value.errors[0]["pointer"] == "/group_column"


def test_single_group_is_rejected():
    with pytest.raises(Unacceptable, match="same group"):
        split(Task.REGRESSION, np.arange(20), 0, groups=np.zeros(20, int))


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize(("size", "whole"), [(5, True), (5_000, False)])
def test_group_folds_of_a_large_table_are_sampled(task, size, whole):
    groups, y = np.arange(60_000) // size, np.arange(60_000) % 3

    folds = split(task, y, 0, groups=groups)
    rows = np.concatenate([test for _, test in folds])

    assert 19_990 <= len(np.unique(rows)) == len(rows) <= 20_002
    assert in_common(groups, folds) == [set()] * 5
    assert set(np.bincount(groups[rows])) <= {0, size} or not whole


@pytest.mark.parametrize("task", Task)
def test_very_large_table_holds_out_whole_groups(task):
    groups, y = np.arange(210_000) // 10, np.arange(210_000) % 3

    folds = split(task, y, 0, groups=groups)
    test_rows = np.concatenate([test for _, test in folds])

    assert all(train is folds[0][0] for train, _ in folds)
    assert len(test_rows) == 20_000
    assert set(np.bincount(groups[test_rows])) <= {0, 10}


@pytest.mark.parametrize("rows_of_group", [10_000, 10], ids=["large groups", "classes that would have no training row"])
def test_very_large_table_is_sampled_if_it_cannot_hold_out_whole_groups(rows_of_group):
    groups, y = np.arange(210_000) // rows_of_group, np.arange(210_000) % 2
    y[groups == groups[split(Task.CLASSIFICATION, y, 0, groups=groups)[0][1][0]]] = 2

    folds = split(Task.CLASSIFICATION, y, 0, groups=groups)

    assert len({id(train) for train, _ in folds}) == 5
    assert in_common(groups, folds) == [set()] * 5


@pytest.mark.parametrize("task", Task)
def test_latest_rows_of_groups_without_training_rows(task):
    times, y = np.arange(100.0), np.arange(100) % 3
    groups = np.arange(100) % 10

    folds = split(task, y, 0, times, groups)

    assert sorted(np.concatenate([test for _, test in folds])) == list(range(80, 100))
    assert in_common(groups, folds) == [set()] * len(folds)
    assert max(train.max() for train, _ in folds) < 80
