"""The columns of a table before training: what is in them, and which one is to be predicted."""

from collections.abc import Callable, Sequence

from nicegui import ui

from mlapp.presentation.sentences import format_percent
from mlapp.schemas import ColumnType, Distribution, TableColumn
from pages.theme import COLUMN, COLUMN_HEADS, MUTED, PICKED, SERIES, SMALL, TEXT, UNPICKED

PAGE_COLUMNS = 20
"""Columns that are shown at a time."""
KINDS = {
    ColumnType.NUMBER: ("Number", "tag"),
    ColumnType.INTEGER: ("Whole number", "pin"),
    ColumnType.BOOLEAN: ("Yes or no", "toggle_on"),
    ColumnType.CATEGORY: ("Text", "sell"),
    ColumnType.DATETIME: ("Date", "event"),
}
"""What a type is called, icon."""
BARS = 20
"""Bars of a small distribution at most."""


class Columns:
    """A list of columns, some at a time, of which one is picked: by a click, or by keyboard."""

    def __init__(self, columns: Sequence[TableColumn], rows: int, picked: str, pick: Callable[[str], None]) -> None:
        """Draw them; `pick` is called with the name of the column that a visitor picks."""
        self.columns, self.table_rows, self.picked, self.pick = columns, rows, picked, pick
        self.drawn: dict[str, ui.element] = {}
        ui.label("Click the column that is to be predicted.").classes(MUTED)
        if len(columns) > PAGE_COLUMNS:
            self._narrowing()
        with ui.element("div").classes(COLUMN_HEADS).props("aria-hidden=true"):
            for head in ("Column", "Gaps", "Different", "How its values lie", "Values"):
                ui.label(head)
        self.list = ui.column().classes("w-full gap-1").props('role=group aria-label="Columns"').mark("columns")
        self.turn()

    def show_picked(self, name: str) -> None:
        """Show that this column is the one to predict."""
        before, self.picked = self.picked, name
        for changed in {before, name} & self.drawn.keys():
            self._mark(changed)

    def turn(self) -> None:
        """Show those columns that the search and the page of the list say."""
        self.list.clear()
        self.drawn.clear()
        with self.list:
            for place, column in self._shown():
                self._row(column).mark(f"column-{place}")

    def _narrowing(self) -> None:
        with ui.row().classes("w-full items-center justify-between"):
            self.search = ui.input("Find a column", on_change=self._find).mark("find-column")
            self.search.props("outlined dense clearable debounce=250").classes("w-56")
            pages = -(-len(self.columns) // PAGE_COLUMNS)
            begin = [column.name for column in self.columns].index(self.picked) // PAGE_COLUMNS + 1
            self.pages = ui.pagination(1, pages, value=begin, direction_links=True, on_change=self.turn)
            self.pages.mark("column-pages")
            self.pages.props('max-pages=5 aria-label="Pages of the list of columns"')

    def _find(self) -> None:
        self.pages.set_value(1)
        self.turn()

    def _shown(self) -> list[tuple[int, TableColumn]]:
        every = list(enumerate(self.columns))
        if len(every) <= PAGE_COLUMNS:
            return every
        wanted = (self.search.value or "").casefold()
        found = [(place, column) for place, column in every if wanted in column.name.casefold()]
        self.pages.max = max(1, -(-len(found) // PAGE_COLUMNS))
        begin = ((self.pages.value or 1) - 1) * PAGE_COLUMNS
        return found[begin : begin + PAGE_COLUMNS]

    def _row(self, column: TableColumn) -> ui.element:
        kind, icon = KINDS[column.type]
        row = self.drawn[column.name] = ui.element("button").props("type=button")
        row.on("click", lambda: self.pick(column.name), args=[])
        with row:
            with ui.element("div").classes("flex items-center gap-3 min-w-0"):
                ui.icon(icon).classes("text-lg text-slate-500 dark:text-slate-400")
                with ui.element("div").classes("min-w-0 flex-1"):
                    ui.label(column.name).classes("text-sm font-medium truncate")
                    with ui.element("div").classes("flex items-center gap-2 min-w-0"):
                        ui.label(kind).classes(f"{SMALL} truncate")
                        ui.label("Target").classes("mlapp-target")
            gaps = f"{format_percent(column.missing / self.table_rows)} gaps" if column.missing else "no gaps"
            ui.label(gaps).classes(TEXT if column.missing else MUTED)
            ui.label(f"{column.distinct:,}").classes(f"{TEXT} max-sm:hidden")
            small_bars(column.distribution)
            ui.label(_values(column)).classes(f"{SMALL} truncate max-sm:hidden")
        self._mark(column.name)
        return row

    def _mark(self, name: str) -> None:
        picked = name == self.picked
        self.drawn[name].classes(replace=f"{COLUMN} {PICKED if picked else UNPICKED}")
        self.drawn[name].props(f"aria-pressed={'true' if picked else 'false'}")


def small_bars(found: Distribution | None) -> ui.element:
    """Draw a distribution in the space of a word: one element, whose bars are layers of its background."""
    counts = found.counts[:BARS] if found else []
    most = max(counts, default=0) or 1
    width = 100 / max(len(counts), 8)
    layers = [
        # A position in per cent is where that part of the picture meets that part of the element.
        f"linear-gradient({SERIES[0]}, {SERIES[0]}) {place * width / (100 - 0.8 * width) * 100:.2f}% 100% / "
        f"{0.8 * width:.2f}% {max(4, 100 * count / most):.1f}% no-repeat"
        for place, count in enumerate(counts)
        if count
    ]
    return (
        ui.element("div").classes("h-7 w-full").style(f"background: {', '.join(layers) or 'none'}").props("aria-hidden")
    )


def _values(column: TableColumn) -> str:
    """Say what stands in a column: the most frequent values with their shares, or the first few."""
    found = column.distribution
    if not found or not found.categories or column.distinct > len(found.categories):
        return ", ".join(column.examples)
    there = found.total - found.missing
    pairs = list(zip(found.categories, found.counts, strict=True))[:3]
    return ", ".join(f"{category} {count / there:.0%}" for category, count in pairs)
