"""Jobs: the trainings that run, wait and have ended, whoever started them."""

from urllib.parse import urlencode

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.sentences import format_duration, format_time
from mlapp.schemas import Job, JobStatus
from pages.components.buttons import lead
from pages.components.cards import card, empty, facts
from pages.components.training.job_progress import Following, JobView
from pages.frame import frame
from pages.session.site import Site
from pages.theme import MUTED

PAGE_JOBS = 25
"""Jobs on a page of the list."""
KINDS = {
    "all": ("All", tuple(JobStatus)),
    "going": ("Running or waiting", (JobStatus.RUNNING, JobStatus.QUEUED)),
    "succeeded": ("Made a model", (JobStatus.SUCCEEDED,)),
    "failed": ("Failed or interrupted", (JobStatus.FAILED, JobStatus.INTERRUPTED)),
    "cancelled": ("Cancelled", (JobStatus.CANCELLED,)),
}
"""What the list can be narrowed to."""


def register(site: Site) -> None:
    """Add the pages."""

    @ui.page("/jobs")
    async def jobs() -> None:
        await site.live.look()
        with frame(site, "Jobs", "/jobs", "Trainings of pages and programs: what runs, waits and has ended."):
            _Jobs(site)

    @ui.page("/jobs/{job_id}")
    async def job(job_id: str) -> None:
        try:
            found = await site.services.jobs.job(job_id)
        except NotFound as error:
            ui.status_code(404)
            with (
                frame(site, "No such training", "/jobs"),
                empty("work_history", "It is not among those that are remembered", error.detail),
            ):
                lead("All jobs", "work_history", "/jobs")
            return
        with frame(site, f"Training {found.id}", "/jobs"):
            await _Job(site).build(found.model_copy())


class _Jobs:
    """The list, a page at a time: rows change in place, come and go."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.views: dict[int, JobView] = {}
        with ui.column().classes("w-full") as self.some, card():
            with ui.row().classes("w-full items-center justify-between"):
                names = {kind: name for kind, (name, _) in KINDS.items()}
                self.kind = ui.select(names, label="Show", value="all", on_change=self._turn_to_first).mark("kind")
                self.kind.props("outlined dense").classes("w-56")
                self.count = ui.label().classes(MUTED).props("role=status").mark("count")
            self.rows = ui.column().classes("w-full gap-0")
            self.pages = ui.pagination(1, 1, value=1, direction_links=True, on_change=self.show).mark("pages")
            self.pages.props["aria-label"] = "Pages of the list"
        with (
            ui.column().classes("w-full") as self.none,
            empty("work_history", "Nothing has been trained yet.", "Trainings of pages and programs stand here."),
        ):
            lead("Train a model", "model_training", "/train")
        self.show()
        site.live.jobs_changed.subscribe(self.show)

    def show(self) -> None:
        """Show how the jobs of this page of the list stand now."""
        jobs = [job for job in self.site.live.jobs if job.status in KINDS[self.kind.value][1]]
        self.some.set_visibility(bool(self.site.live.jobs))
        self.none.set_visibility(not self.site.live.jobs)
        last = max(1, -(-len(jobs) // PAGE_JOBS))
        if last != self.pages.max:
            self.pages.max = last
        self.pages.set_visibility(last > 1)
        page = min(self.pages.value, last)
        self.count.set_text(f"{len(jobs)} training{'' if len(jobs) == 1 else 's'}")
        self._draw(jobs[(page - 1) * PAGE_JOBS : page * PAGE_JOBS])

    def _draw(self, jobs: list[Job]) -> None:
        for gone in self.views.keys() - {job.id for job in jobs}:
            self.views.pop(gone).row.delete()
        for place, job in enumerate(jobs):
            if job.id not in self.views:
                with self.rows:
                    self.views[job.id] = JobView(self.site, job)
                self.views[job.id].row.move(target_index=place)
            elif job != self.views[job.id].job:
                self.views[job.id].show(job)

    def _turn_to_first(self) -> None:
        self.pages.set_value(1)
        self.show()


class _Job:
    """One job: as it goes, what is known of it, and where to go from there."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.following = Following(site)

    async def build(self, job: Job) -> None:
        with card():
            with ui.element("div").classes("w-full"):
                view = JobView(self.site, job)
            self.links = ui.row()
        with card("Facts"):
            self.facts = ui.column().classes("w-full").mark("facts")
        ui.link("All jobs", "/jobs").classes(MUTED)
        await self.following.follow(view, self._show)

    async def _show(self, job: Job) -> None:
        again = await self._again(job)
        self.facts.clear()
        with self.facts:
            facts(_known(job))
        self.links.clear()
        with self.links:
            if job.version:
                lead("How good it is", "inventory_2", f"/models/{job.version}")
            if job.finished_at:
                lead("Train again", "replay", again).props("outline").mark("again")

    async def _again(self, job: Job) -> str:
        """Return where the same can be trained once more: a dropped file, if it is kept there, or a bundled table."""
        name = job.table.partition(",")[0]
        if name not in [known.name for known in await self.site.services.models.datasets()]:
            return f"/train?job={job.id}"
        return "/train?" + urlencode({"dataset": name, "estimator": job.estimator or "auto"})


def _known(job: Job) -> list[tuple[str, str]]:
    known = [
        ("Table", job.table),
        ("Column to predict", job.target or "the table's own"),
        ("Estimator", job.estimator or "auto"),
        ("Asked for", format_time(job.created_at)),
        ("Began", format_time(job.started_at)),
        ("Ended", format_time(job.finished_at)),
    ]
    if job.started_at and job.finished_at:
        known.append(("Took", format_duration((job.finished_at - job.started_at).total_seconds())))
    return known
