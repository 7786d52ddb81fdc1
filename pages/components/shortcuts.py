"""Keyboard shortcuts: their keys, and the dialog that lists them; `pages/shortcuts.js` listens for them."""

from nicegui import ui

from pages.theme import KEY, LEAD, MUTED, TEXT

PAGES = {"m": "Models", "t": "Train", "j": "Jobs", "s": "System"}
TABS = {"o": "Overview", "p": "Predict", "v": "Versions"}
"""Keys after `g`: of pages, and of the tabs of a model."""
SEARCH = "mlapp-search"
"""Class of the field to which `/` leads."""


def shortcut(link: ui.link, name: str) -> None:
    """Give a link the key of its page or tab, if it has one."""
    for key, known in (PAGES | TABS).items():
        if known == name:
            link.props["data-key"] = key


def shortcuts_button() -> None:
    """Draw the button that lists the shortcuts, for people with a keyboard."""
    button = ui.button("Keyboard shortcuts", icon="keyboard", on_click=_show).mark("shortcuts")
    button.props("flat align=left size=sm color=secondary data-key=help").classes("w-full max-lg:hidden")


def _show() -> None:
    with ui.context.client, ui.dialog(value=True) as dialog, ui.card().classes("w-full max-w-md gap-3 p-5"):
        dialog.props["aria-label"] = "Keyboard shortcuts"
        dialog.on("hide", dialog.delete)
        ui.label("Keyboard shortcuts").classes(LEAD).props("role=heading aria-level=2")
        with ui.element("dl").classes("w-full grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 m-0"):
            for key, name in PAGES.items():
                _line(("g", key), name)
            for key, name in TABS.items():
                _line(("g", key), f"{name} of the model")
            _line(("/",), "Search, where a page has one")
            _line(("?",), "This list")
            _line(("Esc",), "Close a dialog or menu")
        ui.label("Press the keys of a pair one after the other.").classes(MUTED)
        with ui.row().classes("w-full justify-end"):
            ui.button("Close", on_click=dialog.close).props("flat").mark("close")


def _line(keys: tuple[str, ...], meaning: str) -> None:
    with ui.element("dt").classes("flex gap-1"):
        for key in keys:
            with ui.element("kbd").classes(KEY):
                ui.label(key)
    with ui.element("dd").classes(f"{TEXT} m-0"):
        ui.label(meaning)
