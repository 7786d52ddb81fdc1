"""Comparability of the scores of versions."""

from typing import Any

import pytest

from mlapp.presentation.comparison.comparability import comparability, suspicions
from mlapp.schemas import Evaluation, Task, VersionInfo
from tests.presentation.comparison.test_differences import feature, info


def on(table: str, data: str, version: int = 1, **changed: Any) -> VersionInfo:
    return info(version, table_sha256=table, data_sha256=data, **changed)


@pytest.mark.parametrize(
    ("tables", "scores", "reason"),
    [
        ([("t", "d"), ("t", "d")], True, "on the same table with the same columns"),
        ([("t", "d"), ("t", "e")], True, "on the same table with different types of columns"),
        ([("t", "d"), ("u", "d")], True, "differ only in columns that they do not use"),
        ([("t", "d"), ("u", "e")], False, "different tables, so their scores are not comparable."),
        ([("t", "d"), ("u", "e"), ("u", "f")], False, "not comparable; those of versions 2 and 3 are."),
        ([("t", "d"), ("u", "e"), ("u", "d")], True, "differ only in columns"),
    ],
)
def test_scores_are_comparable_on_the_same_rows(tables: list[tuple[str, str]], *, scores: bool, reason: str):
    found = comparability([on(*hashes, number) for number, hashes in enumerate(tables, 1)])

    assert found.scores is scores
    assert reason in found.reason


def test_scores_of_differently_weighted_rows_are_not_comparable():
    found = comparability([on("t", "d"), on("t", "d", 2, weight_column="w")])

    assert not found.scores
    assert "weight the rows differently" in found.reason
    assert comparability([on("t", "d", version, weight_column="w") for version in (1, 2)]).scores


def test_different_features_of_one_table_are_named():
    first = on("t", "a", 1, features=[feature("x"), feature("leak"), feature("both")])
    second = on("t", "b", 2, features=[feature("x"), feature("both")])
    third = on("t", "c", 3, features=[feature("x"), feature("new")])

    reason = comparability([first, second, third]).reason

    assert reason.startswith("These versions were trained on the same table with different columns")
    assert "Only version 1 uses 'leak'. Only versions 1 and 2 use 'both'. Only version 3 uses 'new'." in reason


def test_many_different_features_are_counted():
    first = on("t", "a", 1, features=[feature(f"f{number}") for number in range(6)])

    assert "'f3' and 2 more." in comparability([first, on("t", "b", 2, features=[])]).reason


@pytest.mark.parametrize(("changed", "word"), [({"target": "z"}, "targets"), ({"task": Task.CLASSIFICATION}, "tasks")])
def test_scores_of_other_questions_are_not_comparable(changed: dict[str, Any], word: str):
    found = comparability([on("t", "d"), on("t", "d", 2, **changed)])

    assert not found.scores
    assert f"different {word}" in found.reason


def test_scores_on_the_latest_rows_and_on_random_ones_are_not_comparable():
    latest = on("t", "d", 2, evaluation=Evaluation.LATEST)

    assert "Only version 2 was evaluated on the latest rows" in comparability([on("t", "d"), latest]).reason
    assert comparability([latest, latest]).scores


def test_scores_on_other_groups_are_comparable_for_the_same_groups():
    patients = on("t", "d", 2, evaluation=Evaluation.GROUPS, group_column="patient")
    clinics = on("t", "d", 3, evaluation=Evaluation.GROUPS, group_column="clinic")

    assert "Only version 2 was evaluated on groups without" in comparability([on("t", "d"), patients]).reason
    assert "hold out rows by different columns" in comparability([patients, clinics]).reason
    assert comparability([patients, patients]).scores


def test_versions_that_are_too_good_are_named():
    good = info(3, metrics={"r2": 0.999, "mae": 0.1, "rmse": 0.2}, baseline={"mae": 5.0, "rmse": 6.0, "r2": 0.0})

    (said,) = suspicions([info(1, metrics=good.metrics | {"r2": 0.5}, baseline=good.baseline), good])

    assert said.startswith("Version 3: too good to be true: off by 0.1 on average. Check that no column restates 'y'")


def test_scores_on_rows_that_may_have_been_seen_are_not_comparable():
    found = comparability([on("t", "d", version, evaluation=Evaluation.SEEN) for version in (1, 2)])

    assert not found.scores
    assert "may have seen the rows" in found.reason
