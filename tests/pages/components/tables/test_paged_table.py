"""Paged tables: server-side sorting and pagination."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from pages.components.tables.paged_table import PagedColumn, PagedRow, PagedTable, View, paged_rows
from tests.pages.conftest import eventually

COLUMNS = (PagedColumn("Name", "name"), PagedColumn(":x", right=True))


class RowSource:
    """Numbered rows; records the requested views."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.views: list[View] = []

    async def load(self, view: View) -> tuple[Sequence[PagedRow], int]:
        self.views.append(view)
        numbers = range(self.count)[view.offset :][: view.limit]
        return [
            PagedRow(number, (f"row {number}", number), {"odd": bool(number % 2)}) for number in numbers
        ], self.count


@pytest.fixture
def source() -> RowSource:
    return RowSource(60)


@pytest.fixture
async def shown(user: User, source: RowSource) -> PagedTable:
    tables: list[PagedTable] = []

    @ui.page("/paged-table")
    async def page() -> None:
        tables.append(PagedTable("Things", COLUMNS, source.load, View(order="name")))
        await tables[0].show()

    await user.open("/paged-table")
    return tables[0]


async def request(user: User, source: RowSource, **pagination: Any) -> None:
    """Send the event of a click on an arrow or a column header."""
    before = len(source.views)
    user.find(kind=ui.table).trigger("request", {"pagination": pagination})
    await eventually(lambda: len(source.views) > before)


async def test_paged_table_shows_the_first_page_with_neutral_field_names(shown: PagedTable):
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


async def test_paged_table_changes_page_and_order(user: User, source: RowSource, shown: PagedTable):
    await request(user, source, page=2, rowsPerPage=10, sortBy="c0", descending=True)

    assert source.views[-1] == View(10, 10, "name", descending=True)
    assert shown.table.rows[0]["c0"] == "row 10"


@pytest.mark.parametrize(
    "pagination",
    [
        {"page": -1, "rowsPerPage": 0, "sortBy": "c1"},
        {"page": "1", "rowsPerPage": 10**9, "sortBy": ":x"},
        {"page": 10**12, "rowsPerPage": None, "sortBy": ["c0"]},
        {},
    ],
)
async def test_paged_table_replaces_invalid_requests_by_defaults(
    user: User, source: RowSource, shown: PagedTable, pagination: dict[str, Any]
):
    await request(user, source, **pagination)

    assert source.views[-1] == View(0, 25, "", descending=False)
    assert shown.table.pagination["sortBy"] is None


async def test_paged_table_shows_the_last_page_if_its_own_no_longer_exists(
    user: User, source: RowSource, shown: PagedTable
):
    await request(user, source, page=3, rowsPerPage=25, sortBy="c0", descending=False)
    assert len(shown.table.rows) == 10

    source.count = 30
    await shown.show()

    assert (shown.table.pagination["page"], len(shown.table.rows)) == (2, 5)


async def test_paged_table_goes_to_the_first_page_when_sorted(user: User, source: RowSource, shown: PagedTable):
    await request(user, source, page=2, rowsPerPage=25, sortBy="c0", descending=False)

    await shown.sort("name", descending=True)

    assert source.views[-1] == View(0, 25, "name", descending=True)


async def test_paged_table_with_one_page_has_no_pagination(source: RowSource, shown: PagedTable):
    assert shown.table.props["hide-pagination"] is False

    source.count = 3
    await shown.show()

    assert shown.table.props["hide-pagination"] is True


async def test_paged_rows_shows_one_page_of_rows_in_memory(user: User):
    @ui.page("/paged-rows")
    async def page() -> None:
        await paged_rows("Names", (":x",), [(f"name {number}",) for number in range(30)])

    await user.open("/paged-rows")

    (table,) = user.find(kind=ui.table).elements
    assert [row["c0"] for row in table.rows] == [f"name {number}" for number in range(10)]
    assert table.pagination["rowsNumber"] == 30


async def test_page_that_loads_longer_than_a_later_one_is_not_shown(user: User):
    later = asyncio.Event()

    async def load(view: View) -> tuple[Sequence[PagedRow], int]:
        if not view.order:
            await later.wait()
        return [PagedRow(0, (view.order or "slow",))], 1

    @ui.page("/slow-table")
    async def page() -> None:
        tables.append(PagedTable("Things", COLUMNS, load))

    tables: list[PagedTable] = []
    await user.open("/slow-table")
    slow = asyncio.create_task(tables[0].show())
    await asyncio.sleep(0)
    await tables[0].sort("name", descending=False)
    later.set()
    await slow

    assert [row["c0"] for row in tables[0].table.rows] == ["name"]
