"""The columns of a table, the target and those with warnings first, with a search and pages."""

from collections.abc import Callable

from nicegui import ui

from mlapp.schemas import TableColumn, TablePreview
from pages.components.shortcuts import SEARCH
from pages.components.training.columns.column_row import ColumnRow
from pages.session.column_choices import ColumnChoices
from pages.theme import COLUMN_HEADS

PAGE_COLUMNS = 20
"""Columns per page."""


class ColumnList:
    """A paged list of columns; a preview with the same columns updates it in place."""

    def __init__(self, choices: ColumnChoices, on_change: Callable[[], None]) -> None:
        """Draw an empty list; `on_change` is called after each change of the choices."""
        self.choices, self.on_change = choices, on_change
        self.names: list[str] = []
        """In the order of the table."""
        self.order: list[str] = []
        self.first: str | None = None
        """The target when the order was made."""
        self.rows: dict[str, ColumnRow] = {}
        with ui.row().classes("w-full items-center justify-between") as self.tools:
            self.search = ui.input("Find a column", on_change=self._find).mark("find-column")
            self.search.props("outlined dense clearable debounce=250").classes(f"w-56 {SEARCH}")
            self.pages = ui.pagination(1, 1, direction_links=True, on_change=self._draw)
            self.pages.props('max-pages=5 aria-label="Pages of the list of columns"').mark("column-pages")
        with ui.element("div").classes(COLUMN_HEADS).props("aria-hidden=true"):
            for head in ("Column", "Missing", "Distinct", "Distribution", "Values"):
                ui.label(head)
        self.list = ui.column().classes("w-full gap-1").props('role=list aria-label="Columns"').mark("columns")

    def show(self, found: TablePreview) -> None:
        """Show the columns of a preview."""
        self.found = found
        self.columns = {column.name: column for column in found.columns}
        if list(self.columns) != self.names:
            self.names = list(self.columns)
            self.tools.set_visibility(len(self.names) > PAGE_COLUMNS)
            self._sort()
            return
        if self.choices.target not in (self.first, *self.rows):
            # It was chosen elsewhere.
            self._sort()
        for name, row in self.rows.items():
            row.show(self.columns[name], found.rows)

    def show_choices(self) -> None:
        """Show the roles of the columns, before the next preview."""
        for row in self.rows.values():
            row.show_choices()

    def _sort(self) -> None:
        """Draw the first page of a new order, which is kept while columns are clicked: they stay below the pointer."""
        self.first = self.choices.target
        order = {name: _order(column) for name, column in self.columns.items()}
        self.order = sorted(self.names, key=lambda name: 0 if name == self.first else order[name])
        self._find()

    def _find(self) -> None:
        if self.pages.value == 1:
            self._draw()
        else:
            self.pages.set_value(1)

    def _draw(self) -> None:
        """Draw the columns of the current search and page."""
        self.list.clear()
        self.rows.clear()
        with self.list:
            for name in self._page():
                column = self.columns[name]
                row = ColumnRow(self.choices, column, f"column-{self.names.index(name)}", self.on_change)
                row.show(column, self.found.rows)
                self.rows[name] = row

    def _page(self) -> list[str]:
        query = (self.search.value or "").casefold()
        found = [name for name in self.order if query in name.casefold()]
        self.pages.max = max(1, -(-len(found) // PAGE_COLUMNS))
        begin = ((self.pages.value or 1) - 1) * PAGE_COLUMNS
        return found[begin : begin + PAGE_COLUMNS]


def _order(column: TableColumn) -> int:
    """Return the place of a column behind the target: leaks first, then what else there is a warning about."""
    if column.leaks:
        return 1
    return 2 if column.ignored or column.warnings or column.variants else 3
