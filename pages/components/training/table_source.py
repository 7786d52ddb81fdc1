"""The choice of a table: a file or a bundled table; one line once a table is chosen."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import events, ui

from mlapp.schemas import DatasetInfo
from mlapp.settings import Settings
from pages.components.forms.file_drop import file_drop
from pages.components.training.dataset_picker import DatasetPicker
from pages.theme import GRID, MUTED


class TableSource:
    """A drop zone and the bundled tables."""

    def __init__(
        self,
        settings: Settings,
        on_file: Callable[[events.UploadEventArguments], Awaitable[None]],
        on_dataset: Callable[[DatasetInfo], Awaitable[None]],
    ) -> None:
        """Draw the choices; a function is called with the chosen file or table."""
        with ui.row().classes("w-full items-center gap-x-3 gap-y-0") as self.chosen:
            ui.icon("table_view").classes("text-xl text-primary")
            self.name = ui.label().classes("font-semibold break-words min-w-0").mark("table-name")
            another = ui.button("Choose another file", icon="upload_file", on_click=self._toggle)
            another.props("flat dense padding='2px 8px'").classes("ml-auto").mark("another-file")
        self.chosen.set_visibility(False)
        with ui.element("div").classes(GRID) as self.choices:
            file_drop(settings, on_file)
            with ui.column().classes("gap-1 w-full"):
                ui.label("or a bundled table").classes(MUTED)
                self.datasets = DatasetPicker(on_dataset)

    def show_datasets(self, datasets: Sequence[DatasetInfo]) -> None:
        """Show the bundled tables."""
        self.datasets.show(datasets)

    def show_chosen(self, name: str, dataset: str | None) -> None:
        """Show the name of the chosen table, and fold the choices."""
        self.name.set_text(name)
        self.datasets.select(dataset)
        self.chosen.set_visibility(True)
        self.choices.set_visibility(False)

    def _toggle(self) -> None:
        self.choices.set_visibility(not self.choices.visible)
