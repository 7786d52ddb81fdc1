"""Tables of which the browser holds a page."""

from collections.abc import Sequence
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from pages.components.tables.paged_table import Column, PagedTable, Row, View, paged_rows
from tests.pages.conftest import eventually

COLUMNS = (Column("Name", "name"), Column(":x", right=True))


class Shelf:
    """What a table is filled from; keeps what was asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.views: list[View] = []

    async def load(self, view: View) -> tuple[Sequence[Row], int]:
        self.views.append(view)
        numbers = range(self.count)[view.skip :][: view.most]
        return [Row(number, (f"row {number}", number), {"odd": bool(number % 2)}) for number in numbers], self.count


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(60)


@pytest.fixture
async def shown(user: User, shelf: Shelf) -> PagedTable:
    made: list[PagedTable] = []

    @ui.page("/paged-table")
    async def page() -> None:
        made.append(PagedTable("Things", COLUMNS, shelf.load, View(order="name")))
        await made[0].show()

    await user.open("/paged-table")
    return made[0]


async def ask(user: User, shelf: Shelf, **pagination: Any) -> None:
    """Do what a click on an arrow or on the head of a column does."""
    before = len(shelf.views)
    user.find(kind=ui.table).trigger("request", {"pagination": pagination})
    await eventually(lambda: len(shelf.views) > before)


async def test_paged_table_holds_the_first_page_by_neutral_names(shown: PagedTable):
    assert shown.table.rows[1] == {"key": 1, "odd": True, "c0": "row 1", "c1": 1}
    assert len(shown.table.rows) == 25
    assert [(column["label"], column["field"], column["sortable"]) for column in shown.table.columns] == [
        ("Name", "c0", True),
        (":x", "c1", False),
    ]
    assert shown.table.pagination == {
        "page": 1,
        "rowsPerPage": 25,
        "rowsNumber": 60,
        "sortBy": "c0",
        "descending": False,
    }


async def test_paged_table_turns_pages_and_puts_in_order(user: User, shelf: Shelf, shown: PagedTable):
    await ask(user, shelf, page=2, rowsPerPage=10, sortBy="c0", descending=True)

    assert shelf.views[-1] == View(10, 10, "name", descending=True)
    assert shown.table.rows[0]["c0"] == "row 10"


@pytest.mark.parametrize(
    "asked",
    [
        {"page": -1, "rowsPerPage": 0, "sortBy": "c1"},
        {"page": "1", "rowsPerPage": 10**9, "sortBy": ":x"},
        {"page": 10**12, "rowsPerPage": None, "sortBy": ["c0"]},
        {},
    ],
)
async def test_paged_table_does_not_trust_what_a_browser_asks(
    user: User, shelf: Shelf, shown: PagedTable, asked: dict[str, Any]
):
    await ask(user, shelf, **asked)

    assert shelf.views[-1] == View(0, 25, "", descending=False)
    assert shown.table.pagination["sortBy"] is None


async def test_paged_table_shows_the_last_page_when_its_own_is_gone(user: User, shelf: Shelf, shown: PagedTable):
    await ask(user, shelf, page=3, rowsPerPage=25, sortBy="c0", descending=False)
    assert len(shown.table.rows) == 10

    shelf.count = 30
    await shown.show()

    assert (shown.table.pagination["page"], len(shown.table.rows)) == (2, 5)


async def test_paged_table_begins_again_in_another_order(user: User, shelf: Shelf, shown: PagedTable):
    await ask(user, shelf, page=2, rowsPerPage=25, sortBy="c0", descending=False)

    await shown.put_in_order("name", descending=True)

    assert shelf.views[-1] == View(0, 25, "name", descending=True)


async def test_paged_table_without_more_pages_has_no_arrows(shelf: Shelf, shown: PagedTable):
    assert shown.table.props["hide-pagination"] is False

    shelf.count = 3
    await shown.show()

    assert shown.table.props["hide-pagination"] is True


async def test_paged_rows_shows_what_is_in_memory_a_page_at_a_time(user: User):
    @ui.page("/paged-rows")
    async def page() -> None:
        await paged_rows("Names", (":x",), [(f"name {number}",) for number in range(30)])

    await user.open("/paged-rows")

    (table,) = user.find(kind=ui.table).elements
    assert [row["c0"] for row in table.rows] == [f"name {number}" for number in range(10)]
    assert table.pagination["rowsNumber"] == 30
