"""Models page, the home page: a drop zone for a table, and a card per model."""

from urllib.parse import urlencode

from nicegui import app as ui_app
from nicegui import events, ui
from starlette.requests import Request
from starlette.responses import RedirectResponse

from mlapp import TITLE
from mlapp.presentation.formats import format_count
from mlapp.schemas import Span
from mlapp.services.models.search import MODEL_ORDERS, search_models
from pages.components.buttons import confirmation
from pages.components.cards import card
from pages.components.forms.coalescing import CoalescedTask
from pages.components.forms.file_drop import file_drop
from pages.components.model_cards import ModelCard, ModelState, state_of
from pages.components.notifications import notify_result
from pages.components.shortcuts import SEARCH
from pages.components.training.job_progress import JobList
from pages.frame import frame
from pages.session.form_state import FormState, tab_owner
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.session.table_file import TableFile
from pages.theme import CARDS, FIELD, LINK, MUTED, SAMPLES, TEXT

PURPOSE = (
    f"For anyone with a spreadsheet: {TITLE} learns to predict one of its columns from the others. People use the "
    "models on these pages, programs by the API."
)
PAGE_MODELS = 24
"""Models per page."""
SEARCHED = 7
"""Number of models from which on they can be searched."""
MAX_JOBS = 5
"""Trainings shown that run or wait."""
ORDERS = {"newest": "Newest first", "name": "By name"}


def register(site: Site) -> None:
    """Add the page, and the redirects of `/models` to it and of `/predict` to the default model."""

    @ui.page("/", response_timeout=RESPONSE_TIMEOUT_S)
    async def models(words: str = "", order: str = "newest") -> None:
        await site.live.refresh()
        with frame(site, "Models", "/", PURPOSE):
            await _Models(site, words, order if order in MODEL_ORDERS else "newest").build()

    @ui_app.get("/models")
    def home() -> RedirectResponse:
        # Where somebody gets who shortens the address of a model. Relative, as a proxy may add a prefix.
        return RedirectResponse("./")

    @ui_app.get("/predict")
    async def predict(request: Request) -> RedirectResponse:
        state = await site.services.models.state()
        # Relative, as a proxy may add a prefix.
        page = f"models/{state.default}/predict" if state.default else "./"
        return RedirectResponse(f"{page}?{request.url.query}" if request.url.query else page)


