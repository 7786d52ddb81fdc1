"""The list of columns on the Train page."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import TableColumn, TablePreview
from pages.components.training.columns.column_list import ColumnList
from pages.session.column_choices import ColumnChoices
from tests.pages.conftest import drop, one
from tests.pages.steps import mark_column

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))


async def test_train_shows_hostile_column_names_as_text(user: User):
    name = "<img src=x onerror=alert(1)>"
    await user.open("/train")

    await drop(user, "evil.csv", f":x,{name}\n1,2\n".encode())

    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see(marker="columns")
    await user.should_not_see(marker="rows")
    user.find(marker="first-rows").click()
    rows = one(user, "rows")
    assert isinstance(rows, ui.table)
    assert rows.rows == [{"key": 0, "c0": "1", "c1": "2"}]
    assert [column["label"] for column in rows.columns] == [":x", name]


async def test_predicted_column_becomes_the_target(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")

    user.find(marker="column-0-predict").click()

    assert one(user, "target").value == "x"
    pressed = [one(user, f"column-{n}-predict").props["aria-pressed"] for n in range(4)]
    assert pressed == ["true", "false", "false", "false"]


async def test_train_shows_types_missing_values_and_frequent_values(user: User):
    await user.open("/train")

    await drop(user, "pets.csv", b"pet,age\n" + b"cat,1\ncat,2\ncat,\ndog,4\n" * 5)

    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see("cat 75.0%, dog 25.0%")
    await user.should_see("Whole number")
    await user.should_see("25.0% missing")


async def test_columns_are_paged_and_searched(user: User):
    names = [f"c{n}" for n in range(25)]
    rows = "\n".join(",".join(str(n * row) for n in range(25)) for row in (1, 2, 4, 7))
    await user.open("/train")
    await drop(user, "wide.csv", f"{','.join(names)}\n{rows}\n".encode())
    # The target comes first.
    await user.should_see(marker="column-24")
    await user.should_see(marker="column-18")
    await user.should_not_see(marker="column-19")

    with user:
        one(user, "column-pages").set_value(2)
    await user.should_see(marker="column-19")
    await user.should_not_see(marker="column-24")
    user.find(marker="find-column").type("C1")

    await user.should_see(marker="column-10")
    await user.should_not_see(marker="column-20")
    assert one(user, "column-pages").value == 1


def column(name: str, **changed: Any) -> TableColumn:
    return TableColumn(**{"name": name, "type": "integer", "missing": 0, "distinct": 9, "examples": ["1"]} | changed)


def preview(*columns: TableColumn) -> TablePreview:
    return TablePreview(rows=10, columns=list(columns), head=[])


@dataclass
class Drawn:
    """A list of columns on a page, its options, and the number of changes by the user."""

    user: User
    options: dict[str, Any]
    changes: list[None] = field(default_factory=list)

    async def show(self, *columns: TableColumn) -> None:
        await self.user.open("/system")
        with self.user:
            choices = ColumnChoices(self.options, columns)
            self.list = ColumnList(choices, lambda: self.changes.append(None))
            self.list.show(preview(*columns))

    def names(self) -> list[str]:
        return list(self.list.rows)


async def test_target_comes_first_then_leaks_then_columns_with_warnings(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(
        column("b"),
        column("c", warnings=["Mostly missing."]),
        column("d", ignored="is empty"),
        column("leak", leaks=True),
        column("a"),
    )

    assert drawn.names() == ["a", "leak", "c", "d", "b"]
    await user.should_see("Left out: is empty")
    await user.should_see("Mostly missing.")


async def test_target_that_was_chosen_elsewhere_is_shown_first(user: User):
    columns = [column(f"c{n}") for n in range(25)]
    drawn = Drawn(user, {"target": "c0"})
    await drawn.show(*columns)

    drawn.options["target"] = "c1"
    with user:
        drawn.list.show(preview(*columns))
    assert drawn.names()[:2] == ["c0", "c1"]
    drawn.options["target"] = "c24"
    with user:
        drawn.list.show(preview(*columns))

    assert drawn.names()[:3] == ["c24", "c0", "c1"]


async def test_column_is_marked_as_group_and_no_longer_so(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("patient", type="category"))
    await user.should_not_see(marker="is-group_column")

    mark_column(user, 1, "group_column")
    assert drawn.options["group_column"] == "patient"
    with user:
        drawn.list.show_choices()
    user.find(marker="is-group_column").click()

    assert (drawn.options["group_column"], len(drawn.changes)) == (None, 2)


async def test_types_decide_what_a_column_may_say_about_rows(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("patient", type="category"))

    user.find(marker="column-1-more").click()
    user.find(marker="column-1-more").click()

    enabled = [one(user, f"row-{option}").enabled for option in ("time_column", "group_column", "weight_column")]
    assert enabled == [False, True, False]


async def test_leaking_column_is_left_out_by_its_button(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("alive", leaks=True, warnings=["It alone predicts 'a'."]))

    user.find("Leave 'alive' out").click()

    assert (drawn.options["exclude"], len(drawn.changes)) == (["alive"], 1)
    with user:
        drawn.list.show(preview(column("a"), column("alive", ignored="is excluded")))
    await user.should_not_see("Left out")
    assert one(user, "column-1-ignore").props["aria-pressed"] == "true"


async def test_spellings_are_merged_and_kept_apart_again(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("city", variants=True, warnings=["'Rome' and 'rome' differ by case."]))

    user.find("Merge spellings").click()
    assert drawn.options["merge_values"] == ["city"]
    with user:
        drawn.list.show(preview(column("a"), column("city")))
    user.find("Keep spellings apart").click()

    assert (drawn.options["merge_values"], len(drawn.changes)) == ([], 2)


async def test_type_is_chosen_and_detected_again(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("zip"))

    user.find(marker="column-1-type").click()
    user.find(marker="type-category").click()
    assert drawn.options["types"] == {"zip": "category"}
    with user:
        drawn.list.show(preview(column("a"), column("zip", type="category")))
    await user.should_see(content="Category")
    user.find(marker="column-1-type").click()
    user.find(marker="type-category").click()
    user.find(marker="type-detect").click()

    assert (drawn.options["types"], len(drawn.changes)) == ({}, 2)


async def test_role_that_a_column_has_already_changes_nothing(user: User):
    drawn = Drawn(user, {"target": "a"})
    await drawn.show(column("a"), column("b"))

    user.find(marker="column-1-use").click()

    assert (drawn.options, drawn.changes) == ({"target": "a"}, [])
