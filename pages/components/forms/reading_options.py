"""How a file was read, with controls that overrule what was detected; used for training and for predictions."""

import re
from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.presentation.tables.reading import CHOICES, detected_value, reading_options, reading_summary
from mlapp.schemas import Format, ReadAs
from pages.components.warnings import error_line, notes, warnings
from pages.theme import MUTED, THIRDS

FIELD = "outlined dense stack-label options-dense"
STRUCTURE = ("sheet", "header_row", "delimiter", "encoding")
"""Options that change which columns there are."""
SUGGESTION = "Set header_row="
HEADER_ROWS = re.compile(r"header_row=(\d+)")
"""How an error suggests values, and these."""


class ReadingOptions:
    """A line about how a file was read, and controls of its reading options."""

    def __init__(self, options: dict[str, Any], hint: Format, on_change: Callable[[str], None]) -> None:
        """Draw it; the controls set `options`, then `on_change` is called with the name of the option."""
        self.options, self.on_change = options, on_change
        self.read_as = ReadAs(format=hint)
        self.drawn: tuple[str, ...] = ()
        self.fields: dict[str, ui.select | ui.number] = {}
        with ui.column().classes("w-full gap-2").mark("reading") as self.element:
            self.error = error_line("read-error")
            self.suggestions = ui.row().classes("gap-2 empty:hidden")
            with ui.row().classes("w-full items-center gap-x-3 gap-y-1"):
                ui.label("How the file was read").classes("text-sm font-medium")
                self.summary = ui.label().classes(f"{MUTED} break-words min-w-0").mark("read-as")
                self.toggle = ui.button("Change", on_click=self._toggle)
                self.toggle.props("flat dense padding='2px 8px' aria-expanded=false").mark("change-reading")
            self.controls = ui.element("div").classes(f"{THIRDS} pt-1").mark("reading-options")
            self.controls.set_visibility(False)
            self.notes = ui.column().classes("w-full gap-1 empty:hidden")
            self.notes.props("aria-live=polite").mark("left-out")

    def show(self, read_as: ReadAs | None) -> None:
        """Show how the file was read."""
        self.error.set_text("")
        self.suggestions.clear()
        if read_as is None:
            return
        self.read_as = read_as
        self.summary.set_text(reading_summary(read_as))
        self._update_controls()
        self.notes.clear()
        with self.notes:
            notes("left-out-line", read_as.left_out)
            warnings(read_as.warnings)

    def show_error(self, detail: str) -> None:
        """Show why the file cannot be read, with the controls that may help."""
        suggested = dict.fromkeys(HEADER_ROWS.findall(detail))
        # The buttons say the rest.
        self.error.set_text(detail.partition(f" {SUGGESTION}")[0] if suggested else detail)
        self.notes.clear()
        self.summary.set_text("")
        self._update_controls()
        self._open(visible=True)
        self.suggestions.clear()
        with self.suggestions:
            for row in suggested:
                text = f"The column names are in line {row}" if int(row) else "The file has no column names"
                button = ui.button(text, on_click=lambda row=int(row): self._set("header_row", row))
                button.props("outline dense padding='2px 10px'").mark(f"header-row-{row}")

    def _toggle(self) -> None:
        self._open(visible=not self.controls.visible)

    def _open(self, *, visible: bool) -> None:
        self.controls.set_visibility(visible)
        self.toggle.props["aria-expanded"] = "true" if visible else "false"

    def _update_controls(self) -> None:
        """Draw the controls that apply, or update what they say was detected."""
        names = reading_options(self.read_as.format)
        if names != self.drawn:
            self.drawn = names
            self.controls.clear()
            with self.controls:
                self.fields = {name: self._field(name) for name in names}
        for name, field in self.fields.items():
            if isinstance(field, ui.select):
                field.set_options(self._values(name), value=self.options.get(name) or "")
            else:
                field.set_value(self.options.get(name))
                field.props["placeholder"] = self._detected(name)

    def _field(self, name: str) -> ui.select | ui.number:
        field: ui.select | ui.number
        if name == "header_row":
            field = ui.number("Line of the column names (0: none)", min=0, max=10_000, precision=0)
            field.props("clearable debounce=500")
        else:
            label = CHOICES[name][0] if name in CHOICES else "Sheet"
            field = ui.select(self._values(name), label=label, value="")
        field.on_value_change(lambda event: self._set(name, event.value))
        return field.props(FIELD).classes("w-full").mark(f"reading-{name}")

    def _values(self, name: str) -> dict[str, str]:
        """Return the values of an option; the empty one detects it."""
        known = dict(CHOICES[name][1]) if name in CHOICES else {sheet: sheet for sheet in self.read_as.sheets or []}
        chosen = self.options.get(name) or ""
        return {"": self._detected(name)} | known | ({chosen: chosen} if chosen and chosen not in known else {})

    def _detected(self, name: str) -> str:
        found = "" if self.options.get(name) is not None else detected_value(self.read_as, name)
        return f"Detected: {found}" if found else "Detect"

    def _set(self, name: str, value: float | str | None) -> None:
        """Set an option that the user has changed, also to what it was detected as."""
        chosen = None if value in (None, "") else int(value) if name == "header_row" else value
        if chosen != self.options.get(name):
            self.options[name] = chosen
            self.on_change(name)
