"""Jobs: the trainings that run, wait and have ended, whoever started them."""

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.schemas import Job
from mlapp.services import Services
from mlapp.services.wording import moment
from pages.components.buttons import lead
from pages.components.cards import card
from pages.components.jobs import POLL_S, JobView, follow
from pages.components.tables import plain_table
from pages.frame import frame
from pages.site import Site
from pages.theme import LINE, TEXT

ROW = f"w-full py-3 border-b {LINE} last:border-b-0"


def register(site: Site) -> None:
    """Add the pages."""
    services = site.services

    @ui.page("/jobs")
    async def jobs() -> None:
        with frame(site, "Jobs", "/jobs", "Trainings of pages and programs: what runs, waits and has ended."), card():
            await _Jobs(services).build()

    @ui.page("/jobs/{job_id}")
    async def job(job_id: str) -> None:
        try:
            found = await services.jobs.job(job_id)
        except NotFound as error:
            ui.status_code(404)
            with frame(site, "No such training", "/jobs"), card():
                ui.label(error.detail).classes(TEXT)
                ui.link("All jobs", "/jobs")
            return
        with frame(site, f"Training {found.id}", "/jobs"):
            _job(services, found)


class _Jobs:
    """The list: rows change in place, and are drawn anew only when there are others."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.views: dict[int, JobView] | None = None

    async def build(self) -> None:
        self.rows = ui.column().classes("w-full gap-0")
        await self.look()
        ui.timer(POLL_S, self.look)

    async def look(self) -> None:
        """Show how all jobs stand now."""
        jobs = await self.services.jobs.jobs()
        if self.views is None or [job.id for job in jobs] != list(self.views):
            self.views = self._draw(jobs)
        for job in jobs:
            if job != self.views[job.id].job:
                self.views[job.id].show(job.model_copy())

    def _draw(self, jobs: list[Job]) -> dict[int, JobView]:
        self.rows.clear()
        views = {}
        with self.rows:
            if not jobs:
                ui.label("Nothing has been trained yet.").classes(TEXT)
                lead("Train a model", "model_training", "/train")
            for job in jobs:
                with ui.element("div").classes(ROW):
                    views[job.id] = JobView(self.services, job.model_copy())
        return views


def _job(services: Services, job: Job) -> None:
    with card():
        view = JobView(services, job.model_copy())
        links = ui.row()
    with card("Facts"):
        facts = ui.column().classes("w-full")

    async def moved_on(job: Job) -> None:
        facts.clear()
        with facts:
            _facts(job)
        with links:
            if job.version:
                lead(f"Model {job.version}", "inventory_2", f"/models/{job.version}")
            elif job.finished_at:
                lead("Train again", "model_training", "/train")

    follow(view, moved_on)


def _facts(job: Job) -> None:
    facts = {
        "Table": job.table,
        "Column to predict": job.target or "the table's own",
        "Estimator": job.estimator or "auto",
        "Asked for": moment(job.created_at),
        "Began": moment(job.started_at),
        "Ended": moment(job.finished_at),
    }
    plain_table(("", ""), list(facts.items())).props("hide-header").mark("facts")
