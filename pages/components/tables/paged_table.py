"""Tables with server-side sorting and pagination.

User text is only ever the value of a cell or a label: fields are called `c0`, `c1`, …
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from pages.components.tables.plain_table import Cell, scrolling

PAGE_ROWS = (10, 25, 50, 100)
"""Page sizes."""
NARROW = "Quasar.Screen.lt.md"
"""JavaScript: whether the window is too narrow for many columns."""


@dataclass(frozen=True)
class PagedColumn:
    """A column."""

    label: str
    order: str = ""
    """The value of `View.order` that sorts by this column; empty if it is not sortable."""
    right: bool = False
    """Whether it is aligned to the right."""


@dataclass(frozen=True)
class View:
    """Which rows to show, and in which order."""

    offset: int = 0
    limit: int = 25
    order: str = ""
    """The `order` of a column; empty for the default order."""
    descending: bool = False


FIRST_PAGE = View()


@dataclass(frozen=True)
class PagedRow:
    """A row: a unique key, its cells, and further values for slots of the page."""

    key: int
    cells: Sequence[Cell]
    extra: dict[str, Any] = field(default_factory=dict)


Load = Callable[[View], Awaitable[tuple[Sequence[PagedRow], int]]]
"""Returns the rows of a view, and the total number of rows."""


class PagedTable:
    """A paged table; `show` loads its rows, and again whenever they have changed."""

    def __init__(
        self, label: str, columns: Sequence[PagedColumn], load: Load, first: View = FIRST_PAGE, *, select: bool = False
    ) -> None:
        """Draw the table without rows; `label` is its accessible name."""
        self._load, self._view, self._loads = load, first, 0
        self._orders = {f"c{index}": column.order for index, column in enumerate(columns) if column.order}
        with scrolling(label):
            self.table = ui.table(
                columns=[_column(index, column) for index, column in enumerate(columns)],
                rows=[],
                row_key="key",
                selection="multiple" if select else None,
                pagination=self._pagination(0),
            )
        self.table.props("flat binary-state-sort").classes("w-full max-w-full")
        self.table.props["rows-per-page-options"] = list(PAGE_ROWS)
        self.table.props["rows-per-page-label"] = "Rows per page"
        self.table.on("request", self._requested, ["pagination"])

    def cards(self, template: str) -> None:
        """Show rows as cards in narrow windows, by a Vue template, which must not contain user text."""
        self.table.props[":grid"] = NARROW
        self.table.add_slot("item", template)

    async def show(self) -> None:
        """Load the rows of the current page, or of the last page if the current one no longer exists."""
        self._loads += 1
        load = self._loads
        rows, count = await self._load(self._view)
        if load != self._loads:
            # A later call loads newer rows, or another page, and may have shown them already.
            return
        last = max(0, count - 1) // self._view.limit * self._view.limit
        if self._view.offset > last:
            self._view = replace(self._view, offset=last)
            await self.show()
            return
        self.table.rows = [_row(row) for row in rows]
        self.table.pagination = self._pagination(count)
        self.table.props["hide-pagination"] = count <= max(min(PAGE_ROWS), self._view.limit)

    async def show_first_page(self) -> None:
        """Go to the first page."""
        self._view = replace(self._view, offset=0)
        await self.show()

    async def sort(self, order: str, *, descending: bool) -> None:
        """Sort by the `order` of a column, and go to the first page."""
        self._view = View(0, self._view.limit, order, descending)
        await self.show()

    async def _requested(self, event: GenericEventArguments) -> None:
        """Change page, order or page size; the browser's values are not trusted."""
        requested = event.args["pagination"]
        page, limit, column = requested.get("page"), requested.get("rowsPerPage"), requested.get("sortBy")
        page = page if isinstance(page, int) and 0 < page < 1e9 else 1
        limit = limit if limit in PAGE_ROWS else self._view.limit
        order = self._orders.get(column, "") if isinstance(column, str) else ""
        self._view = View((page - 1) * limit, limit, order, bool(requested.get("descending")))
        await self.show()

    def _pagination(self, count: int) -> dict[str, Any]:
        return {
            "page": self._view.offset // self._view.limit + 1,
            "rowsPerPage": self._view.limit,
            "rowsNumber": count,
            "sortBy": next((name for name, order in self._orders.items() if order == self._view.order), None),
            "descending": self._view.descending,
        }


async def paged_rows(
    label: str, names: Sequence[str], rows: Sequence[Sequence[Cell]], page_rows: int = 10
) -> PagedTable:
    """Draw rows that are in memory, a page at a time, in the given order."""

    async def load(view: View) -> tuple[Sequence[PagedRow], int]:
        page = rows[view.offset :][: view.limit]
        return [PagedRow(view.offset + index, cells) for index, cells in enumerate(page)], len(rows)

    table = PagedTable(label, [PagedColumn(name) for name in names], load, View(limit=page_rows))
    table.table.props("dense wrap-cells")
    await table.show()
    return table


def _column(index: int, column: PagedColumn) -> dict[str, Any]:
    return {
        "name": f"c{index}",
        "field": f"c{index}",
        "label": column.label,
        "align": "right" if column.right else "left",
        "sortable": bool(column.order),
    }


def _row(row: PagedRow) -> dict[str, Any]:
    return {"key": row.key} | row.extra | {f"c{index}": cell for index, cell in enumerate(row.cells)}
