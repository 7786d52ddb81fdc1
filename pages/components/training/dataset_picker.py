"""The bundled tables, of which one may be chosen."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from mlapp.schemas import DatasetInfo
from pages.components.cards import working
from pages.theme import OFFER, PICKED, SMALL, UNPICKED


class Bundled:
    """A list of tables, which is filled when they are known."""

    def __init__(self, choose: Callable[[DatasetInfo], Awaitable[None]]) -> None:
        """Draw the list; `choose` is called with the table that a visitor clicks."""
        self.choose = choose
        self.picked: str | None = None
        self.buttons: dict[str, ui.element] = {}
        self.list = ui.column().classes("gap-1 w-full").props('role=group aria-label="Bundled tables"')
        with self.list:
            working("Loading")

    def show(self, tables: Sequence[DatasetInfo]) -> None:
        """Show the tables."""
        self.list.clear()
        with self.list:
            for table in tables:
                self._draw(table)
        self.pick(self.picked)

    def pick(self, picked: str | None) -> None:
        """Show which table is chosen, or that none is."""
        self.picked = picked
        for name, button in self.buttons.items():
            button.classes(replace=f"{OFFER} {PICKED if name == picked else UNPICKED}")
            button.props(f"aria-pressed={'true' if name == picked else 'false'}")

    def _draw(self, table: DatasetInfo) -> None:
        button = self.buttons[table.name] = ui.element("button").props("type=button").mark(f"dataset-{table.name}")
        button.on("click", lambda: self.choose(table), args=[])
        with button:
            ui.label(table.name.replace("_", " ")).classes("text-sm font-medium")
            ui.label(f"{table.rows:,} rows · {table.task}").classes(SMALL)
            # The table's source stands in its last sentence, for those who choose it.
            ui.label(table.description).classes(f"{SMALL} col-span-2 line-clamp-1")
