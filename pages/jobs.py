"""Jobs pages: the list of training jobs, and the page of one job."""

from urllib.parse import urlencode

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.formats import format_count, format_duration, format_time
from mlapp.schemas import Job, JobStatus
from pages.components.buttons import JOBS, TRAIN, link_button
from pages.components.cards import card, empty_state, facts
from pages.components.training.job_progress import JobFollower, JobList, JobView
from pages.frame import frame
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import LINK, MUTED

EMPTY = "All trainings appear here, those that programs start, too."
FEW = 7
"""Jobs that need no filters."""
PAGE_JOBS = 25
"""Jobs per page of the list."""
FILTERS = {
    "all": ("All", tuple(JobStatus)),
    "unfinished": ("Running or waiting", (JobStatus.RUNNING, JobStatus.QUEUED)),
    "succeeded": ("Succeeded", (JobStatus.SUCCEEDED,)),
    "failed": ("Failed or interrupted", (JobStatus.FAILED, JobStatus.INTERRUPTED)),
    "cancelled": ("Cancelled", (JobStatus.CANCELLED,)),
}
"""Filters of the list: label and statuses."""


def register(site: Site) -> None:
    """Add the pages."""

    @ui.page("/jobs", response_timeout=RESPONSE_TIMEOUT_S)
    async def jobs(model: str = "") -> None:
        await site.live.refresh()
        with frame(site, "Jobs", "/jobs", "All trainings of this server: running, waiting and finished."):
            _Jobs(site, model)

    @ui.page("/jobs/{job_id}", response_timeout=RESPONSE_TIMEOUT_S)
    async def job(job_id: str) -> None:
        try:
            found = await site.services.jobs.job(job_id)
        except NotFound as error:
            ui.status_code(404)
            with frame(site, "Training not found", "/jobs"):
                empty_state("work_history", "It is not in the job history", error.detail, JOBS)
            return
        with frame(site, f"Training {found.id}", "/jobs"):
            await _job(site, found.model_copy())


class _Jobs:
    """The paged list, updated in place."""

    def __init__(self, site: Site, model: str) -> None:
        self.site = site
        with ui.column().classes("w-full") as self.content, card():
            with ui.row().classes("w-full items-center gap-3") as self.tools:
                names = {key: label for key, (label, _) in FILTERS.items()}
                self.filter = ui.select(names, label="Show", value="all", on_change=self._show_first_page)
                self.filter.props("outlined dense").classes("w-full sm:w-56").mark("filter")
                options = {"": "All models"} | ({model: model} if model else {})
                self.model = ui.select(options, label="Model", value=model, on_change=self._show_first_page)
                self.model.props("outlined dense").classes("w-full sm:w-56").mark("model-filter")
                self.count = ui.label().classes(f"{MUTED} ml-auto").props("role=status").mark("count")
            self.list = JobList(site)
            self.pages = ui.pagination(1, 1, value=1, direction_links=True, on_change=self.show).mark("pages")
            self.pages.props["aria-label"] = "Pages of the list"
        with ui.column().classes("w-full") as self.empty:
            empty_state("work_history", "No trainings yet", EMPTY, TRAIN)
        self.show()
        site.live.jobs_changed.subscribe(self.show)

    def show(self) -> None:
        """Show the jobs of the current page of the list."""
        all_jobs, chosen = self.site.live.jobs, self.model.value
        models = sorted({job.model for job in all_jobs if job.model} | ({chosen} if chosen else set()))
        options = {"": "All models"} | {model: model for model in models}
        if options != self.model.options:
            self.model.set_options(options)
        self.model.set_visibility(len(models) > 1 or bool(chosen))
        self.tools.set_visibility(len(all_jobs) > FEW or bool(chosen) or self.filter.value != "all")
        statuses = FILTERS[self.filter.value][1]
        jobs = [job for job in all_jobs if job.status in statuses and chosen in ("", job.model)]
        self.content.set_visibility(bool(all_jobs))
        self.empty.set_visibility(not all_jobs)
        last = max(1, -(-len(jobs) // PAGE_JOBS))
        self.pages.max = last
        self.pages.set_visibility(last > 1)
        page = min(self.pages.value, last)
        self.count.set_text(format_count(len(jobs), "training"))
        self.list.show(jobs[(page - 1) * PAGE_JOBS : page * PAGE_JOBS])

    def _show_first_page(self) -> None:
        self.pages.set_value(1)
        self.show()


async def _job(site: Site, job: Job) -> None:
    """Draw a job, and update it as it changes."""
    with card():
        with ui.element("div").classes("w-full"):
            view = JobView(site, job, linked=False)
        links = ui.row()
        details = ui.column().classes("w-full").mark("facts")
    ui.link("All jobs", "/jobs").classes(LINK)

    async def show(job: Job) -> None:
        again = f"/train?job={job.id}"
        name = job.table.partition(",")[0]
        if name in [dataset.name for dataset in await site.services.models.datasets()]:
            model = {"model": job.model} if job.model else {}
            again = "/train?" + urlencode({"dataset": name, "estimator": job.estimator or "auto"} | model)
        details.clear()
        with details:
            facts(_facts(job))
        links.clear()
        with links:
            if job.model and job.version:
                path = f"/models/{job.model}/versions/{job.version}"
                link_button(f"Version {job.version} of {job.model}", "inventory_2", path).mark("made")
            if job.finished_at:
                link_button("Train again", "replay", again).props("outline").mark("again")

    await JobFollower(site).follow(view, show)


def _facts(job: Job) -> list[tuple[str, str]]:
    items = [
        ("Model", job.model or "named when the table is read"),
        ("Table", job.table),
        ("Column to predict", job.target or "default of the table"),
        ("Estimator", estimator_name(job.estimator or "auto")),
        ("Created", format_time(job.created_at, seconds=True)),
        ("Started", format_time(job.started_at, seconds=True)),
        ("Finished", format_time(job.finished_at, seconds=True)),
    ]
    if job.started_at and job.finished_at:
        items.append(("Duration", format_duration((job.finished_at - job.started_at).total_seconds())))
    return items
