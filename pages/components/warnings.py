"""Lists of warnings."""

from collections.abc import Sequence

from nicegui import ui

from pages.theme import TEXT


def warnings(messages: Sequence[str]) -> None:
    """Draw warnings, one per line."""
    for message in messages:
        with ui.row().classes("items-start gap-2 flex-nowrap").mark("data-warning"):
            ui.icon("warning_amber").classes("text-warning text-lg")
            ui.label(message).classes(f"{TEXT} break-words min-w-0")
