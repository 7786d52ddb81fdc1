"""What pages tell a visitor in passing."""

from nicegui import ui


def say_error(sentence: str) -> None:
    """Show why something did not work; it stays until it is closed."""
    ui.notify(sentence, type="negative", timeout=0, close_button="OK", multi_line=True)


def say_done(sentence: str) -> None:
    """Show that something worked."""
    ui.notify(sentence, type="positive")
