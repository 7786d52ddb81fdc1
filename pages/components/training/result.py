"""What came of a training: how good the model is, and whether it is to answer."""

from nicegui import ui

from mlapp.errors import MlappError, NotFound
from mlapp.presentation.sentences import headline
from mlapp.schemas import Model
from pages.components.buttons import asked_first, lead
from pages.components.cards import card
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.model.scores import leaderboard, scores
from pages.components.notifications import say_done, say_error
from pages.components.warnings import warnings
from pages.session.site import Site
from pages.theme import GRID, LEAD, MUTED


class Result:
    """Shows a model that was just trained; made once, in a part of the page that stays."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.version: int | None = None
        self.place = ui.column().classes("w-full gap-5")
        site.live.models_changed.subscribe(self._look)

    def clear(self) -> None:
        """Show nothing."""
        self.version = None
        self.place.clear()

    async def show(self, version: int) -> None:
        """Show a model."""
        self.version = version
        model = await self._model(version)
        # Another training may be shown by now, or none.
        if version == self.version:
            self._draw(model)

    def _draw(self, model: Model | None) -> None:
        self.place.clear()
        with self.place:
            with card(mark="result"):
                self.verdict = ui.column().classes("w-full gap-1").props("aria-live=polite")
                if model:
                    scores(model)
                    left_out = [f"'{column.name}' {column.reason}; it is left out." for column in model.ignored]
                    warnings([*model.warnings, *left_out])
                self.links = ui.row()
            if model:
                _details(model)
        self._judge(model)

    async def _look(self) -> None:
        """See whether it still is there, and whether it answers now."""
        if version := self.version:
            model = await self._model(version)
            if version == self.version:
                self._judge(model) if model else self._draw(None)

    async def _model(self, version: int) -> Model | None:
        try:
            return await self.site.services.models.get(str(version))
        except NotFound:
            return None

    def _judge(self, model: Model | None) -> None:
        self.verdict.clear()
        self.links.clear()
        with self.verdict:
            ui.label(self._sentence(model)).classes(f"{LEAD} break-words max-w-full").mark("verdict")
            if model:
                ui.label(f"It {headline(model)}, by {model.estimator}.").classes(f"{MUTED} break-words")
        if model:
            with self.links:
                self._offer(model)

    def _sentence(self, model: Model | None) -> str:
        if model is None:
            return f"Model {self.version} was trained, and has been deleted since."
        return f"Model {model.version} is trained" + (" and answers from now on." if model.active else ".")

    def _offer(self, model: Model) -> None:
        if model.active:
            lead("Predict with it", "insights", "/predict")
        else:
            ui.button("Activate", icon="check_circle", on_click=self._activate).mark("activate-it")
            lead("Predict with it", "insights", f"/predict?version={model.version}").props("outline")
        lead("Details", "inventory_2", f"/models/{model.version}").props("outline")
        if not model.active:
            ui.button("Discard", icon="delete", on_click=self._ask).props("outline color=negative").mark("discard")

    async def _activate(self) -> None:
        try:
            await self.site.services.models.activate(str(self.version))
        except MlappError as error:
            say_error(error.detail)
            return
        say_done(f"Model {self.version} answers from now on.")
        await self._look()

    def _ask(self) -> None:
        # On the page: the button is drawn anew when another model answers.
        with ui.context.client:
            asked_first(f"Discard model {self.version}? It is deleted for good.", "Discard it", self._discard)()

    async def _discard(self) -> None:
        try:
            await self.site.services.models.delete(str(self.version))
        except MlappError as error:
            say_error(error.detail)
            return
        say_done(f"Model {self.version} is deleted.")
        await self._look()


def _details(model: Model) -> None:
    with ui.element("div").classes(GRID):
        with card("Estimators compared"):
            leaderboard(model)
        with card("What it looks at"):
            importance_plot([("", model.importance)])
    plots([model])
