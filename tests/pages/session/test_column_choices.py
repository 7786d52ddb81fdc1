"""Choices per column as training options."""

from typing import Any

import pytest

from mlapp.schemas import ColumnType, TableColumn
from pages.session.column_choices import ColumnChoices, Role, leave_out

IGNORED = {"name": "has a distinct text in every row"}


def choices(*names: str, **options: Any) -> ColumnChoices:
    columns = [
        TableColumn(name=name, type=ColumnType.NUMBER, missing=0, distinct=2, examples=[], ignored=IGNORED.get(name))
        for name in names
    ]
    return ColumnChoices({"target": "y", **options}, columns)


def roles(found: ColumnChoices) -> dict[str, Role]:
    return {column.name: found.role(column) for column in found.columns}


def set_role(found: ColumnChoices, name: str, role: Role) -> None:
    found.set_role(next(column for column in found.columns if column.name == name), role)


def test_columns_are_used_unless_they_are_the_target_or_left_out():
    found = choices("y", "x", "name", "z", exclude=["z"])

    assert roles(found) == {"y": Role.TARGET, "x": Role.FEATURE, "name": Role.IGNORED, "z": Role.IGNORED}


def test_ignored_column_is_excluded_until_it_is_used_again():
    found = choices("y", "x", "z")

    set_role(found, "x", Role.IGNORED)
    assert found.options["exclude"] == ["x"]
    set_role(found, "x", Role.FEATURE)

    assert found.options["exclude"] == []
    assert roles(found)["x"] is Role.FEATURE


def test_column_that_would_be_left_out_is_used_by_naming_all_features():
    found = choices("y", "x", "name", "z", exclude=["z"])

    set_role(found, "name", Role.FEATURE)

    assert (found.options["features"], found.options["exclude"]) == (["x", "name"], [])
    set_role(found, "x", Role.IGNORED)
    assert roles(found) == {"y": Role.TARGET, "x": Role.IGNORED, "name": Role.FEATURE, "z": Role.IGNORED}


def test_without_a_named_feature_all_columns_are_excluded():
    found = choices("y", "x", "name", features=["name"])

    set_role(found, "name", Role.IGNORED)

    assert (found.options["features"], found.options["exclude"]) == ([], ["x", "name"])


@pytest.mark.parametrize(("features", "expected"), [([], []), (["x", "name"], ["name", "y"])])
def test_former_target_is_used_and_the_task_is_inferred_again(features: list[str], expected: list[str]):
    found = choices("y", "x", "name", features=features, task="classification")

    set_role(found, "x", Role.TARGET)

    assert (found.target, found.options["task"], found.options.get("features")) == ("x", None, expected)
    assert roles(found)["y"] is Role.FEATURE


@pytest.mark.parametrize(("role", "excluded"), [(Role.IGNORED, ["y"]), (Role.FEATURE, [])])
def test_target_with_another_role_leaves_no_target(role: Role, excluded: list[str]):
    found = choices("y", "x")

    set_role(found, "y", role)

    assert (found.target, found.options["exclude"]) == (None, excluded)


def test_type_of_the_target_resets_the_task():
    found = choices("y", "x", task="regression")

    found.set_type(found.columns[0], ColumnType.CATEGORY)

    assert (found.options["types"], found.options["task"]) == ({"y": "category"}, None)


def test_forgotten_choices_leave_other_options():
    found = choices("y", "x", exclude=["x"], types={"x": "category"}, merge_values=["x"], decimal=",")

    found.forget()

    assert found.options == {"decimal": ","}


def test_column_of_groups_is_no_feature():
    found = choices("y", "a", "b", features=["a", "b"])

    found.set_row_option("time_column", "a")
    found.set_row_option("group_column", "b")

    assert found.options["features"] == ["a"]
    assert (found.options["time_column"], found.options["group_column"]) == ("a", "b")


@pytest.mark.parametrize(("option", "features"), [("protected_column", ["x", "z"]), ("weight_column", ["z"])])
def test_a_protected_column_stays_a_feature(option: str, features: list[str]):
    found = choices("y", "x", "z", features=["x", "z"])

    found.set_row_option(option, "x")

    assert (found.options[option], found.options["features"]) == ("x", features)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"exclude": ["leak"]}),
        ({"exclude": ["leak", "z"]}, {"exclude": ["leak", "z"]}),
        # Only one of the two may be sent.
        ({"features": ["x", "leak"], "exclude": []}, {"features": ["x"], "exclude": []}),
    ],
)
def test_columns_are_left_out_by_the_option_in_use(options: dict[str, Any], expected: dict[str, Any]):
    leave_out(options, ["leak"])

    assert options == expected


def test_value_of_interest_is_that_of_the_task_before():
    found = choices("y", "x", positive="1")
    found.set_type(found.columns[1], ColumnType.CATEGORY)
    assert found.options["positive"] == "1"

    found.set_type(found.columns[0], ColumnType.NUMBER)
    assert found.options["positive"] is None

    found.options["positive"] = "1"
    found.set_task("regression")
    assert (found.options["task"], found.options["positive"]) == ("regression", None)
