"""Subgroups in the record of a training: slices, claims, and groups by a protected column."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import Condition, ProtectedGroups


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    random = np.random.default_rng(0)
    age, sex = random.uniform(20, 80, 600), random.choice(["f", "m"], 600, p=[0.4, 0.6])
    noise = random.normal(0, np.where(sex == "f", 6.0, 1.0))
    wage = 10 + 0.3 * age + noise
    return pl.DataFrame(
        {
            "age": age,
            "sex": np.where(np.arange(600) < 5, "x", sex),
            "wage": wage,
            "rich": np.where(wage > 25, "yes", "no"),
            "kind": np.array(["a", "b", "c"])[np.arange(600) % 3],
            "year": pl.Series(np.arange(600) // 100),
            "text": [f"Row {row} says that it is the row with number {row} of many." for row in range(600)],
        }
    )


def protected(training, table: pl.DataFrame, target: str, column: str, **options) -> ProtectedGroups:
    found: ProtectedGroups = training(table, target, protected_column=column, **options).record["protected"]
    return found


def test_regression_differs_between_groups_in_error_and_coverage(training, people):
    found = protected(training, people, "wage", "sex", features=["age"])

    men, women = found.groups
    assert (found.column, found.positive, found.left_out) == ("sex", None, 5)
    assert (men.condition, women.condition) == (Condition(column="sex", value="m"), Condition(column="sex", value="f"))
    assert women.error.value > 2 * men.error.value
    assert men.covered
    assert women.covered
    assert women.covered.value < 0.9 < men.covered.value
    assert men.predicted_positive is None


def test_two_classes_have_rates_of_the_second_one(training, people):
    found = protected(training, people, "rich", "sex", features=["age"])

    first, *_ = found.groups
    assert found.positive == "yes"
    assert first.covered is None
    assert first.predicted_positive
    assert first.true_positive_rate
    assert first.false_positive_rate
    assert first.true_positive_rate.value > first.predicted_positive.value > first.false_positive_rate.value
    assert first.true_positive_rate.rows + first.false_positive_rate.rows == first.rows
    assert 0 < first.error.standard_error < 0.1


def test_three_classes_have_errors_alone(training, people):
    found = protected(training, people, "kind", "year", features=["age"], group_column="year")

    assert [group.condition.value for group in found.groups] == [0, 1, 2, 3, 4, 5]
    assert {group.predicted_positive for group in found.groups} == {None}


def test_a_group_without_the_class_has_no_true_positive_rate(training, people):
    poor = people.with_columns(rich=pl.when(pl.col("sex") == "f").then(pl.lit("no")).otherwise("rich"))

    found = protected(training, poor, "rich", "sex", features=["age"])

    assert [group.true_positive_rate is None for group in found.groups] == [False, True]


def test_rows_without_a_target_are_left_out(training, people):
    some = people.with_columns(wage=pl.when(pl.col("sex") == "m").then("wage"))

    found = protected(training, some, "wage", "sex", features=["age"])

    assert [group.condition.value for group in found.groups] == ["m"]


def test_texts_make_no_groups(training, people):
    with pytest.raises(Unacceptable, match="'text' holds texts, which make no groups"):
        training(people, "wage", protected_column="text")


def test_the_target_is_no_protected_column(training, people):
    with pytest.raises(Unacceptable, match="The protected column 'wage' is the target"):
        training(people, "wage", protected_column="wage")


@pytest.mark.parametrize("by", [{}, {"time_column": "age"}, {"time_column": "age", "group_column": "year"}], ids=str)
def test_noisy_groups_are_a_slice_with_unmet_intervals(training, people, by):
    table = pl.concat([people] * 3) if by else people

    record = training(table, "wage", features=["sex", "kind"], **by).record

    assert record["protected"] is None
    (found,) = record["slices"] if not by else record["slices"] or [None]
    if found:
        assert Condition(column="sex", value="f") in found.conditions
        assert found.error > 1.25 * found.elsewhere
