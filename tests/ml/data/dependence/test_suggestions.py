"""Suggested options for rows that depend on each other."""

import numpy as np
import polars as pl
import pytest

from mlapp.schemas import Evaluation
from tests.ml.data.dependence.conftest import grouped, ordered


def found(training_set):
    return [(suggestion.option, suggestion.column) for suggestion in training_set.suggestions]


@pytest.mark.parametrize("spelling", ["numbers", "texts", "entities", "excluded"])
def test_groups_of_rows_that_are_alike_are_found(training_set, spelling):
    frame = pl.DataFrame(grouped())
    if spelling != "numbers":
        values = [f"{'in' if spelling == 'texts' else ''}ab{name}cd" for name in frame["group"]]
        frame = frame.with_columns(group=pl.Series(values))

    made = training_set(frame, exclude=["group"] if spelling == "excluded" else [])

    assert found(made) == [("group_column", "group")]
    assert "Rows with the same 'group' are alike: judged on others, R² falls from 0.9" in made.suggestions[0].detail
    assert made.suggestions[0].warning.endswith("hold out whole groups: send group_column=group.")
    assert not made.coverage_verified


@pytest.mark.parametrize(("name", "expected"), [("machine", [("group_column", "machine")]), ("town", [])])
def test_groups_that_only_their_own_column_tells_are_found_if_it_names_entities(training_set, name, expected):
    columns = grouped(24, 20, alike=9)
    names = [f"{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}" for number in columns.pop("group")]

    assert found(training_set(pl.DataFrame(columns | {name: names}))) == expected


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_groups_of_classes_are_found(training_set):
    columns = grouped()
    rare = ["rare"] * 2 + ["yes" if y > 0 else "no" for y in columns["y"][2:]]

    (suggestion,) = training_set(pl.DataFrame(columns | {"y": rare})).suggestions

    assert suggestion.column == "group"
    assert "accuracy falls" in suggestion.detail


def test_quantities_are_no_groups(training_set):
    random = np.random.default_rng(0)
    age = random.integers(20, 60, 300)
    frame = pl.DataFrame({"age": age, "experience": age - 18.5, "y": np.sin(age / 9) + 0.1 * random.normal(size=300)})

    assert found(training_set(frame)) == []


def test_relation_that_changes_is_found_by_the_date(training_set):
    made = training_set(pl.DataFrame(ordered()))

    assert found(made) == [("time_column", "day")]
    assert "The rows change with 'day': judged on the latest fifth, R² falls from " in made.suggestions[0].detail


def test_relation_that_does_not_change_is_judged_by_random_rows(training_set):
    made = training_set(pl.DataFrame(ordered(change=200)))

    assert found(made) == []
    assert made.coverage_verified


@pytest.mark.parametrize(
    ("options", "suggested", "evaluation", "verified"),
    [
        ({"group_column": "group"}, [], Evaluation.GROUPS, True),
        ({"time_column": "t"}, [("group_column", "group")], Evaluation.LATEST, False),
        ({"time_column": "t", "group_column": "group"}, [], Evaluation.LATEST_GROUPS, False),
    ],
)
def test_options_that_are_set_are_not_suggested(training_set, options, suggested, evaluation, verified):
    made = training_set(pl.DataFrame(grouped() | {"t": [row % 8 for row in range(240)]}), **options)

    assert (found(made), made.evaluation, made.coverage_verified) == (suggested, evaluation, verified)
    assert made.held_out_groups == (30 if "group_column" in options else None)
    assert ("group" in [column.name for column in made.signature.ignored]) == ("group_column" in options)


@pytest.mark.parametrize("reason", ["few rows", "one frequent class", "classes by group", "latest class"])
def test_tables_that_cannot_be_measured_get_no_suggestion(training_set, reason):
    if reason == "latest class":
        frame = pl.DataFrame(ordered() | {"y": ["a", "b"] * 80 + ["c"] * 40})
    else:
        frame = pl.DataFrame(grouped())
        labels = {"one frequent class": ["a"] * 230 + ["b"] * 10, "classes by group": ["a"] * 232 + ["b"] * 8}
        frame = frame.with_columns(y=pl.Series(labels[reason])) if reason in labels else frame[:32]

    assert found(training_set(frame)) == []
