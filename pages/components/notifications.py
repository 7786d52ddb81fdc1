"""Notifications of success and failure."""

from nicegui import ui


def notify_error(message: str) -> None:
    """Show an error until it is dismissed."""
    ui.notify(message, type="negative", timeout=0, close_button="OK", multi_line=True)


def notify_success(message: str) -> None:
    """Show briefly that an action succeeded."""
    ui.notify(message, type="positive")
