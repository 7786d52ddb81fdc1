"""Notifications of success and failure."""

from collections.abc import Awaitable

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.page_words import on_page


def notify_error(message: str) -> None:
    """Show an error until it is dismissed."""
    ui.notify(on_page(message), type="negative", timeout=0, close_button="OK", multi_line=True)


async def notify_result(action: Awaitable[object], success: str) -> None:
    """Await an action, and show briefly that it succeeded, or its error."""
    try:
        await action
    except MlappError as error:
        notify_error(error.detail)
    else:
        ui.notify(success, type="positive")
