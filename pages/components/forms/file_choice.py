"""The choice of a table, folded to one line once a table is chosen."""

from nicegui import ui

from pages.theme import TEXT


class FileChoice:
    """A line with the name of the chosen table, its size and actions, and what it is chosen from."""

    def __init__(self) -> None:
        """Draw it; the choices go into `choices`."""
        with ui.row().classes("w-full items-center gap-x-3 gap-y-0") as self.chosen:
            ui.icon("table_view").classes("text-xl text-primary")
            self.name = ui.label().classes("font-semibold break-words min-w-0").mark("table-name")
            self.size = ui.label().classes(TEXT).mark("size")
            self.actions = ui.row().classes("items-center ml-auto")
            another = ui.button("Choose another file", icon="upload_file", on_click=self._toggle)
            another.props("flat dense padding='2px 8px'").mark("another-file")
        self.chosen.set_visibility(False)
        self.choices = ui.element("div").classes("w-full")

    def show(self, name: str) -> None:
        """Show the name of the chosen table, and fold the choices."""
        self.name.set_text(name)
        self.size.set_text("")
        self.actions.clear()
        self.chosen.set_visibility(True)
        self.choices.set_visibility(False)

    def _toggle(self) -> None:
        self.choices.set_visibility(not self.choices.visible)
