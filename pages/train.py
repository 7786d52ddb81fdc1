"""Train: a table, a target, an estimator; then how it goes and what came of it.

The address says what is on the page: a training (`?job=`), or a table that is not trained on yet. A reload, and the way
back from another page, bring back what was chosen in the same browser tab.
"""

import asyncio
from functools import partial

from nicegui import app as ui_app
from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import DatasetInfo, Format, Job, TablePreview
from mlapp.services.access.sessions import SESSION
from pages.components.cards import card, working
from pages.components.forms.file_drop import drop
from pages.components.notifications import say_error
from pages.components.tables.plain_table import plain_table
from pages.components.training.column_picker import Columns
from pages.components.training.dataset_picker import Bundled
from pages.components.training.job_progress import Following, JobView, OtherTraining
from pages.components.training.options_form import Settings
from pages.components.training.result import Result
from pages.frame import frame
from pages.session.form_state import Choice, Choices, Owner, TableFile
from pages.session.site import Site
from pages.theme import GRID, MUTED, TEXT

HEAD_COLUMNS = 50
"""Columns of which the first rows are shown."""
TIDY_S = 3_600
"""How often choices are removed that were kept for long enough."""
NOT_KEPT = "The table of this training is not kept for this browser tab; drop it again to train on it."


def register(site: Site) -> None:
    """Add the page."""
    choices = Choices(2 * site.settings.max_body_bytes)
    ui_app.timer(TIDY_S, choices.tidy)

    @ui.page("/train")
    async def train(job: str = "", dataset: str = "", estimator: str = "auto") -> None:
        with frame(site, "Train", "/train", "Choose a table and the column to predict; the rest has good defaults."):
            await _Train(site, choices, estimator).build(job, dataset)


class _Train:
    def __init__(self, site: Site, choices: Choices, estimator: str) -> None:
        self.site, self.services, self.choices, self.estimator = site, site.services, choices, estimator
        self.client = ui.context.client
        self.owner: Owner = (self.client.request.scope.get(SESSION), self.client.id)
        # Which tab it is, the browser says when it connects.
        self.client.on_connect(self._name_tab)
        self.choice = Choice(self.owner)
        self.job: Job | None = None

    async def build(self, job_id: str, dataset: str) -> None:
        """Draw the page, with a training or a bundled table if one is named, else with what was chosen before."""
        self.other = OtherTraining(self.site)
        with card("1 · Table"):
            with ui.element("div").classes(GRID):
                drop(self.site.settings, self._choose_file)
                with ui.column().classes("gap-1 w-full"):
                    ui.label("or a bundled table").classes(MUTED)
                    self.bundled = Bundled(self._choose_dataset)
            self.table = ui.column().classes("w-full gap-3")
        self.second = ui.column().classes("w-full")
        self.progress = ui.column().classes("w-full gap-5")
        self.following = Following(self.site)
        self.result = Result(self.site)
        if job_id:
            await self._follow(job_id)
        # Both wait until the browser has connected.
        ui.timer(0, lambda: self._bring_back(job_id, dataset), once=True)
        ui.timer(0, lambda: self._offer(dataset), once=True)

    def _name_tab(self) -> None:
        # In what NiceGUI keeps for a tab: on a phone, where a reload gives a tab another id, it is handed on.
        self.owner = (self.owner[0], ui_app.storage.tab.setdefault("owner", self.client.id))

    async def _bring_back(self, job_id: str, dataset: str) -> None:
        """Show what this tab chose for the training on the page, or else what it chose last, and its training."""
        job = self.job.id if self.job else None
        choice = None if dataset or (job_id and not job) else self.choices.find(self.owner, job)
        if choice and choice.job and not job:
            self._say_where(f"?job={choice.job}")
            await self._follow(choice.job)
        self.other.watch()
        if choice:
            await self._show(choice)
            return
        bundled = [known.name for known in await self.services.models.datasets()]
        if self.job and self.job.table.partition(",")[0] not in bundled:
            with self.table:
                ui.label(NOT_KEPT).classes(MUTED).mark("not-kept")

    async def _offer(self, dataset: str) -> None:
        """Show the bundled tables, and choose one if it is named."""
        known = {known.name: known for known in await self.services.models.datasets()}
        self.bundled.show(list(known.values()))
        if dataset in known:
            await self._choose_dataset(known[dataset])

    async def _choose_file(self, event: events.UploadEventArguments, kind: Format) -> None:
        file = TableFile(event.file.name, kind, event.file.size())
        await event.file.save(file.path)
        await self._choose(Choice(self.owner, file=file, options={"estimator": self.estimator}))

    async def _choose_dataset(self, known: DatasetInfo) -> None:
        options = {"target": known.target, "estimator": self.estimator}
        await self._choose(Choice(self.owner, dataset=known.name, about=known.description, options=options))

    async def _choose(self, choice: Choice) -> None:
        """Begin anew, with another table."""
        self.choices.keep(choice)
        self._say_where("train")
        self._leave_job()
        self.other.leave_out(None)
        await self._show(choice)

    async def _show(self, choice: Choice) -> None:
        """Show a chosen table and what can be set."""
        self.choice = choice
        self.bundled.pick(choice.dataset)
        self.second.clear()
        self.table.clear()
        with self.table:
            working("Reading the table")
        estimators = await self.services.models.estimators()
        look = partial(self._look, choice)
        try:
            found = await look()
        except MlappError as error:
            self.choices.forget(choice)
            self.table.clear()
            say_error(error.detail)
            return
        if found is None:
            return
        choice.options["target"] = found.target
        settings = Settings(choice, found, estimators, look)
        self.table.clear()
        with self.table:
            self._preview(found, settings, choice.name, choice.about)
        with self.second:
            settings.build(self._start)

    async def _look(self, choice: Choice) -> TablePreview | None:
        """Look at a chosen table; None when another choice has overtaken this one, or the page was left."""
        choice.looks += 1
        mine = choice.looks
        found: TablePreview | MlappError
        try:
            found = await choice.look(self.services.training)
        except MlappError as error:
            found = error
        if self.choice is not choice or choice.looks != mine or self.client.is_deleted:
            return None
        if isinstance(found, MlappError):
            raise found
        return found

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
        choice = self.choice
        try:
            job = await self.services.training.submit(await asyncio.to_thread(choice.submission))
        except MlappError as error:
            # Not in the button, which may be gone with the page.
            with self.client:
                say_error(error.detail)
            return
        self.choices.start(choice, job.id)
        if choice is self.choice and not self.client.is_deleted:
            self._say_where(f"?job={job.id}")
            await self._follow(job.id)
            self.client.run_javascript(f"getHtmlElement({self.progress.id}).scrollIntoView({{behavior: 'smooth'}})")

    def _say_where(self, address: str) -> None:
        # Relative to the address of the page, for in front of it may stand what a proxy adds.
        with self.client:
            ui.navigate.history.replace(address)

    async def _follow(self, job_id: str | int) -> None:
        """Show a training until it ends; whoever opens the page with its id sees the same."""
        self._leave_job()
        try:
            job = self.job = (await self.services.jobs.job(job_id)).model_copy()
        except MlappError as error:
            with self.progress, card("Training"):
                ui.label(error.detail).classes(TEXT)
            return
        self.other.leave_out(job.id)
        with self.progress, card("3 · Training", mark="job"):
            view = JobView(self.site, job)
        await self.following.follow(view, self._moved_on)

    def _leave_job(self) -> None:
        self.job = None
        self.following.stop()
        self.progress.clear()
        self.result.clear()

    async def _moved_on(self, job: Job) -> None:
        if job.version:
            await self.result.show(job.version)
