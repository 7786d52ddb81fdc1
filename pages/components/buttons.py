"""Buttons with a meaning of their own."""

from collections.abc import Awaitable, Callable

from nicegui import ui


def lead(text: str, icon: str, path: str) -> ui.button:
    """Return a button that leads to another page; its mark is `go` and the path."""
    return ui.button(text, icon=icon, on_click=lambda: ui.navigate.to(path)).mark(f"go{path.replace('/', '-')}")


def asked_first(question: str, action: str, do: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Return what opens a dialog that asks before it does something; its button's mark is `confirm`."""

    async def act() -> None:
        dialog.close()
        await do()

    with ui.dialog() as dialog, ui.card().classes("gap-4"):
        ui.label(question)
        with ui.row().classes("w-full justify-end"):
            ui.button("Cancel", on_click=dialog.close).props("flat")
            ui.button(action, on_click=act).mark("confirm")

    def ask() -> None:
        dialog.open()

    return ask
