"""Tables of which the browser only ever holds a page: the server puts in order and cuts.

User text is only ever the value of a cell or a label: fields are called `c0`, `c1`, …
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from pages.components.tables.plain_table import Cell, scrolling

PAGE_ROWS = (10, 25, 50, 100)
"""What a page may hold."""
NARROW = "Quasar.Screen.lt.md"
"""Whether the window is too narrow for many columns, as the browser knows it."""


@dataclass(frozen=True)
class Column:
    """A column: its label, and what it can be put in order by."""

    label: str
    order: str = ""
    """What `View.order` says then; empty: it cannot be put in order by it."""
    right: bool = False
    """Whether it is flush right, as figures are."""


@dataclass(frozen=True)
class View:
    """What part of the rows is looked at."""

    skip: int = 0
    most: int = 25
    order: str = ""
    """The `order` of a column; empty when none was chosen."""
    descending: bool = False


FIRST = View()


@dataclass(frozen=True)
class Row:
    """A line: a key of its own, its cells, and what else slots need, by names that the page chooses."""

    key: int
    cells: Sequence[Cell]
    more: dict[str, Any] = field(default_factory=dict)


Load = Callable[[View], Awaitable[tuple[Sequence[Row], int]]]
"""Returns the rows of a view, and how many there are in all."""


class PagedTable:
    """A table and where it stands; `show` fills it, now and whenever the rows have changed."""

    def __init__(
        self, about: str, columns: Sequence[Column], load: Load, first: View = FIRST, *, select: bool = False
    ) -> None:
        """Draw it, still empty; `about` says what it is to those who cannot see it."""
        self._load = load
        self._orders = {f"c{place}": column.order for place, column in enumerate(columns) if column.order}
        self._page, self._most, self._order, self._descending = 1, first.most, first.order, first.descending
        with scrolling(about):
            self.table = ui.table(
                columns=[_column(place, column) for place, column in enumerate(columns)],
                rows=[],
                row_key="key",
                selection="multiple" if select else None,
                pagination=self._pagination(0),
            )
        self.table.props("flat binary-state-sort").classes("w-full max-w-full")
        self.table.props["rows-per-page-options"] = list(PAGE_ROWS)
        self.table.props["rows-per-page-label"] = "Rows per page"
        self.table.on("request", self._asked, ["pagination"])

    def cards(self, template: str) -> None:
        """Show rows as cards where the window is narrow: by a template of Vue, which user text is never part of."""
        self.table.props[":grid"] = NARROW
        self.table.add_slot("item", template)

    async def show(self) -> None:
        """Fill it with the rows as they are now, on the page that it stands on, or the last one there is."""
        rows, count = await self._load(self._view())
        last = max(1, -(-count // self._most))
        if self._page > last:
            self._page = last
            rows, count = await self._load(self._view())
        self.table.rows = [_row(row) for row in rows]
        self.table.pagination = self._pagination(count)
        self.table.props["hide-pagination"] = count <= min(PAGE_ROWS)

    async def begin(self) -> None:
        """Fill it from the first page on."""
        self._page = 1
        await self.show()

    async def put_in_order(self, order: str, *, descending: bool) -> None:
        """Fill it from the first page on in another order: the one of a column."""
        self._order, self._descending = order, descending
        await self.begin()

    async def _asked(self, event: GenericEventArguments) -> None:
        """Follow a click on an arrow, a column or a number of rows; what a browser sends is not to be trusted."""
        wanted = event.args["pagination"]
        page, most, column = wanted.get("page"), wanted.get("rowsPerPage"), wanted.get("sortBy")
        self._page = page if isinstance(page, int) and 0 < page < 1e9 else 1
        self._most = most if most in PAGE_ROWS else self._most
        self._order = self._orders.get(column, "") if isinstance(column, str) else ""
        self._descending = bool(wanted.get("descending"))
        await self.show()

    def _view(self) -> View:
        return View((self._page - 1) * self._most, self._most, self._order, self._descending)

    def _pagination(self, count: int) -> dict[str, Any]:
        column = next((name for name, order in self._orders.items() if order == self._order), None)
        return {
            "page": self._page,
            "rowsPerPage": self._most,
            "rowsNumber": count,
            "sortBy": column,
            "descending": self._descending,
        }


async def paged_rows(
    about: str, names: Sequence[str], rows: Sequence[Sequence[Cell]], page_rows: int = 10
) -> PagedTable:
    """Show rows that are in memory, a page at a time, in the order they have."""

    async def load(view: View) -> tuple[Sequence[Row], int]:
        cut = rows[view.skip :][: view.most]
        return [Row(view.skip + place, cells) for place, cells in enumerate(cut)], len(rows)

    shown = PagedTable(about, [Column(name) for name in names], load, View(most=page_rows))
    shown.table.props("dense wrap-cells")
    await shown.show()
    return shown


def _column(place: int, column: Column) -> dict[str, Any]:
    return {
        "name": f"c{place}",
        "field": f"c{place}",
        "label": column.label,
        "align": "right" if column.right else "left",
        "sortable": bool(column.order),
    }


def _row(row: Row) -> dict[str, Any]:
    return {"key": row.key} | row.more | {f"c{place}": cell for place, cell in enumerate(row.cells)}
