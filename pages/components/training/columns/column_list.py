"""The columns of a table, those with warnings first, with a search and pages."""

from collections.abc import Callable

from nicegui import ui

from mlapp.schemas import TableColumn, TablePreview
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
        self.rows: dict[str, ColumnRow] = {}
        with ui.row().classes("w-full items-center justify-between") as self.tools:
            self.search = ui.input("Find a column", on_change=self._find).mark("find-column")
            self.search.props("outlined dense clearable debounce=250").classes("w-56")
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
            self.order = sorted(self.names, key=lambda name: not _has_warnings(self.columns[name]))
            self.tools.set_visibility(len(self.names) > PAGE_COLUMNS)
            self._find()
            return
        for name, row in self.rows.items():
            row.show(self.columns[name], found.rows)

    def show_choices(self) -> None:
        """Show the roles of the columns, before the next preview."""
        for row in self.rows.values():
            row.show_choices()

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


def _has_warnings(column: TableColumn) -> bool:
    return bool(column.ignored or column.warnings or column.leaks or column.variants)
