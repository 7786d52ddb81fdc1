"""What a visitor should look at before trusting something."""

from collections.abc import Sequence

from nicegui import ui

from pages.theme import TEXT


def warnings(sentences: Sequence[str]) -> None:
    """Show warnings, one a line."""
    for sentence in sentences:
        with ui.row().classes("items-start gap-2 flex-nowrap").mark("doubt"):
            ui.icon("warning_amber").classes("text-warning text-lg")
            ui.label(sentence).classes(f"{TEXT} break-words min-w-0")
