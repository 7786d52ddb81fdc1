"""Train page: table, target, model and options; then the progress and the result of the training.

The query names the training (`?job=`), or the model that gets the version (`?model=`) and columns to leave out
(`?exclude=`). A reload or a return to the page
restores the form of the browser tab.
"""

import asyncio

from nicegui import app as ui_app
from nicegui import events, ui

from mlapp.errors import MlappError
from mlapp.schemas import DatasetInfo, Job, VersionInfo
from mlapp.services.access.sessions import SESSION
from mlapp.services.model_names import is_name
from pages.components.cards import card
from pages.components.model.summary import train_without_path
from pages.components.notifications import notify_error
from pages.components.training.job_progress import JobFollower, JobView, OtherTrainingLink
from pages.components.training.result import TrainingResult
from pages.components.training.table_source import TableSource
from pages.components.training.train_form import TrainForm
from pages.frame import frame
from pages.session.column_choices import leave_out
from pages.session.form_state import FormState, FormStates, Owner, tab_owner
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.session.table_file import TableFile
from pages.theme import MUTED, TEXT

PRUNE_S = 3_600
"""Interval of deleting expired form states."""
NEXT = "w-full gap-5 outline-none"
"""What comes after the form, to which the page scrolls."""
SCROLL_TO = """
const element = getHtmlElement({id});
element.scrollIntoView({{behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"}});
element.focus({{preventScroll: true}});
"""
TABLE_NOT_KEPT = "The table of this training is not available in this browser tab; upload it again to train on it."


def register(site: Site) -> None:
    """Add the page."""
    states = site.forms
    ui_app.timer(PRUNE_S, states.prune)

    @ui.page("/train", response_timeout=RESPONSE_TIMEOUT_S)
    async def train(job: str = "", dataset: str = "", estimator: str = "auto", model: str = "") -> None:
        await site.live.refresh()
        with frame(site, "Train", "/train", "Choose a table and the column to predict; the rest has good defaults."):
            await _Train(site, states, estimator, model).build(job, dataset)


