"""Models: all versions; activate, roll back, delete."""

from collections.abc import Awaitable
from functools import partial

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.schemas import ModelSummary
from mlapp.services import Services
from mlapp.services.wording import METRICS, figure
from pages.components.buttons import asked_first, lead
from pages.components.cards import card
from pages.components.messages import say_done, say_error
from pages.frame import frame
from pages.site import Site
from pages.theme import LINE, MUTED, TEXT

FIRST_METRIC = {"regression": "r2", "classification": "accuracy"}
ROW = f"w-full items-center gap-x-4 gap-y-2 py-3 border-b {LINE} last:border-b-0"


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/models")
    async def models() -> None:
        with frame(site, "Models", "/models", "Every training is kept as a version; the active one answers."):
            await _Models(services).build()


class _Models:
    def __init__(self, services: Services) -> None:
        self.models = services.models

    async def build(self) -> None:
        with card():
            with ui.row().classes("w-full justify-end"):
                back = asked_first("Go back to the model that was active before?", "Roll back", self._roll_back)
                ui.button("Roll back", icon="undo", on_click=back).props("flat dense").mark("rollback")
            await self.versions()

    @ui.refreshable_method
    async def versions(self) -> None:
        """Show all versions, newest first."""
        found = (await self.models.list()).models
        if not found:
            ui.label("There is no model yet.").classes(TEXT)
            lead("Train a model", "model_training", "/train")
        for model in found:
            self._row(model)

    def _row(self, model: ModelSummary) -> None:
        metric = FIRST_METRIC[model.task]
        with ui.row().classes(ROW).mark(f"model-{model.version}"):
            ui.link(f"Model {model.version}", f"/models/{model.version}").classes("font-medium text-primary w-20")
            with ui.column().classes("gap-0 flex-1 min-w-48"):
                ui.label(f"{model.target} · {model.estimator}").classes("text-sm")
                about = f"{model.rows:,} rows · {METRICS[metric][0]} {figure(model.metrics[metric])}"
                ui.label(f"{about} · {model.created_at:%Y-%m-%d %H:%M} UTC").classes(MUTED)
                if model.note:
                    ui.label(model.note).classes(MUTED)
            if not model.usable:
                ui.badge("other library version", color="warning").mark("unusable")
            if model.active:
                ui.badge("active", color="positive").mark("active")
            else:
                self._actions(model.version)

    def _actions(self, version: int) -> None:
        activate = asked_first(f"Let model {version} answer from now on?", "Activate", partial(self._activate, version))
        delete = asked_first(f"Delete model {version} for good?", "Delete", partial(self._delete, version))
        ui.button("Activate", on_click=activate).props("outline dense").mark(f"activate-{version}")
        bin_button = ui.button(icon="delete", on_click=delete).mark(f"delete-{version}")
        bin_button.props(f'flat dense color=negative aria-label="Delete model {version}"')

    async def _activate(self, version: int) -> None:
        await self._do(self.models.activate(str(version)), f"Model {version} answers from now on.")

    async def _delete(self, version: int) -> None:
        await self._do(self.models.delete(str(version)), f"Model {version} is deleted.")

    async def _roll_back(self) -> None:
        await self._do(self.models.rollback(), "The model that was active before answers again.")

    async def _do(self, action: Awaitable[object], done: str) -> None:
        try:
            await action
        except MlappError as error:
            say_error(error.detail)
        else:
            say_done(done)
        self.versions.refresh()
