"""A training as it goes: the same for everybody who looks, whoever started it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.sentences import format_time, job_status_line, job_title
from mlapp.schemas import Job, JobStatus
from pages.components.buttons import asked_first
from pages.components.notifications import say_error
from pages.session.site import Site
from pages.theme import LINK, MUTED, ROW, SMALL, TEXT

ICONS = {
    JobStatus.QUEUED: ("schedule", "text-slate-500"),
    JobStatus.RUNNING: ("autorenew", "text-primary"),
    JobStatus.SUCCEEDED: ("check_circle", "text-positive"),
    JobStatus.FAILED: ("error", "text-negative"),
    JobStatus.CANCELLED: ("cancel", "text-slate-500"),
    JobStatus.INTERRUPTED: ("power_off", "text-warning"),
}
"""Icon and its colour."""


class JobView:
    """Shows a job and, as long as it goes on, how far it is and a button that ends it."""

    def __init__(self, site: Site, job: Job) -> None:
        self.site, self.job = site, job
        with ui.row().classes(f"{ROW} items-start gap-3 flex-nowrap").mark(f"job-{job.id}") as self.row:
            self.icon = ui.icon("schedule").props("role=img")
            with ui.column().classes("gap-1 flex-1 min-w-0"):
                with ui.row().classes("w-full items-baseline gap-x-3 gap-y-0"):
                    ui.link(f"Training {job.id}", f"/jobs/{job.id}").classes(LINK)
                    self.about = ui.label().classes(f"{MUTED} break-words min-w-0")
                self.stage = ui.label().classes(f"{TEXT} break-words max-w-full").props("role=status").mark("stage")
                self.bar = ui.linear_progress(show_value=False, size="8px").props("rounded instant-feedback")
                self.bar.props["aria-label"] = f"Progress of training {job.id}"
            with ui.column().classes("items-end gap-1 shrink-0"):
                ui.label(format_time(job.created_at)).classes(f"{SMALL} max-sm:hidden")
                self.model = ui.link("", "/models").classes(LINK).mark(f"made-{job.id}")
                self.cancel = ui.button("Cancel", on_click=self._ask).mark(f"cancel-{job.id}")
                self.cancel.props("outline dense color=negative padding='xs md'")
                self.cancel.props["aria-label"] = f"Cancel training {job.id}"
        self.show(job, anew=True)

    def show(self, job: Job, *, anew: bool = False) -> None:
        """Show how the job stands now."""
        moved_on = anew or job.status is not self.job.status
        self.job = job
        self.about.set_text(job_title(job))
        self.stage.set_text(job_status_line(job))
        self.bar.set_value(job.progress)
        if moved_on:
            name, colour = ICONS[job.status]
            self.icon.set_name(name)
            self.icon.classes(replace=f"text-xl {colour}").props["aria-label"] = job.status.value
            self.bar.set_visibility(job.status is JobStatus.RUNNING)
            self.cancel.set_visibility(not job.finished_at)
            self.model.set_visibility(job.version is not None)
            self.model.set_text(f"Model {job.version}")
            self.model.props["href"] = f"/models/{job.version}"

    def _ask(self) -> None:
        # On the page, not in the row, which may be gone while the question stands.
        with ui.context.client:
            asked_first(f"End training {self.job.id}? What it has found so far is lost.", "End it", self._end)()

    async def _end(self) -> None:
        try:
            self.show(await self.site.services.jobs.cancel(self.job.id))
        except MlappError as error:
            say_error(error.detail)


class OtherTraining:
    """A line about a training that runs and is not the one on the page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.left_out: int | None = None
        self.link = ui.link(target="/train").classes(f"{LINK} break-words max-w-full").mark("other-training")
        self.link.set_visibility(False)

    def watch(self) -> None:
        """Show it from now on, for now it is known which training is on the page."""
        self._look()
        self.site.live.jobs_changed.subscribe(self._look)

    def leave_out(self, job_id: int | None) -> None:
        """Say which training is on the page."""
        self.left_out = job_id
        self._look()

    def _look(self) -> None:
        others = [job for job in self.site.live.jobs if job.status is JobStatus.RUNNING and job.id != self.left_out]
        self.link.set_visibility(bool(others))
        if others:
            self.link.set_text(f"A training is running: {job_title(others[0])}")
            self.link.props["href"] = f"/train?job={others[0].id}"


MovedOn = Callable[[Job], Awaitable[None]]
"""Is called when more is known of a job than how far it is."""


class Following:
    """Keeps the view of one job up to date; made once, in a part of the page that stays."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._view: JobView | None = None
        self._known: Job | None = None
        site.live.jobs_changed.subscribe(self._look)

    async def follow(self, view: JobView, moved_on: MovedOn) -> None:
        """Follow the job of this view, and no other any more; `moved_on` is called now, too."""
        self._view, self._known, self._moved_on = view, None, moved_on
        await self._see(view, view.job)
        # What was told before there was a view has not been heard.
        await self._look()

    def stop(self) -> None:
        """Follow no job any more."""
        self._view = None

    async def _look(self) -> None:
        view = self._view
        if view and self._known and not self._known.finished_at:
            found = next((job for job in self.site.live.jobs if job.id == view.job.id), None)
            # One that has just begun is not among them yet.
            if found:
                await self._see(view, found)

    async def _see(self, view: JobView, job: Job) -> None:
        view.show(job)
        before, self._known = self._known, job
        if before is None or (job.status, job.table) != (before.status, before.table):
            await self._moved_on(job)
