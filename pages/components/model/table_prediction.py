"""Predictions for an uploaded table: a preview of the first rows, and a download of all."""

import asyncio

from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import Model, PredictionPreview, ValueWarning
from mlapp.services.prediction.service import Body
from pages.components.cards import card, loading
from pages.components.forms.file_drop import file_drop
from pages.components.tables.plain_table import plain_table
from pages.components.warnings import error_line, warnings
from pages.session.downloads import Downloads
from pages.session.site import Site
from pages.session.table_file import TableFile
from pages.theme import MUTED, TEXT

MAX_WARNINGS = 5


class TablePrediction:
    """The card with upload, preview and download."""

    def __init__(self, site: Site, downloads: Downloads, model: Model) -> None:
        self.services, self.downloads, self.model = site.services, downloads, model
        self.table: TableFile | None = None
        """The last upload."""
        self.path = ""
        ui.context.client.on_delete(self._clean_up)
        with card("Predict a table", mark="table-prediction"):
            ui.label(
                "Upload a table with these features, and download it with predictions, in the same format."
            ).classes(MUTED)
            file_drop(site.settings, self._predict)
            self.result = ui.column().classes("w-full gap-3").props("aria-live=polite")

    async def _predict(self, event: events.UploadEventArguments) -> None:
        self._clean_up()
        table = self.table = TableFile(event.file.name, event.file.size())
        self.result.clear()
        with self.result:
            loading("Predicting the table")
        await event.file.save(table.path)
        try:
            body = Body(await asyncio.to_thread(table.path.read_bytes), table.format)
            found: PredictionPreview | str = await self.services.prediction.preview(body, self.model.version)
        except MlappError as error:
            found = error.detail
        # Otherwise another table has been uploaded, or the page was closed.
        if table is self.table:
            self._show(table, found)

    def _show(self, table: TableFile, found: PredictionPreview | str) -> None:
        self.result.clear()
        with self.result:
            if isinstance(found, str):
                error_line("table-error", found)
            else:
                self.path = self.downloads.add(table, self.model.version)
                self._preview(found)

    def _preview(self, found: PredictionPreview) -> None:
        rows = f"{found.total:,} row{'' if found.total == 1 else 's'}"
        with ui.row().classes("w-full items-center justify-between gap-3"):
            ui.label(f"{rows} predicted by model {self.model.version}").classes(f"{TEXT} font-medium")
            path = self.path
            button = ui.button("Download predictions", icon="download")
            button.on_click(lambda: ui.download.from_url(path)).mark("download")
        if found.warnings_total:
            warnings(_warning_texts(found.warnings, found.warnings_total))
        # Predictions are the last columns of the file, but first here, so that they are visible.
        first = found.names.index("prediction")
        names = found.names[first:] + found.names[:first]
        cells = [row[first:] + row[:first] for row in found.rows]
        plain_table("First rows with their predictions", names, cells).mark("preview")
        shown = len(found.rows)
        ui.label(f"The first {shown} of {rows}." if shown < found.total else "All rows.").classes(MUTED)

    def _clean_up(self) -> None:
        self.downloads.remove(self.path)
        # Not removed now, as it may be read or written.
        self.table = None


def _warning_texts(found: list[ValueWarning], total: int) -> list[str]:
    texts = [f"Row {warned.row}, {warned.feature}: {warned.detail}" for warned in found[:MAX_WARNINGS]]
    more = total - len(texts)
    return [*texts, f"and {more:,} more warning{'' if more == 1 else 's'}"] if more else texts
