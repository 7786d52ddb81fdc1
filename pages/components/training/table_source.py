"""The choice of a training table: a file or a bundled table."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import events, ui

from mlapp.schemas import DatasetInfo
from mlapp.settings import Settings
from pages.components.forms.file_choice import FileChoice
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
        self.choice = FileChoice()
        with self.choice.choices, ui.element("div").classes(GRID):
            file_drop(settings, on_file)
            with ui.column().classes("gap-1 w-full"):
                ui.label("or a bundled table").classes(MUTED)
                self.datasets = DatasetPicker(on_dataset)

    def show_datasets(self, datasets: Sequence[DatasetInfo]) -> None:
        """Show the bundled tables."""
        self.datasets.show(datasets)

    def show_chosen(self, name: str, dataset: str | None) -> None:
        """Show the name of the chosen table."""
        self.choice.show(name)
        self.datasets.select(dataset)
