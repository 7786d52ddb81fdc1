"""Train: a table, a target, an estimator; then how it goes and what came of it."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import DatasetInfo, Format, Job, TablePreview
from pages.components.cards import card, working
from pages.components.choice import Choice
from pages.components.columns import Columns
from pages.components.drop import drop
from pages.components.jobs import Following, JobView
from pages.components.messages import say_error
from pages.components.result import Result
from pages.components.settings import Settings
from pages.components.tables import plain_table
from pages.frame import frame
from pages.site import Site
from pages.theme import GRID, MUTED, OFFER, PICKED, SMALL, TEXT, UNPICKED

HEAD_COLUMNS = 50
"""Columns of which the first rows are shown."""


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/train")
    async def train(job: str = "", dataset: str = "", estimator: str = "auto") -> None:
        with frame(site, "Train", "/train", "Choose a table and the column to predict; the rest has good defaults."):
            await _Train(site, estimator).build(job, dataset)


class _Train:
    def __init__(self, site: Site, estimator: str) -> None:
        self.site, self.services, self.estimator = site, site.services, estimator
        self.offers: dict[str, ui.element] = {}
        self.choice = Choice(Path(tempfile.mkdtemp(prefix="mlapp-page-")))
        ui.context.client.on_delete(lambda: shutil.rmtree(self.choice.folder, ignore_errors=True))

    async def build(self, job_id: str, dataset: str) -> None:
        """Draw the page, with a job or a bundled table if one is named, else with a job that runs."""
        with card("1 · Table"):
            with ui.element("div").classes(GRID):
                drop(self.site.settings, self._choose_file)
                with ui.column().classes("gap-1 w-full"):
                    ui.label("or a bundled table").classes(MUTED)
                    self.bundled = ui.column().classes("gap-1 w-full").props('role=group aria-label="Bundled tables"')
                    with self.bundled:
                        working("Loading")
            self.table = ui.column().classes("w-full gap-3")
        self.second = ui.column().classes("w-full")
        self.progress = ui.column().classes("w-full gap-5")
        self.following = Following(self.site)
        self.result = Result(self.site)
        ui.timer(0, lambda: self._offer(dataset), once=True)
        if running := job_id or (None if dataset else await self._running()):
            await self._follow(running)

    async def _offer(self, dataset: str) -> None:
        """Show the bundled tables, and choose one if it is named."""
        known = {known.name: known for known in await self.services.models.datasets()}
        self.bundled.clear()
        with self.bundled:
            for offered in known.values():
                self._offer_one(offered)
        if dataset in known:
            await self._choose_dataset(known[dataset])

    def _offer_one(self, known: DatasetInfo) -> None:
        button = self.offers[known.name] = ui.element("button").mark(f"dataset-{known.name}")
        button.props("type=button aria-pressed=false").classes(f"{OFFER} {UNPICKED}")
        button.on("click", lambda: self._choose_dataset(known), args=[])
        with button:
            ui.label(known.name.replace("_", " ")).classes("text-sm font-medium")
            ui.label(f"{known.rows:,} rows · {known.task}").classes(SMALL)
            # The table's source stands in its last sentence, for those who choose it.
            ui.label(known.description).classes(f"{SMALL} col-span-2 line-clamp-1")

    async def _running(self) -> int | None:
        return next((job.id for job in await self.services.jobs.jobs() if not job.finished_at), None)

    async def _choose_file(self, event: events.UploadEventArguments, kind: Format) -> None:
        self.choice.name, self.choice.format, self.choice.dataset = event.file.name, kind, None
        self._reading()
        await event.file.save(self.choice.file)
        await self._look(None, event.file.name, "")

    async def _choose_dataset(self, known: DatasetInfo) -> None:
        self.choice.dataset, self.choice.format = known.name, None
        self._reading()
        await self._look(known.target, known.name, known.description)

    def _reading(self) -> None:
        """Show which table is chosen, and that it is read."""
        for name, button in self.offers.items():
            picked = name == self.choice.dataset
            button.classes(replace=f"{OFFER} {PICKED if picked else UNPICKED}")
            button.props(f"aria-pressed={'true' if picked else 'false'}")
        self.second.clear()
        self.table.clear()
        with self.table:
            working("Reading the table")

    async def _look(self, target: str | None, name: str, about: str) -> None:
        """Show the chosen table and what can be set."""
        self.choice.options = {"target": target}
        try:
            found = await self.choice.look(self.services.training)
        except MlappError as error:
            self.table.clear()
            say_error(error.detail)
            return
        if found is None:
            return
        estimators = await self.services.models.estimators()
        self.choice.options |= {"target": found.target, "estimator": "auto"}
        settings = Settings(self.choice, found, estimators, self.services.training)
        self.table.clear()
        with self.table:
            self._preview(found, settings, name, about)
        with self.second:
            settings.build(self._start, self.estimator if self.estimator in settings.described else "auto")

    def _preview(self, found: TablePreview, settings: Settings, name: str, about: str) -> None:
        ui.separator()
        with ui.row().classes("w-full items-baseline gap-x-3 gap-y-0"):
            ui.label(name).classes("font-semibold break-words min-w-0")
            ui.label(f"{found.rows:,} rows, {len(found.columns)} columns").classes(TEXT).mark("size")
        ui.label(about).classes(MUTED).set_visibility(bool(about))
        columns = Columns(found.columns, found.rows, found.target, settings.pick)
        settings.targeted = columns.show_picked
        with ui.expansion("First rows", icon="table_rows").classes("w-full"):
            names = [column.name for column in found.columns[:HEAD_COLUMNS]]
            plain_table("First rows", names, [row[:HEAD_COLUMNS] for row in found.head], page_rows=10).mark("rows")

    async def _start(self) -> None:
        try:
            submission = await asyncio.to_thread(self.choice.submission)
            job = await self.services.training.submit(submission)
        except MlappError as error:
            say_error(error.detail)
            return
        ui.navigate.history.replace(f"/train?job={job.id}")
        await self._follow(job.id)
        ui.run_javascript(f"getHtmlElement({self.progress.id}).scrollIntoView({{behavior: 'smooth'}})")

    async def _follow(self, job_id: str | int) -> None:
        """Show a training until it ends; whoever opens the page with its id sees the same."""
        self.progress.clear()
        self.result.clear()
        try:
            job = (await self.services.jobs.job(job_id)).model_copy()
        except MlappError as error:
            with self.progress, card("Training"):
                ui.label(error.detail).classes(TEXT)
            return
        with self.progress, card("3 · Training", mark="job"):
            view = JobView(self.site, job)
        await self.following.follow(view, self._moved_on)

    async def _moved_on(self, job: Job) -> None:
        if job.version:
            await self.result.show(job.version)
