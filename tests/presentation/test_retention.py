"""Retention of versions."""

import pytest

from mlapp.presentation.retention import removal, retention_rule


@pytest.mark.parametrize(
    ("versions", "active", "rule"),
    [
        ([3, 2], 3, "The oldest of more than 3 are removed; the active one and the one before it stay."),
        ([4, 3, 1], 4, "The oldest of more than 3 are removed; version 1 is next."),
        ([4, 3, 1], 1, "The oldest of more than 3 are removed; the active one and the one before it stay."),
        ([5, 4, 2, 1], 4, "The oldest of more than 3 are removed; version 1 is next."),
        ([5, 4, 3, 1], 1, "The oldest of more than 3 are removed; version 3 is next."),
        ([], None, "The oldest of more than 3 are removed; the active one and the one before it stay."),
    ],
)
def test_retention_rule_names_the_version_that_the_next_training_removes(
    versions: list[int], active: int | None, rule: str
):
    assert retention_rule(versions, (active, None), 3) == rule


@pytest.mark.parametrize(
    ("version", "after"),
    [(5, "3 more trainings"), (4, "2 more trainings"), (2, "the next training"), (1, "the next training")],
)
def test_removal_counts_the_trainings_that_are_left(version: int, after: str):
    said = removal(version, [5, 4, 2, 1], None, None, 3)

    assert said == f"The newest 3 versions are kept: unless activated, it is removed after {after}."


def test_version_to_roll_back_to_is_not_the_next_one():
    assert retention_rule([5, 4, 2, 1], (5, 1), 3) == "The oldest of more than 3 are removed; version 2 is next."


def test_versions_in_use_are_not_removed():
    assert removal(1, [5, 4, 1], 1, 4, 3) == "It is kept as long as it is active."
    assert removal(1, [5, 4, 1], 5, 1, 3) == "It is kept as long as a rollback leads to it."
