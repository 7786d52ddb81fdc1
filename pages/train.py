"""Train: a table, a target, an estimator; then how it goes and what came of it."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import Format, Job, Submission, TablePreview
from mlapp.services import Services
from mlapp.settings import Settings
from pages.components.buttons import lead
from pages.components.cards import card
from pages.components.jobs import JobView, follow
from pages.components.messages import say_error
from pages.components.scores import importance, leaderboard, scores
from pages.components.tables import plain_table
from pages.components.warnings import warnings
from pages.frame import frame
from pages.site import Site
from pages.theme import GRID, MUTED, TEXT


@dataclass
class _Choice:
    """What a visitor has chosen so far."""

    folder: Path
    """Holds the dropped file for as long as the page is open."""
    name: str | None = None
    """What the visitor calls the file."""
    format: Format | None = None
    dataset: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "table"

    def look(self) -> Submission:
        """Return the table as it is with what matters for a look at it."""
        path = None if self.dataset else str(self.file)
        options = {name: self.options[name] for name in ("target", "features") if self.options.get(name)}
        return Submission(options=options, format=self.format, path=path, dataset=self.dataset)

    def submission(self) -> Submission:
        """Return the table with the options; of a file a copy, since a training removes its own."""
        options = {name: value for name, value in self.options.items() if value not in (None, "", [])}
        if self.dataset:
            return Submission(options=options, dataset=self.dataset)
        with tempfile.NamedTemporaryFile(prefix="mlapp-", delete=False) as copy, self.file.open("rb") as original:
            shutil.copyfileobj(original, copy)
        return Submission(options=options, format=self.format, path=copy.name, name=self.name)


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/train")
    async def train(job: str = "") -> None:
        with frame(site, "Train", "/train", "Choose a table and the column to predict; the rest has good defaults."):
            await _Train(services, site.settings).build(job)


class _Train:
    def __init__(self, services: Services, settings: Settings) -> None:
        self.services, self.settings = services, settings
        self.asked = 0
        self.choice = _Choice(Path(tempfile.mkdtemp(prefix="mlapp-page-")))
        ui.context.client.on_delete(lambda: shutil.rmtree(self.choice.folder, ignore_errors=True))

    async def build(self, job_id: str) -> None:
        with card("1 · Table"):
            with ui.element("div").classes(GRID):
                self._upload()
                with ui.column().classes("gap-2"):
                    self.dataset = ui.select([], label="or a bundled table", on_change=self._choose_dataset)
                    self.dataset.classes("w-full").props("outlined dense").mark("dataset")
                    self.about = ui.label().classes(MUTED)
            self.table = ui.column().classes("w-full gap-3")
        self.settings_card = ui.column().classes("w-full")
        self.progress = ui.column().classes("w-full gap-5")
        ui.timer(0, self._load_datasets, once=True)
        if running := job_id or await self._running():
            await self._follow(running)

    def _upload(self) -> None:
        upload = ui.upload(
            label="Drop a CSV, Parquet or NDJSON file",
            auto_upload=True,
            max_file_size=self.settings.max_body_bytes,
            on_upload=self._choose_file,
            on_rejected=self._say_what_is_taken,
        )
        upload.props('accept=".csv,.tsv,.txt,.parquet,.pq,.ndjson,.jsonl" flat bordered aria-label="Table file"')
        upload.on("failed", lambda: say_error("The file did not arrive; try again."), args=[])
        upload.classes("w-full rounded-xl").mark("file")

    def _say_what_is_taken(self) -> None:
        say_error(f"A file is taken if it is CSV, Parquet or NDJSON, and up to {self.settings.max_body_mb} MB large.")

    async def _load_datasets(self) -> None:
        self.known = {known.name: known for known in await self.services.models.datasets()}
        self.dataset.set_options(list(self.known))

    async def _running(self) -> int | None:
        return next((job.id for job in await self.services.jobs.jobs() if not job.finished_at), None)

    async def _choose_file(self, event: events.UploadEventArguments) -> None:
        self.choice.name, self.choice.format = event.file.name, Format.of_file(event.file.name)
        self.choice.dataset = None
        self.dataset.set_value(None)
        self.about.set_text("")
        if self.choice.format in (None, Format.JSON):
            say_error("The file is neither CSV, Parquet nor NDJSON by its name; save it as one of them.")
            return
        await event.file.save(self.choice.file)
        await self._look(None)

    async def _choose_dataset(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        if event.value:
            self.choice.dataset, self.choice.format = event.value, None
            self.about.set_text(self.known[event.value].description)
            await self._look(self.known[event.value].target)

    async def _look(self, target: str | None) -> None:
        """Show the chosen table and what can be set."""
        self.table.clear()
        self.settings_card.clear()
        self.choice.options = {"target": target}
        with self.table:
            _working("Reading the table")
        try:
            found = await self.services.training.look(self.choice.look())
        except MlappError as error:
            self.table.clear()
            say_error(error.detail)
            return
        self.table.clear()
        with self.table:
            self._preview(found)
        with self.settings_card:
            await self._settings(found)

    def _preview(self, found: TablePreview) -> None:
        ui.label(f"{found.rows:,} rows, {len(found.columns)} columns").classes(TEXT).mark("size")
        about = [(c.name, c.type, f"{c.missing:,}", f"{c.distinct:,}", ", ".join(c.examples)) for c in found.columns]
        with ui.expansion("Columns", icon="view_column", value=True).classes("w-full"):
            table = plain_table(("Column", "Type", "Missing", "Different values", "Examples"), about, page_rows=10)
            table.mark("columns")
        with ui.expansion("First rows", icon="table_rows").classes("w-full"):
            plain_table([column.name for column in found.columns], found.head, page_rows=10).mark("rows")

    async def _settings(self, found: TablePreview) -> None:
        names = [column.name for column in found.columns]
        estimators = await self.services.models.estimators()
        options = self.choice.options = {"target": found.target, "estimator": "auto"}
        with card("2 · Model", mark="settings"):
            with ui.element("div").classes(GRID):
                chosen = ui.select(names, label="Column to predict", value=found.target, with_input=len(names) > 10)
                chosen.bind_value_to(options, "target").props("outlined dense").classes("w-full").mark("target")
                chosen.on_value_change(self._doubt)
                estimator = ui.select([known.name for known in estimators], label="Estimator", value="auto")
                estimator.bind_value_to(options, "estimator").props("outlined dense").classes("w-full")
                estimator.mark("estimator")
            meaning = ui.label().classes(MUTED)
            described = {known.name: known.description for known in estimators}
            meaning.bind_text_from(estimator, "value", lambda name: described[name])
            with ui.expansion("More settings", icon="tune").classes("w-full"), ui.element("div").classes(GRID):
                features = ui.select(names, label="Features (all others when empty)", multiple=True, value=[])
                features.bind_value_to(options, "features").props("outlined dense use-chips").mark("features")
                features.on_value_change(self._doubt)
                coverage = ui.number("Coverage of intervals", value=0.9, min=0.5, max=0.99, step=0.05)
                coverage.bind_value_to(options, "coverage").props("outlined dense")
                seed = ui.number("Seed", value=0, min=0, precision=0)
                seed.bind_value_to(options, "seed").props("outlined dense")
                ui.input("Note").bind_value_to(options, "note").props("outlined dense maxlength=2000")
            self.doubts = ui.column().classes("w-full gap-2").props("aria-live=polite").mark("doubts")
            with self.doubts:
                warnings(found.warnings)
            ui.button("Train", icon="model_training", on_click=self._start).mark("train")

    async def _doubt(self) -> None:
        """Show what speaks against the present choice."""
        self.asked += 1
        mine = self.asked
        self.doubts.clear()
        with self.doubts:
            _working("Checking the table for this choice")
        try:
            found = (await self.services.training.look(self.choice.look())).warnings
        except MlappError as error:
            found = [error.detail]
        # A check that was overtaken by a later choice is not shown.
        if mine == self.asked:
            self.doubts.clear()
            with self.doubts:
                warnings(found)

    async def _start(self) -> None:
        try:
            submission = await asyncio.to_thread(self.choice.submission)
            job = await self.services.training.submit(submission)
        except MlappError as error:
            say_error(error.detail)
            return
        ui.navigate.history.replace(f"/train?job={job.id}")
        await self._follow(job.id)

    async def _follow(self, job_id: str | int) -> None:
        """Show a training until it ends; whoever opens the page with its id sees the same."""
        self.progress.clear()
        try:
            job = await self.services.jobs.job(job_id)
        except MlappError as error:
            with self.progress, card("Training"):
                ui.label(error.detail).classes(TEXT)
            return
        with self.progress, card("Training", mark="job") as drawn:
            view = JobView(self.services, job.model_copy())

        async def moved_on(job: Job) -> None:
            if job.version:
                await self._show_model(job, view, drawn)

        follow(view, moved_on)

    async def _show_model(self, job: Job, view: JobView, drawn: ui.card) -> None:
        try:
            model = await self.services.models.get(str(job.version))
        except MlappError:
            view.stage.set_text(f"Model {job.version} was trained, and has been deleted since.")
            return
        view.stage.set_text(
            f"Model {model.version} is trained" + (" and answers from now on." if model.active else ".")
        )
        with drawn:
            scores(model)
            left_out = [f"'{column.name}' {column.reason}; it is left out." for column in model.ignored]
            warnings([*model.warnings, *left_out])
            with ui.row():
                lead("Predict with it", "insights", "/predict")
                lead("Details", "inventory_2", f"/models/{model.version}").props("outline")
        with self.progress, ui.element("div").classes(GRID):
            with card("Estimators compared"):
                leaderboard(model)
            with card("What it looks at"):
                importance(model)


def _working(what: str) -> None:
    with ui.row().classes("items-center"):
        ui.spinner(size="sm")
        ui.label(what).classes(MUTED)
