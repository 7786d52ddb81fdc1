"""A column of a table: its type, role, values and warnings."""

from collections.abc import Callable

from nicegui import ui

from mlapp.errors import shorten
from mlapp.presentation.formats import format_count, format_percent
from mlapp.schemas import ColumnType, TableColumn
from pages.components.training.columns.mini_histogram import MiniHistogram, frequent_values
from pages.components.training.columns.row_options import RowOptionsMenu
from pages.components.warnings import notes, warnings
from pages.session.column_choices import ColumnChoices, Role
from pages.theme import (
    COLUMN,
    COLUMN_NOTES,
    MUTED,
    SEGMENT,
    SEGMENT_OFF,
    SEGMENT_ON,
    SEGMENTS,
    SELECTED,
    SMALL,
    TEXT,
    UNSELECTED,
)

TYPES = {
    ColumnType.NUMBER: ("Number", "tag"),
    ColumnType.INTEGER: ("Whole number", "pin"),
    ColumnType.CATEGORY: ("Category", "sell"),
    ColumnType.DATETIME: ("Date", "event"),
    ColumnType.BOOLEAN: ("Yes or no", "toggle_on"),
    ColumnType.TEXT: ("Text", "notes"),
}
"""Label and icon."""
DETECT = "Detect"


class ColumnRow:
    """A row of the list of columns, updated in place."""

    def __init__(self, choices: ColumnChoices, column: TableColumn, mark: str, on_change: Callable[[], None]) -> None:
        """Draw the row; `on_change` is called after each change of the choices."""
        self.choices, self.column, self.on_change = choices, column, on_change
        self.roles: dict[Role, ui.element] = {}
        self._shown_notes: tuple[object, ...] = ()
        with ui.element("div").props("role=listitem").mark(mark) as self.element:
            self.row_options = RowOptionsMenu(choices, column, mark, on_change)
            self._name(mark)
            self.missing = ui.label()
            self.distinct = ui.label().classes(f"{TEXT} max-sm:hidden")
            self.histogram = MiniHistogram()
            self.values = ui.label().classes(f"{SMALL} truncate max-sm:hidden")
            self._roles(mark)
            self.notes = ui.element("div").classes(COLUMN_NOTES)

    def show(self, column: TableColumn, rows: int) -> None:
        """Show a column of a table with this number of rows."""
        self.column = column
        label, icon = TYPES[column.type]
        self.type.set_text(label)
        self.icon.set_name(icon)
        share = format_percent(column.missing / rows) if column.missing else "none"
        self.missing.set_text(f"{share} missing")
        self.missing.classes(replace=f"whitespace-nowrap {TEXT if column.missing else MUTED}")
        self.distinct.set_text(format_count(column.distinct))
        self.histogram.show(column.distribution)
        self.values.set_text(frequent_values(column))
        self.show_choices()
        self._show_notes()

    def show_choices(self) -> None:
        """Show the role of the column."""
        role = self.choices.role(self.column)
        self.row_options.show(self.column)
        self.element.classes(replace=f"{COLUMN} {SELECTED if role is Role.TARGET else UNSELECTED}")
        self.name.classes(replace=f"text-sm truncate {MUTED if role is Role.IGNORED else 'font-medium'}")
        for each, button in self.roles.items():
            button.classes(replace=f"{SEGMENT} {SEGMENT_ON if each is role else SEGMENT_OFF}")
            button.props["aria-pressed"] = "true" if each is role else "false"

    def _name(self, mark: str) -> None:
        with ui.element("div").classes("flex items-center gap-3 min-w-0 max-sm:w-full"):
            self.icon = ui.icon("tag").classes("text-lg text-slate-500 dark:text-slate-400")
            with ui.element("div").classes("min-w-0 flex-1 flex flex-col items-start"):
                self.name = ui.label(self.column.name)
                with ui.element("div").classes("flex items-center gap-1.5 max-w-full"):
                    button = ui.element("button").props("type=button aria-haspopup=menu").classes("mlapp-type")
                    button.props["aria-label"] = f"Type of {self.column.name}"
                    with button.mark(f"{mark}-type") as self.type_button:
                        self.type = ui.label()
                        ui.icon("arrow_drop_down")
                    self.row_options.draw_badges()
        self.type_button.on("click", self._open_types, args=[])
        self.menu: ui.menu | None = None

    def _roles(self, mark: str) -> None:
        with ui.element("div").classes("flex items-center ml-auto shrink-0"):
            with ui.element("div").classes(SEGMENTS).props("role=group") as group:
                group.props["aria-label"] = f"Role of {self.column.name}"
                for role in Role:
                    button = self.roles[role] = ui.element("button").props("type=button").mark(f"{mark}-{role.lower()}")
                    button.props["aria-label"] = f"{role} {self.column.name}"
                    button.on("click", lambda role=role: self._set_role(role), args=[])
                    with button:
                        ui.label(role)
            self.row_options.draw_button()

    def _open_types(self) -> None:
        """Draw the menu of types when it is first opened, as few of many are."""
        if self.menu is not None:
            self.menu.delete()
        with self.type_button, ui.menu().props("auto-close no-parent-event") as self.menu:
            if self.choices.has_type(self.column):
                ui.menu_item(DETECT, lambda: self._set_type(None)).mark("type-detect")
            for kind, (label, _) in TYPES.items():
                ui.menu_item(label, lambda kind=kind: self._set_type(kind)).mark(f"type-{kind}")
        self.menu.open()

    def _show_notes(self) -> None:
        """Draw the warnings about the column, unless it is drawn already."""
        column, choices = self.column, self.choices
        excluded, target = choices.is_excluded(column), column.name == choices.target
        merged = choices.is_merged(column)
        shown = (column.ignored, column.warnings, column.leaks, column.variants, excluded, merged, target)
        if shown == self._shown_notes:
            return
        self._shown_notes = shown
        self.notes.clear()
        has_warnings = column.ignored or column.warnings or column.leaks or column.variants
        self.notes.set_visibility(bool(merged or (has_warnings and not excluded)))
        with self.notes:
            if column.ignored:
                notes("column-ignored", [f"Left out: {column.ignored}"])
            warnings(column.warnings)
            with ui.row().classes("gap-2 pl-7"):
                if column.leaks:
                    self._action(f"Leave '{shorten(column.name, 40)}' out", "leave-out", self._leave_out)
                if column.variants and not merged:
                    self._action("Merge spellings", "merge", lambda: self._set_merged(merged=True))
                if merged:
                    self._action("Keep spellings apart", "keep-apart", lambda: self._set_merged(merged=False))

    def _action(self, text: str, mark: str, on_click: Callable[[], None]) -> None:
        ui.button(text, on_click=on_click).props("outline dense padding='1px 10px' size=12px").mark(mark)

    def _leave_out(self) -> None:
        self._set_role(Role.IGNORED)

    def _set_role(self, role: Role) -> None:
        if self.choices.role(self.column) is not role:
            self.choices.set_role(self.column, role)
            self.on_change()

    def _set_type(self, kind: ColumnType | None) -> None:
        if kind is not self.column.type:
            self.choices.set_type(self.column, kind)
            self.on_change()

    def _set_merged(self, *, merged: bool) -> None:
        self.choices.set_merged(self.column, merged=merged)
        self.on_change()