class _Train:
    def __init__(self, site: Site, states: FormStates, estimator: str, model: str) -> None:
        self.site, self.services, self.states, self.estimator = site, site.services, states, estimator
        self.model = model if is_name(model) else ""
        """The model that every table chosen on this page is for; empty if the table decides."""
        self.client = ui.context.client
        self.exclude = self.client.request.query_params.getlist("exclude")
        """The columns that are left out of every table chosen on this page."""
        self.owner: Owner = (self.client.request.scope.get(SESSION), self.client.id)
        # The browser tab is known once the browser connects.
        self.client.on_connect(self._set_owner)
        self.state = FormState(self.owner)
        self.job: Job | None = None
        self.started: int | None = None
        """The training that was started on this page."""

    async def build(self, job_id: str, dataset: str) -> None:
        """Draw the page with the training or the bundled table of the query, or with the previous form state."""
        self.other = OtherTrainingLink(self.site)
        with card() as source:
            source.classes("gap-2")
            self.purpose = ui.label().classes(f"{TEXT} [overflow-wrap:anywhere]").mark("purpose")
            self.source = TableSource(self.site.settings, self._select_file, self._select_dataset)
            self.table = ui.column().classes("w-full gap-2 empty:hidden")
        self.form = ui.column().classes("w-full")
        self.progress = ui.column().classes(NEXT).props("tabindex=-1")
        self.follower = JobFollower(self.site)
        self.result = TrainingResult(self.site, self._train_without)
        self.result.content.classes(NEXT).props("tabindex=-1")
        self._show_purpose()
        if job_id:
            await self._follow(job_id)
        # These wait until the browser has connected.
        ui.timer(0, lambda: self._restore(job_id, dataset), once=True)
        ui.timer(0, lambda: self._load_datasets(dataset), once=True)

    def _show_purpose(self) -> None:
        """Say which model the page is for, until a table is chosen."""
        exists = self.model in self.site.live.models
        self.purpose.set_visibility(bool(self.model))
        self.purpose.set_text(f"For a new version of {self.model}." if exists else f"For a new model, {self.model}.")

    def _set_owner(self) -> None:
        self.owner = tab_owner(self.client)

    async def _restore(self, job_id: str, dataset: str) -> None:
        """Restore the form state of the training on the page, or else the last one and its training."""
        job = self.job.id if self.job else None
        state = None if dataset or (job_id and not job) else self.states.find(self.owner, job)
        if state and self.model not in ("", state.options.get("model")):
            # The table is for another model.
            state = None
        if state and state.job and not job:
            self._set_address(f"?job={state.job}")
            await self._follow(state.job)
        self.other.start()
        if state:
            if not job:
                leave_out(state.options, self.exclude)
            await self._show(state)
            return
        bundled = [dataset.name for dataset in await self.services.models.datasets()]
        if self.job and self.job.table.partition(",")[0] not in bundled:
            self.model = self.job.model or ""
            with self.table:
                ui.label(TABLE_NOT_KEPT).classes(MUTED).mark("table-not-kept")

    async def _load_datasets(self, dataset: str) -> None:
        """Show the bundled tables, and select the one named in the query."""
        datasets = {info.name: info for info in await self.services.models.datasets()}
        self.source.show_datasets(list(datasets.values()))
        if dataset in datasets:
            await self._select_dataset(datasets[dataset])

    async def _select_file(self, event: events.UploadEventArguments) -> None:
        await self._select(FormState(self.owner, file=await TableFile.received(event.file)))

    async def _select_dataset(self, dataset: DatasetInfo) -> None:
        options = {"target": dataset.target}
        await self._select(FormState(self.owner, dataset.name, dataset.description, options=options))

    async def _select(self, state: FormState) -> None:
        """Start over with another table; the name of a model stays unless it was trained."""
        state.options |= {"estimator": self.estimator, "exclude": [*self.exclude]}
        typed = None if self.state.job else self.state.options.get("model")
        state.options["model"] = self.model or typed
        self.states.keep(state)
        self._set_address("train")
        self._leave_job()
        self.other.exclude(None)
        await self._show(state)

    async def _show(self, state: FormState) -> None:
        """Show a table and the form of its training."""
        self.state = state
        self.purpose.set_visibility(False)
        self.source.show_chosen(state.name, state.dataset)
        self.form.clear()
        self.table.clear()
        estimators = await self.services.models.estimators()
        if self.state is state and not self.client.is_deleted:
            TrainForm(self.site, state, estimators, self.source.choice, self._start).build(self.table, self.form)

    async def _train_without(self, info: VersionInfo) -> None:
        """Train again without the suspected columns; if the table is no longer at hand, ask for it."""
        job = self.job.id if self.job else None
        if not self.state.name or self.state.job != job:
            ui.navigate.to(train_without_path(info))
            return
        leave_out(self.state.options, info.suspected_leaks)
        await self._show(self.state)
        await self._start()

    async def _start(self) -> None:
        state = self.state
        try:
            job = await self.services.training.submit(await asyncio.to_thread(state.submission))
        except MlappError as error:
            # In the page, as the button may have been deleted.
            with self.client:
                notify_error(error.detail)
            return
        self.states.start(state, job.id)
        if state is self.state and not self.client.is_deleted:
            self._set_address(f"?job={job.id}")
            # Before the training can end, which moves the focus on to its result.
            self.started = job.id
            await self._follow(job.id)

    def _scroll_to(self, element: ui.element) -> None:
        """Scroll to what comes next and move the focus there, for keyboards and screen readers."""
        self.client.run_javascript(SCROLL_TO.format(id=element.id))

    def _set_address(self, address: str) -> None:
        # Relative, as a proxy may add a prefix.
        with self.client:
            ui.navigate.history.replace(address)

    async def _follow(self, job_id: str | int) -> None:
        """Show a training until it ends."""
        self._leave_job()
        try:
            job = self.job = (await self.services.jobs.job(job_id)).model_copy()
        except MlappError as error:
            with self.progress, card("Training"):
                ui.label(error.detail).classes(TEXT).mark("job-error")
            return
        self.other.exclude(job.id)
        with self.progress, card("Training", mark="job"):
            view = JobView(self.site, job)
        if job.id == self.started:
            self._scroll_to(self.progress)
        await self.follower.follow(view, self._job_changed)

    def _leave_job(self) -> None:
        self.job = None
        self.follower.stop()
        self.progress.clear()
        self.result.clear()

    async def _job_changed(self, job: Job) -> None:
        if job.model and job.version:
            await self.result.show(job.model, job.version)
            if job.id == self.started:
                self._scroll_to(self.result.content)
