"""Overview: what the active model predicts, how well, and what to do next."""

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.schemas import Model
from mlapp.services import Services
from mlapp.services.wording import headline
from pages.components.buttons import lead
from pages.components.cards import card
from pages.components.scores import importance, scores
from pages.frame import frame
from pages.site import Site
from pages.theme import GRID, MUTED, TEXT


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/")
    async def overview() -> None:
        try:
            model = await services.models.get("active")
        except NotFound:
            model = None
        with frame(site, "Overview", "/"):
            if model is None:
                await _no_model(services)
            else:
                _model(model)

    def _model(model: Model) -> None:
        with card(mark="active-model"):
            ui.label(f"Model {model.version} {headline(model)}").classes("text-xl font-semibold").mark("headline")
            trained = f"{model.created_at:%d %B %Y, %H:%M} UTC"
            ui.label(f"{model.estimator}, trained on {model.rows:,} rows, {trained}.").classes(MUTED)
            if model.note:
                ui.label(model.note).classes(MUTED)
            scores(model)
            with ui.row():
                lead("Predict", "insights", "/predict")
                lead("Train another", "model_training", "/train").props("outline")
        with ui.element("div").classes(GRID):
            with card("What it looks at"):
                importance(model)
            with card("What to do next"):
                _next_steps(api=site.api)


def _next_steps(*, api: bool) -> None:
    for target, name, why in (
        ("/train", "Train on your own table", "Drop a CSV or Parquet file, choose the column to predict."),
        ("/predict", "Try values", "Move them and see what the model says, or copy the call as curl."),
        ("/models", "Compare versions", "Every training is kept; go back to any of them."),
    ):
        with ui.column().classes("gap-0"):
            ui.link(name, target).classes("text-sm font-medium text-primary")
            ui.label(why).classes(MUTED)
    if not api:
        return
    with ui.column().classes("gap-0"):
        # An element of its own: links of ui.link lead to pages.
        with ui.element("a").props("href=/docs").classes("text-sm font-medium text-primary no-underline"):
            ui.label("Call it from a program")
        ui.label("POST /predict answers the same numbers; the docs show how.").classes(MUTED)


async def _no_model(services: Services) -> None:
    running = any(not job.finished_at for job in await services.jobs.jobs())
    with card(mark="no-model"):
        if running:
            ui.label("The first model is being trained").classes("text-xl font-semibold")
            with ui.row().classes("items-center"):
                ui.spinner(size="sm")
                ui.label("This page shows it as soon as it is there, in a few seconds.").classes(TEXT)
            _reload_when_there(services)
        else:
            ui.label("There is no model yet").classes("text-xl font-semibold")
            ui.label("Train one: from your own table, or from a bundled one to see how it works.").classes(TEXT)
            lead("Train a model", "model_training", "/train")


def _reload_when_there(services: Services) -> None:
    def look() -> None:
        if services.prediction.active:
            timer.cancel()
            ui.navigate.reload()

    timer = ui.timer(1.0, look)