class _Models:
    """The page, updated in place."""

    def __init__(self, site: Site, words: str, order: str) -> None:
        self.site, self.services, self.live = site, site.services, site.live
        self.client = ui.context.client
        self.words, self.order = words, order
        self.cards: dict[str, ModelCard] = {}
        self.requests: dict[str, int] = {}
        self.task = CoalescedTask(self._update)

    async def build(self) -> None:
        with ui.column().classes("w-full gap-3"):
            drop = file_drop(self.site.settings, self._train, "Drop a spreadsheet to train a model")
            drop.classes("mlapp-drop-large")
            self.samples = ui.row().classes(SAMPLES)
        with card("Trainings", mark="trainings") as self.running:
            self.jobs = JobList(self.site)
        self._tools()
        self.grid = ui.element("div").classes(CARDS)
        self.pages = ui.pagination(1, 1, value=1, direction_links=True, on_change=self.task.schedule).mark("pages")
        self.pages.props("max-pages=5 boundary-numbers")
        self.pages.props["aria-label"] = "Pages of the list"
        self._show_jobs()
        self.requests = await self.services.monitoring.requests(Span.DAY)
        await self._update()
        self.live.models_changed.subscribe(self.task.schedule)
        self.live.jobs_changed.subscribe(self._show_jobs)
        self.live.traffic_changed.subscribe(self._show_traffic)
        # Waits until the browser has connected, as loading the list takes seconds right after the start.
        ui.timer(0, self._show_samples, once=True)

    def _tools(self) -> None:
        with ui.row().classes("w-full items-center gap-3") as self.tools:
            search = ui.input(placeholder="Search models", value=self.words, on_change=lambda e: self._search(e.value))
            search.props(f'{FIELD} clearable debounce=150 type=search aria-label="Search models"')
            search.classes(f"w-full sm:w-72 {SEARCH}").mark("search")
            with search.add_slot("prepend"):
                ui.icon("search").classes("text-lg")
            sort = ui.select(ORDERS, value=self.order, on_change=lambda e: self._sort(e.value))
            sort.props(f'{FIELD} aria-label="Order"').classes("w-40").mark("order")
            self.count = ui.label().classes(f"{TEXT} ml-auto").props("role=status").mark("count")

    async def _train(self, event: events.UploadEventArguments) -> None:
        """Open the Train page with an uploaded table."""
        state = FormState(tab_owner(self.client), file=await TableFile.received(event.file))
        state.options["estimator"] = "auto"
        self.site.forms.keep(state)
        ui.navigate.to("/train")

    def _search(self, words: str | None) -> None:
        self._reorder(words or "", self.order)

    def _sort(self, order: str) -> None:
        self._reorder(self.words, order)

    def _reorder(self, words: str, order: str) -> None:
        self.words, self.order = words, order
        # Kept in the address, for the way back from a model.
        ui.navigate.history.replace(f"?{urlencode({'words': words, 'order': order})}")
        self.pages.set_value(1)
        self.task.schedule()

    def _show_jobs(self) -> None:
        jobs = [job for job in self.live.jobs if not job.finished_at][-MAX_JOBS:]
        self.running.set_visibility(bool(jobs))
        self.jobs.show(jobs)

    async def _show_traffic(self) -> None:
        self.requests = await self.services.monitoring.requests(Span.DAY)
        for name, shown in self.cards.items():
            shown.show_activity(self.requests.get(name, 0))

    async def _show_samples(self) -> None:
        datasets = await self.services.models.datasets()
        with self.samples:
            ui.label("or try a sample table:").classes(MUTED)
            for dataset in datasets:
                ui.link(dataset.name, f"/train?dataset={dataset.name}").classes(LINK).mark(f"sample-{dataset.name}")

    async def _update(self) -> None:
        """Show the models of the current page of the list."""
        models = (await self.services.models.list()).models
        found = search_models(models, self.words, self.order)
        last = max(1, -(-len(found) // PAGE_MODELS))
        page = min(self.pages.value, last)
        self.pages.max = last
        self.pages.set_visibility(last > 1)
        self.tools.set_visibility(len(models) >= SEARCHED or bool(self.words))
        shown = found[(page - 1) * PAGE_MODELS : page * PAGE_MODELS]
        await self.live.prepare(model.name for model in shown)
        self._show([await state_of(self.site, model) for model in shown])
        # At the same time as the models that it counts.
        self.count.set_text(
            f"{format_count(len(found))} of {format_count(len(models), 'model')}"
            if self.words
            else format_count(len(models), "model")
        )

    def _show(self, states: list[ModelState]) -> None:
        for gone in self.cards.keys() - {state.summary.name for state in states}:
            self.cards.pop(gone).element.delete()
        for index, state in enumerate(states):
            name = state.summary.name
            if name not in self.cards:
                with self.grid:
                    self.cards[name] = ModelCard(self._remove)
            self.cards[name].show(state)
            self.cards[name].show_activity(self.requests.get(name, 0))
            if list(self.grid).index(self.cards[name].element) != index:
                self.cards[name].element.move(target_index=index)

    async def _remove(self, model: str) -> None:
        """Remove an example, if the user confirms it."""

        async def remove() -> None:
            await notify_result(self.services.models.delete(model), f"{model} is removed.")
            await self.live.refresh()

        with confirmation(f"Remove the example {model}?", "Remove", remove, color="negative"):
            ui.label("Its versions are deleted, and requests to it get 404. This cannot be undone.").classes(TEXT)
