"""Buttons: links to pages, and actions that ask for confirmation."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from nicegui import ui

from pages.theme import LEAD, SELECTED, UNSELECTED

Target = tuple[str, str, str]
"""What `link_button` takes: text, icon and path."""
MODELS: Target = ("All models", "hub", "/")
TRAIN: Target = ("Train a model", "model_training", "/train")
JOBS: Target = ("All jobs", "work_history", "/jobs")


def link_button(text: str, icon: str, path: str) -> ui.button:
    """Return a button that opens another page; its mark is `go` and the path."""
    return ui.button(text, icon=icon, on_click=lambda: ui.navigate.to(path)).mark(f"go{path.replace('/', '-')}")


def set_pressed(button: ui.element, style: str, *, pressed: bool) -> None:
    """Set the style of a toggle button, highlighted if it is pressed."""
    button.classes(replace=f"{style} {SELECTED if pressed else UNSELECTED}")
    button.props["aria-pressed"] = "true" if pressed else "false"


@contextmanager
def confirmation(
    question: str,
    action: str,
    on_confirm: Callable[[], Awaitable[None]],
    *,
    dismiss: str = "Cancel",
    color: str = "primary",
) -> Iterator[None]:
    """Open a dialog that asks before it runs an action; the button that runs it is marked `confirm`."""

    async def run() -> None:
        dialog.close()
        await on_confirm()

    # In the page, as the element that asks may be deleted while the dialog is open.
    with ui.context.client, ui.dialog(value=True) as dialog, ui.card().classes("w-full max-w-lg gap-4 p-5"):
        dialog.props["aria-label"] = question
        ui.label(question).classes(LEAD).props("role=heading aria-level=2")
        yield
        with ui.row().classes("w-full justify-end gap-2"):
            ui.button(dismiss, on_click=dialog.close).props("flat")
            ui.button(action, color=color, on_click=run).mark("confirm")
