"""The column picker of the Train page."""

import pytest
from nicegui import ui
from nicegui.testing import User

from tests.pages.conftest import drop, eventually, one

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))


async def test_train_shows_hostile_column_names_as_text(user: User):
    name = "<img src=x onerror=alert(1)>"
    await user.open("/train")

    await drop(user, "evil.csv", f":x,{name}\n{'1,2' * 1}\n".encode())

    await user.should_see(marker="columns")
    rows = one(user, "rows")
    assert isinstance(rows, ui.table)
    assert rows.rows == [{"key": 0, "c0": "1", "c1": "2"}]
    assert [column["label"] for column in rows.columns] == [":x", name]


async def test_clicked_column_becomes_the_target(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    assert [one(user, f"column-{n}").props["aria-pressed"] for n in range(4)] == ["false", "false", "false", "true"]

    user.find(marker="column-0").click()

    assert one(user, "target").value == "x"
    await eventually(lambda: one(user, "column-0").props["aria-pressed"] == "true")
    assert one(user, "column-3").props["aria-pressed"] == "false"


async def test_train_shows_types_missing_values_and_frequent_values(user: User):
    await user.open("/train")

    await drop(user, "pets.csv", b"pet,age\n" + b"cat,1\ncat,2\ncat,\ndog,4\n" * 5)

    await user.should_see("cat 75%, dog 25%")
    await user.should_see("Whole number")
    await user.should_see("25.0% missing")


async def test_columns_are_paged_and_searched(user: User):
    names = [f"c{n}" for n in range(25)]
    rows = "\n".join(",".join(str(n * row) for n in range(25)) for row in (1, 2, 4, 7))
    await user.open("/train")
    await drop(user, "wide.csv", f"{','.join(names)}\n{rows}\n".encode())
    await user.should_see(marker="column-24")
    await user.should_not_see(marker="column-0")

    with user:
        one(user, "column-pages").set_value(1)
    await user.should_see(marker="column-0")
    await user.should_not_see(marker="column-20")
    user.find(marker="column-0").click()
    user.find(marker="find-column").type("C1")

    await user.should_see(marker="column-19")
    await user.should_not_see(marker="column-20")
    user.find(marker="column-19").click()
    assert one(user, "target").value == "c19"
