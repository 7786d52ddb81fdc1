"""Many rows at once: a table is dropped, looked at with its first predictions, and downloaded with all of them."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import Format, Model, Sample, Warned
from mlapp.services.prediction.service import Body
from pages.components.cards import card, working
from pages.components.forms.file_drop import drop
from pages.components.tables.plain_table import plain_table
from pages.components.warnings import warnings
from pages.session.downloads import Downloads, Dropped
from pages.session.site import Site
from pages.theme import MUTED, TEXT

MOST_WARNINGS = 5


class ManyRows:
    """The card on which a table is dropped."""

    def __init__(self, site: Site, downloads: Downloads, model: Model) -> None:
        self.services, self.downloads, self.model = site.services, downloads, model
        self.folder: Path | None = None
        self.path = ""
        self.asked = 0
        ui.context.client.on_delete(self._clean_up)
        with card("Many rows", mark="many-rows"):
            ui.label(
                "Drop a table with these features; it comes back with its predictions, in the same format."
            ).classes(MUTED)
            drop(site.settings, self._take)
            self.place = ui.column().classes("w-full gap-3").props("aria-live=polite")

    async def _take(self, event: events.UploadEventArguments, kind: Format) -> None:
        self.asked += 1
        mine = self.asked
        self.downloads.withdraw(self.path)
        self.place.clear()
        with self.place:
            working("Predicting the table")
        dropped = Dropped(self._folder() / f"table-{mine}", kind, self.model.version)
        await event.file.save(dropped.file)
        try:
            body = Body(await asyncio.to_thread(dropped.file.read_bytes), kind)
            found: Sample | str = await self.services.prediction.sample(body, dropped.version)
        except MlappError as error:
            found = error.detail
        # A table that was dropped meanwhile is the one to show.
        if mine == self.asked:
            self._show(dropped, found)

    def _show(self, dropped: Dropped, found: Sample | str) -> None:
        self.place.clear()
        with self.place:
            if isinstance(found, str):
                with ui.row().classes("items-start gap-2 flex-nowrap text-negative"):
                    ui.icon("error_outline").classes("text-lg")
                    ui.label(found).classes("text-sm break-words min-w-0").mark("refused")
                return
            self.path = self.downloads.offer(dropped)
            self._preview(dropped, found)

    def _preview(self, dropped: Dropped, found: Sample) -> None:
        rows = f"{found.total:,} row{'' if found.total == 1 else 's'}"
        with ui.row().classes("w-full items-center justify-between gap-3"):
            ui.label(f"{rows} predicted by model {self.model.version}").classes(f"{TEXT} font-medium")
            path = self.path
            button = ui.button("Download predictions", icon="download")
            button.on_click(lambda: ui.download.from_url(path, dropped.name)).mark("download")
        if found.warnings_total:
            warnings(_doubts(found.warnings, found.warnings_total))
        # The predictions come last in the file; here first, where they can be seen.
        first = found.names.index("prediction")
        names = found.names[first:] + found.names[:first]
        cells = [row[first:] + row[:first] for row in found.rows]
        plain_table("First rows with their predictions", names, cells).mark("preview")
        shown = len(found.rows)
        ui.label(f"The first {shown} of {rows}." if shown < found.total else "All rows.").classes(MUTED)

    def _folder(self) -> Path:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="mlapp-page-"))
        return self.folder

    def _clean_up(self) -> None:
        self.downloads.withdraw(self.path)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _doubts(found: list[Warned], total: int) -> list[str]:
    said = [f"Row {warned.row}, {warned.feature}: {warned.detail}" for warned in found[:MOST_WARNINGS]]
    more = total - len(said)
    return [*said, f"and {more:,} warning{'' if more == 1 else 's'} more"] if more else said
