"""The columns of a table, with missing values and distributions, of which one is picked as the target."""

from collections.abc import Callable, Sequence

from nicegui import ui

from mlapp.presentation.formats import format_percent
from mlapp.schemas import ColumnType, Distribution, TableColumn
from pages.components.buttons import set_pressed
from pages.theme import COLUMN, COLUMN_HEADS, MUTED, SERIES, SMALL, TEXT

PAGE_COLUMNS = 20
"""Columns per page."""
TYPES = {
    ColumnType.NUMBER: ("Number", "tag"),
    ColumnType.INTEGER: ("Whole number", "pin"),
    ColumnType.BOOLEAN: ("Yes or no", "toggle_on"),
    ColumnType.CATEGORY: ("Text", "sell"),
    ColumnType.DATETIME: ("Date", "event"),
}
"""Label and icon."""
MAX_BARS = 20


class ColumnPicker:
    """A paged list of columns as buttons."""

    def __init__(self, columns: Sequence[TableColumn], rows: int, target: str, on_pick: Callable[[str], None]) -> None:
        """Draw the columns; `on_pick` is called with the name of the clicked column."""
        self.columns, self.table_rows, self.target, self.on_pick = columns, rows, target, on_pick
        self.drawn: dict[str, ui.element] = {}
        ui.label("Click the column to predict.").classes(MUTED)
        self._search_and_pages()
        with ui.element("div").classes(COLUMN_HEADS).props("aria-hidden=true"):
            for head in ("Column", "Missing", "Distinct", "Distribution", "Values"):
                ui.label(head)
        self.list = ui.column().classes("w-full gap-1").props('role=group aria-label="Columns"').mark("columns")
        self.update()

    def show_target(self, name: str) -> None:
        """Highlight the target."""
        self.target = name
        for column, row in self.drawn.items():
            set_pressed(row, COLUMN, pressed=column == name)

    def update(self) -> None:
        """Draw the columns of the current search and page."""
        self.list.clear()
        self.drawn.clear()
        with self.list:
            for index, column in self._page():
                self.drawn[column.name] = self._row(column).mark(f"column-{index}")
        self.show_target(self.target)

    def _search_and_pages(self) -> None:
        with ui.row().classes("w-full items-center justify-between") as row:
            self.search = ui.input("Find a column", on_change=self._find).mark("find-column")
            self.search.props("outlined dense clearable debounce=250").classes("w-56")
            names = [column.name for column in self.columns]
            begin = names.index(self.target) // PAGE_COLUMNS + 1 if self.target else 1
            self.pages = ui.pagination(1, begin, value=begin, direction_links=True, on_change=self.update)
            self.pages.props('max-pages=5 aria-label="Pages of the list of columns"').mark("column-pages")
        row.set_visibility(len(self.columns) > PAGE_COLUMNS)

    def _find(self) -> None:
        self.pages.set_value(1)
        self.update()

    def _page(self) -> list[tuple[int, TableColumn]]:
        query = (self.search.value or "").casefold()
        found = [(index, column) for index, column in enumerate(self.columns) if query in column.name.casefold()]
        self.pages.max = max(1, -(-len(found) // PAGE_COLUMNS))
        begin = ((self.pages.value or 1) - 1) * PAGE_COLUMNS
        return found[begin : begin + PAGE_COLUMNS]

    def _row(self, column: TableColumn) -> ui.element:
        label, icon = TYPES[column.type]
        row = ui.element("button").props("type=button")
        row.on("click", lambda: self.on_pick(column.name), args=[])
        with row:
            with ui.element("div").classes("flex items-center gap-3 min-w-0"):
                ui.icon(icon).classes("text-lg text-slate-500 dark:text-slate-400")
                with ui.element("div").classes("min-w-0 flex-1"):
                    ui.label(column.name).classes("text-sm font-medium truncate")
                    with ui.element("div").classes("flex items-center gap-2 min-w-0"):
                        ui.label(label).classes(f"{SMALL} truncate")
                        ui.label("Target").classes("mlapp-target")
            missing = format_percent(column.missing / self.table_rows) if column.missing else "none"
            ui.label(f"{missing} missing").classes(TEXT if column.missing else MUTED)
            ui.label(f"{column.distinct:,}").classes(f"{TEXT} max-sm:hidden")
            mini_histogram(column.distribution)
            ui.label(_values(column)).classes(f"{SMALL} truncate max-sm:hidden")
        return row


def mini_histogram(found: Distribution | None) -> ui.element:
    """Draw a small histogram as one element, whose bars are layers of its background."""
    counts = found.counts[:MAX_BARS] if found else []
    top = max(counts, default=0) or 1
    width = 100 / max(len(counts), 8)
    layers = [
        # A background position of p % aligns the point at p % of the image with the point at p % of the element.
        f"linear-gradient({SERIES[0]}, {SERIES[0]}) {index * width / (100 - 0.8 * width) * 100:.2f}% 100% / "
        f"{0.8 * width:.2f}% {max(4, 100 * count / top):.1f}% no-repeat"
        for index, count in enumerate(counts)
        if count
    ]
    return (
        ui.element("div").classes("h-7 w-full").style(f"background: {', '.join(layers) or 'none'}").props("aria-hidden")
    )


def _values(column: TableColumn) -> str:
    """Return the most frequent values with their shares, or a few examples."""
    found = column.distribution
    if not found or not found.categories or column.distinct > len(found.categories):
        return ", ".join(column.examples)
    present = found.total - found.missing
    pairs = list(zip(found.categories, found.counts, strict=True))[:3]
    return ", ".join(f"{category} {count / present:.0%}" for category, count in pairs)
