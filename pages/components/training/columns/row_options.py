"""What a column says about rows, beside its role: their time, group or weight, or a protected group."""

from collections.abc import Callable

from nicegui import ui

from mlapp.schemas import TableColumn
from pages.session.column_choices import ROW_OPTIONS, ColumnChoices
from pages.theme import BADGE_MAIN

TEXTS = {
    "time_column": ("Time", "Time: test on the latest rows"),
    "group_column": ("Group", "Group: test on groups that training has not seen"),
    "weight_column": ("Weight", "Weight: how much each row counts"),
    "protected_column": ("Protected", "Protected: show how results differ between its groups"),
}
"""Badge and menu item."""


class RowOptionsMenu:
    """A menu that marks a column as time, group, weight or protected, and a badge that says so and takes it back."""

    def __init__(self, choices: ColumnChoices, column: TableColumn, mark: str, on_change: Callable[[], None]) -> None:
        self.choices, self.column, self.mark, self.on_change = choices, column, mark, on_change
        self.badges: dict[str, ui.element] = {}
        self.menu: ui.menu | None = None

    def draw_badges(self) -> None:
        """Draw a badge for each option, which shows while the option names the column."""
        for option, (text, _) in TEXTS.items():
            badge = self.badges[option] = ui.element("button").props("type=button")
            badge.classes(f"{BADGE_MAIN} border-0 cursor-pointer inline-flex items-center gap-1")
            badge.props["aria-label"] = f"{text}: undo for {self.column.name}"
            badge.mark(f"is-{option}").on("click", lambda option=option: self._toggle(option), args=[])
            with badge:
                ui.label(text)
                ui.icon("close")

    def draw_button(self) -> None:
        """Draw the button that opens the menu."""
        self.button = ui.button(icon="more_vert", on_click=self._open).mark(f"{self.mark}-more")
        self.button.props("flat round dense size=sm color=secondary aria-haspopup=menu")
        self.button.props["aria-label"] = f"More roles of {self.column.name}"

    def show(self, column: TableColumn) -> None:
        """Show what the column is used for."""
        self.column = column
        chosen = self.choices.row_options(column)
        for option, badge in self.badges.items():
            badge.set_visibility(option in chosen)

    def _open(self) -> None:
        """Draw the menu when it is opened, as few of many are."""
        if self.menu is not None:
            self.menu.delete()
        with self.button, ui.menu().props("auto-close no-parent-event") as self.menu:
            for option, (_, text) in TEXTS.items():
                item = ui.menu_item(text, lambda option=option: self._toggle(option)).mark(f"row-{option}")
                item.set_enabled(self.column.type in ROW_OPTIONS[option])
        self.menu.open()

    def _toggle(self, option: str) -> None:
        is_set = option in self.choices.row_options(self.column)
        self.choices.set_row_option(option, None if is_set else self.column.name)
        self.on_change()
