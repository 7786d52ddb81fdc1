"""A training as it goes: the same for everybody who looks, whoever started it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.schemas import Job, JobStatus
from mlapp.services import Services
from mlapp.services.wording import about_job, state
from pages.components.buttons import asked_first
from pages.components.messages import say_error
from pages.theme import MUTED, TEXT

POLL_S = 0.3
ICONS = {
    JobStatus.QUEUED: ("schedule", "text-slate-500"),
    JobStatus.RUNNING: ("autorenew", "text-primary"),
    JobStatus.SUCCEEDED: ("check_circle", "text-positive"),
    JobStatus.FAILED: ("error", "text-negative"),
    JobStatus.CANCELLED: ("cancel", "text-slate-500"),
    JobStatus.INTERRUPTED: ("power_off", "text-warning"),
}


class JobView:
    """Shows a job and, as long as it goes on, how far it is and a button that ends it."""

    def __init__(self, services: Services, job: Job) -> None:
        self.services, self.job = services, job
        with ui.row().classes("w-full items-start gap-3 flex-nowrap").mark(f"job-{job.id}"):
            self.icon = ui.icon("schedule").classes("text-xl")
            with ui.column().classes("gap-1 flex-1 min-w-0"):
                with ui.row().classes("w-full items-baseline gap-x-3 gap-y-0"):
                    ui.link(f"Training {job.id}", f"/jobs/{job.id}").classes("text-sm font-medium text-primary")
                    self.about = ui.label().classes(f"{MUTED} break-words")
                self.stage = ui.label().classes(f"{TEXT} break-words").props("role=status").mark("stage")
                self.bar = ui.linear_progress(show_value=False, size="10px").props("rounded instant-feedback")
            self.cancel = ui.button("Cancel", on_click=self._ask).props("outline dense color=negative padding='xs md'")
            self.cancel.mark(f"cancel-{job.id}")
        self.show(job)

    def show(self, job: Job) -> None:
        """Show how the job stands now."""
        self.job = job
        name, colour = ICONS[job.status]
        self.icon.set_name(name)
        self.icon.classes(replace=f"text-xl {colour}").props(f'aria-label="{job.status}"')
        self.about.set_text(about_job(job))
        self.stage.set_text(state(job))
        self.bar.set_value(job.progress)
        self.bar.set_visibility(job.status is JobStatus.RUNNING)
        self.cancel.set_visibility(not job.finished_at)

    def _ask(self) -> None:
        # On the page, not in the row, which may be drawn anew while the question stands.
        with ui.context.client:
            asked_first(f"End training {self.job.id}? What it has found so far is lost.", "End it", self._end)()

    async def _end(self) -> None:
        try:
            self.show(await self.services.jobs.cancel(self.job.id))
        except MlappError as error:
            say_error(error.detail)


def follow(view: JobView, moved_on: Callable[[Job], Awaitable[None]]) -> None:
    """Keep a view up to date, and call `moved_on` now and whenever more is known of the job than how far it is."""
    seen: tuple[JobStatus, str] | None = None

    async def look() -> None:
        nonlocal seen
        job = (await view.services.jobs.job(view.job.id)).model_copy()
        view.show(job)
        if job.finished_at:
            timer.cancel()
        if (job.status, job.table) != seen:
            seen = job.status, job.table
            await moved_on(job)

    timer = ui.timer(POLL_S, look)
