"""Predictions for an uploaded table: how it was read, a preview of the first rows, and a download of all."""

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import PredictionPreview, VersionInfo
from mlapp.services.prediction.service import Body
from pages.components.cards import card, loading
from pages.components.forms.coalescing import CoalescedTask
from pages.components.forms.file_choice import FileChoice
from pages.components.forms.file_drop import file_drop
from pages.components.forms.reading_options import ReadingOptions
from pages.components.model.prediction_preview import PredictionPreviewView
from pages.session.downloads import Downloads
from pages.session.site import Site
from pages.session.table_file import TableFile
from pages.theme import MUTED

SKIP = {"bad_rows": "skip"}


class TablePrediction:
    """The card with upload, preview and download."""

    def __init__(self, site: Site, downloads: Downloads, info: VersionInfo, on_file: Callable[[], object]) -> None:
        """Draw the card; `on_file` is called when a file arrives, which can be dropped anywhere on the page."""
        self.services, self.downloads, self.info, self.on_file = site.services, downloads, info, on_file
        self.table: TableFile | None = None
        """The last upload."""
        self.options: dict[str, Any] = {}
        self.path = ""
        self.check = CoalescedTask(self._check)
        ui.context.client.on_delete(self._clean_up)
        with card("Predict a file", mark="table-prediction"):
            ui.label(
                "Choose a table with the same columns. The download has the same rows, with their predictions."
            ).classes(MUTED)
            self.choice = FileChoice()
            with self.choice.choices:
                file_drop(site.settings, self._predict)
            self.result = ui.column().classes("w-full gap-3")

    async def _predict(self, event: events.UploadEventArguments) -> None:
        self._clean_up()
        self.on_file()
        table = self.table = TableFile(event.file.name, event.file.size())
        self.options = {}
        self.choice.show(table.name)
        self.result.clear()
        with self.result:
            self.reading = ReadingOptions(self.options, table.format, lambda _: self.check.schedule())
            self.reading.element.set_visibility(False)
            self.explain = ui.switch("Add the reasons for each prediction, as 'why'", on_change=self._explain)
            self.explain.mark("explain").set_visibility(False)
            self.preview = ui.column().classes("w-full gap-3").props("aria-live=polite")
        with self.preview:
            loading("Predicting the table")
        await event.file.save(table.path)
        # Otherwise another table has been uploaded, or the page was closed.
        if table is self.table:
            self.check.schedule()

    def _explain(self) -> None:
        self.options["explain"] = self.explain.value or None
        self.check.schedule()

    async def _check(self) -> None:
        """Predict the first rows with the current reading options."""
        table, options = self.table, _chosen(self.options)
        if table is None:
            # The page was closed.
            return
        found: PredictionPreview | MlappError
        try:
            body = Body(await asyncio.to_thread(table.path.read_bytes), table.format, options | SKIP)
            found = await self.services.prediction.trials.preview(body, self.info.model, self.info.version)
        except MlappError as error:
            found = error
        if table is self.table and not self.check.is_outdated:
            self._show(found)

    def _show(self, found: PredictionPreview | MlappError) -> None:
        self.downloads.remove(self.path)
        self.reading.element.set_visibility(True)
        self.explain.set_visibility(True)
        self.preview.clear()
        if isinstance(found, MlappError):
            self.reading.show_error(found.detail)
            return
        self.reading.show(found.read_as)
        with self.preview:
            PredictionPreviewView(self.info, found, self._download)

    def _download(self, *, skip: bool) -> None:
        """Download the predictions; with `skip`, in spite of rows that cannot be predicted."""
        assert self.table  # noqa: S101 - its preview has the button
        self.downloads.remove(self.path)
        options = _chosen(self.options) | (SKIP if skip else {})
        self.path = self.downloads.add(self.table, options, self.info.model, self.info.version)
        ui.download.from_url(self.path)

    def _clean_up(self) -> None:
        self.downloads.remove(self.path)
        # Not removed now, as it may be read or written.
        self.table = None


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were set."""
    return {name: value for name, value in options.items() if value is not None}
