"""Notes, warnings, and errors shown in a page."""

from collections.abc import Sequence

from nicegui import ui

from mlapp.presentation.page_words import on_page
from pages.theme import MUTED, TEXT

ROW = "items-start gap-2 flex-nowrap"


def warnings(messages: Sequence[str]) -> None:
    """Draw warnings, one per line."""
    for message in messages:
        with ui.row().classes(ROW).mark("data-warning"):
            ui.icon("warning_amber").classes("text-warning text-lg")
            ui.label(on_page(message)).classes(f"{TEXT} break-words min-w-0")


def notes(mark: str, messages: Sequence[str]) -> None:
    """Draw notes, one per line."""
    for message in messages:
        with ui.row().classes(ROW).mark(mark):
            ui.icon("info_outline").classes("text-lg text-slate-500 dark:text-slate-400")
            ui.label(message).classes(f"{MUTED} break-words min-w-0")


def error_line(mark: str, message: str = "") -> ui.label:
    """Draw an error, which is hidden while its text is empty."""
    with ui.row().classes(f"{ROW} text-negative").props("role=alert") as row:
        ui.icon("error_outline").classes("text-lg")
        label = ui.label(message).classes("text-sm break-words min-w-0").mark(mark)
    row.bind_visibility_from(label, "text", bool)
    return label
