"""JobView: a job with status, progress and cancel button; JobFollower keeps it up to date."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.formats import format_time
from mlapp.presentation.sentences import job_status_line, job_title, version_name
from mlapp.schemas import Job, JobStatus
from pages.components.buttons import confirmation
from pages.components.charts.share_bar import bar
from pages.components.notifications import notify_error
from pages.session.site import Site
from pages.theme import LINK, MUTED, ROW, SMALL, TEXT

ICONS = {
    JobStatus.QUEUED: ("schedule", "text-slate-500"),
    JobStatus.RUNNING: ("autorenew", "text-primary"),
    JobStatus.SUCCEEDED: ("done", "text-slate-500"),
    JobStatus.FAILED: ("error", "text-negative"),
    JobStatus.CANCELLED: ("cancel", "text-slate-500"),
    JobStatus.INTERRUPTED: ("power_off", "text-warning"),
}
"""Icon and its colour."""


class JobView:
    """A job; while it runs, with its progress and a button to cancel it."""

    def __init__(self, site: Site, job: Job, *, linked: bool = True) -> None:
        """Draw it; `linked` to its own page."""
        self.site, self.job = site, job
        with ui.row().classes(f"{ROW} items-start gap-3 flex-nowrap").mark(f"job-{job.id}") as self.row:
            self.icon = ui.icon("schedule").props("role=img")
            with ui.column().classes("gap-0.5 flex-1 min-w-0"):
                with ui.row().classes("w-full items-baseline gap-x-3 gap-y-0"):
                    self.made = ui.link(target="/").classes(f"{LINK} [overflow-wrap:anywhere]").mark(f"made-{job.id}")
                    self.about = ui.label().classes(f"{TEXT} break-words min-w-0")
                self.stage = ui.label().classes(f"{MUTED} break-words max-w-full").props("role=status").mark("stage")
                self.bar = bar(0, f"Progress of training {job.id}")
            with ui.column().classes("items-end gap-0.5 shrink-0"):
                if linked:
                    ui.link(f"Training {job.id}", f"/jobs/{job.id}").classes(f"{MUTED} no-underline hover:underline")
                ui.label(format_time(job.created_at)).classes(f"{SMALL} max-sm:hidden")
                self.cancel = ui.button("Cancel", on_click=self._confirm_cancel).mark(f"cancel-{job.id}")
                self.cancel.props("outline dense color=negative padding='xs md'")
                self.cancel.props["aria-label"] = f"Cancel training {job.id}"
        self.show(job)

    def show(self, job: Job) -> None:
        """Update the job."""
        self.job = job
        self.about.set_text(job_title(job))
        self.stage.set_text(job_status_line(job))
        self.bar.set_value(job.progress)
        self.bar.set_visibility(job.status is JobStatus.RUNNING)
        name, colour = ICONS[job.status]
        self.icon.set_name(name)
        self.icon.classes(replace=f"text-xl {colour}").props["aria-label"] = job.status.value
        self.cancel.set_visibility(not job.finished_at)
        self.made.set_visibility(job.version is not None)
        if job.model and job.version:
            self.made.set_text(version_name(job.model, job.version))
            self.made.props["href"] = f"/models/{job.model}/versions/{job.version}"

    def _confirm_cancel(self) -> None:
        question = f"Cancel training {self.job.id}?"
        with confirmation(question, "Cancel training", self._cancel, dismiss="Keep running"):
            ui.label("Its progress will be lost.").classes(TEXT)

    async def _cancel(self) -> None:
        try:
            await self.site.services.jobs.cancel(self.job.id)
        except MlappError as error:
            notify_error(error.detail)
        await self.site.live.refresh()


class JobList:
    """A list of jobs, updated in place."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.views: dict[int, JobView] = {}
        self.rows = ui.column().classes("w-full gap-0")

    def show(self, jobs: Sequence[Job]) -> None:
        """Show these jobs."""
        for gone in self.views.keys() - {job.id for job in jobs}:
            self.views.pop(gone).row.delete()
        for index, job in enumerate(jobs):
            if job.id not in self.views:
                with self.rows:
                    self.views[job.id] = JobView(self.site, job)
                self.views[job.id].row.move(target_index=index)
            elif job != self.views[job.id].job:
                self.views[job.id].show(job)


class OtherTrainingLink:
    """A link to a running training that is not the one on the page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.own_job: int | None = None
        self.link = ui.link(target="/train").classes(f"{LINK} break-words max-w-full").mark("other-training")
        self.link.set_visibility(False)

    def start(self) -> None:
        """Start updating, once the training of the page is known."""
        self._update()
        self.site.live.jobs_changed.subscribe(self._update)

    def exclude(self, job_id: int | None) -> None:
        """Set the training of the page."""
        self.own_job = job_id
        self._update()

    def _update(self) -> None:
        others = [job for job in self.site.live.jobs if job.status is JobStatus.RUNNING and job.id != self.own_job]
        self.link.set_visibility(bool(others))
        if others:
            self.link.set_text(f"A training is running: {job_title(others[0])}")
            self.link.props["href"] = f"/train?job={others[0].id}"


OnChange = Callable[[Job], Awaitable[None]]
"""Is called when the status or the table of a job changes."""


class JobFollower:
    """Updates the view of one job; created once per page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._view: JobView | None = None
        site.live.jobs_changed.subscribe(self._update)

    async def follow(self, view: JobView, on_change: OnChange) -> None:
        """Follow the job of this view only; `on_change` is called now, too."""
        self._view, self._on_change = view, on_change
        await on_change(view.job)
        # The job may have changed before the view existed.
        await self._update()

    def stop(self) -> None:
        """Stop following."""
        self._view = None

    async def _update(self) -> None:
        if self._view is None or self._view.job.finished_at:
            return
        before = self._view.job
        # A new job may not be listed yet.
        job = next((job for job in self.site.live.jobs if job.id == before.id), before)
        self._view.show(job)
        if (job.status, job.table) != (before.status, before.table):
            await self._on_change(job)
