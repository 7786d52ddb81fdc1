"""The result of a training: scores, plots, and buttons to activate or discard the model."""

from collections.abc import Awaitable

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.sentences import headline
from mlapp.schemas import VersionInfo
from pages.components.buttons import confirmation, link_button
from pages.components.cards import card
from pages.components.model.scores import details, scores
from pages.components.notifications import notify_result
from pages.components.warnings import warnings
from pages.session.site import Site
from pages.theme import LEAD, MUTED, TEXT


class TrainingResult:
    """A newly trained model; created once per page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.version: int | None = None
        self.content = ui.column().classes("w-full gap-5")
        site.live.models_changed.subscribe(self._update)

    def clear(self) -> None:
        """Remove the result."""
        self.version = None
        self.content.clear()

    async def show(self, version: int) -> None:
        """Show a model."""
        self.version = version
        model = await self._model(version)
        # Otherwise the page shows another training by now.
        if version == self.version:
            self._draw(model)

    def _draw(self, model: VersionInfo | None) -> None:
        self.content.clear()
        with self.content:
            with card(mark="result"):
                self.heading = ui.column().classes("w-full gap-1").props("aria-live=polite")
                if model:
                    scores(model)
                    ignored = [f"'{column.name}' {column.reason}; it is not used." for column in model.ignored]
                    warnings([*model.warnings, *ignored])
                self.links = ui.row()
            if model:
                details(model)
        self._show_state(model)

    async def _update(self) -> None:
        """Update whether the model exists and is active."""
        if version := self.version:
            model = await self._model(version)
            if version == self.version:
                self._show_state(model) if model else self._draw(None)

    async def _model(self, version: int) -> VersionInfo | None:
        try:
            return await self.site.services.models.get(str(version))
        except NotFound:
            return None

    def _show_state(self, model: VersionInfo | None) -> None:
        self.heading.clear()
        self.links.clear()
        with self.heading:
            ui.label(self._title(model)).classes(f"{LEAD} break-words max-w-full").mark("result-heading")
            if model:
                ui.label(f"It {headline(model)}, using {model.estimator}.").classes(f"{MUTED} break-words")
        if model:
            with self.links:
                self._buttons(model)

    def _title(self, model: VersionInfo | None) -> str:
        if model is None:
            return f"Model {self.version} was trained but has since been deleted."
        return f"Model {model.version} is trained" + (" and active." if model.active else ".")

    def _buttons(self, model: VersionInfo) -> None:
        if model.active:
            link_button("Predict with it", "insights", "/predict")
        else:
            ui.button("Activate", icon="check_circle", on_click=self._activate).mark("activate-it")
            link_button("Predict with it", "insights", f"/predict?version={model.version}").props("outline")
        link_button("Details", "inventory_2", f"/models/{model.version}").props("outline")
        if not model.active:
            ui.button("Discard", icon="delete", on_click=self._confirm_discard).props("outline color=negative").mark(
                "discard"
            )

    async def _activate(self) -> None:
        await self._do(self.site.services.models.activate(str(self.version)), f"Model {self.version} is now active.")

    def _confirm_discard(self) -> None:
        with confirmation(f"Discard model {self.version}?", "Discard", self._discard):
            ui.label("It will be deleted permanently.").classes(TEXT)

    async def _discard(self) -> None:
        await self._do(self.site.services.models.delete(str(self.version)), f"Model {self.version} is deleted.")

    async def _do(self, action: Awaitable[object], success: str) -> None:
        await notify_result(action, success)
        await self._update()
