"""The list of bundled tables, of which one can be selected."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from mlapp.presentation.formats import format_count
from mlapp.schemas import DatasetInfo
from pages.components.buttons import set_pressed
from pages.components.cards import loading
from pages.theme import DATASET, SMALL


class DatasetPicker:
    """A list of bundled tables as buttons."""

    def __init__(self, on_select: Callable[[DatasetInfo], Awaitable[None]]) -> None:
        """Draw a loading indicator; `on_select` is called with the clicked table."""
        self.on_select = on_select
        self.selected: str | None = None
        self.buttons: dict[str, ui.element] = {}
        self.list = ui.column().classes("gap-1 w-full").props('role=group aria-label="Bundled tables"')
        with self.list:
            loading("Loading")

    def show(self, tables: Sequence[DatasetInfo]) -> None:
        """Draw the tables."""
        self.list.clear()
        with self.list:
            for table in tables:
                self._draw(table)
        self.select(self.selected)

    def select(self, selected: str | None) -> None:
        """Highlight a table, or none."""
        self.selected = selected
        for name, button in self.buttons.items():
            set_pressed(button, DATASET, pressed=name == selected)

    def _draw(self, table: DatasetInfo) -> None:
        button = self.buttons[table.name] = ui.element("button").props("type=button").mark(f"dataset-{table.name}")
        button.on("click", lambda: self.on_select(table), args=[])
        with button:
            ui.label(table.name.replace("_", " ")).classes("text-sm font-medium")
            ui.label(f"{format_count(table.rows, 'row')} · {table.task}").classes(SMALL)
            # Cut after one line: the rest, with the source, is shown when the table is selected.
            ui.label(table.description).classes(f"{SMALL} col-span-2 line-clamp-1")
