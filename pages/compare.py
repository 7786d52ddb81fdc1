"""Compare: models side by side; what differs, and their plots on top of each other."""

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.comparison import MAX_COMPARED, Difference, comparable, differences, same_table
from mlapp.schemas import Model
from mlapp.services.models.service import ModelService
from pages.components.buttons import lead
from pages.components.cards import card, empty
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.model.actions import ModelActions
from pages.components.tables.plain_table import scrolling
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import LINE, LINK, MUTED, SURFACE, TEXT

TITLE = "Compare models"
OTHER_TARGETS = "They predict different targets: their scores and plots cannot be compared."
OTHER_TABLES = "They were trained and judged on different tables, so that their scores are no fair comparison."
CELL = f"p-2 text-left align-top border-b {LINE} {TEXT} break-words min-w-[8rem] max-w-[18rem]"
HEAD = (
    f"p-2 text-left align-top border-b {LINE} {MUTED} font-normal sticky left-0 {SURFACE} "
    "min-w-[7rem] max-w-[7rem] sm:min-w-[14rem] sm:max-w-[14rem] [overflow-wrap:anywhere]"
)


def register(site: Site) -> None:
    """Add the page; before the one of a model, whose path it shares."""

    @ui.page("/models/compare")
    async def compare(versions: str = "") -> None:
        names = list(dict.fromkeys(name.strip() for name in versions.split(",") if name.strip()))
        try:
            models = await _chosen(site.services.models, names)
        except NotFound as error:
            ui.status_code(404)
            _nothing(site, "One of them is not there", error.detail)
            return
        if not 2 <= len(models) <= MAX_COMPARED:
            _nothing(site, "Choose models to compare", f"Mark two to {MAX_COMPARED} of them in the list of models.")
            return
        await site.live.look()
        with frame(site, TITLE, "/models", f"Models {', '.join(str(model.version) for model in models)}."):
            _Comparison(site, models).build()


async def _chosen(service: ModelService, names: Sequence[str]) -> list[Model]:
    """Return the models of these names, each once; no more than it takes to see that they are too many."""
    found = [await service.get(name) for name in names[: MAX_COMPARED + 1]]
    return list({model.version: model for model in found}.values())


def _nothing(site: Site, what: str, why: str) -> None:
    with frame(site, TITLE, "/models"), empty("compare_arrows", what, why):
        lead("All models", "inventory_2", "/models")


class _Comparison:
    def __init__(self, site: Site, models: Sequence[Model]) -> None:
        self.live, self.models = site.live, models
        self.actions = ModelActions(site)

    def build(self) -> None:
        alike = comparable(self.models)
        if not alike or not same_table(self.models):
            with card():
                warnings([OTHER_TABLES if alike else OTHER_TARGETS])
        with card("Side by side"):
            self._table()
            ui.label("The best of a line is marked; ± is the standard deviation over the folds.").classes(MUTED)
        self._show()
        self.live.models_changed.subscribe(self._show)
        if alike:
            with card("What they look at"):
                importance_plot([(f"Model {model.version}", model.importance) for model in self.models])
            plots(self.models)

    def _table(self) -> None:
        with (
            scrolling("Differences"),
            ui.element("table").classes("w-full border-collapse").mark("differences"),
        ):
            with ui.element("thead"), ui.element("tr"):
                ui.element("td").classes(HEAD)
                self.buttons = [self._head(model) for model in self.models]
            with ui.element("tbody"):
                for line in differences(self.models):
                    _line(line)

    def _head(self, model: Model) -> tuple[ui.badge, ui.button]:
        with (
            ui.element("th").classes(CELL).props("scope=col"),
            ui.column().classes("gap-2 items-start"),
        ):
            with ui.row().classes("items-center gap-2"):
                ui.link(f"Model {model.version}", f"/models/{model.version}").classes(LINK)
                badge = ui.badge("active", color="positive")
            activate = ui.button("Activate", on_click=partial(self.actions.activate, model.version))
            activate.props("outline dense size=sm").classes("px-2").mark(f"activate-{model.version}")
            activate.props["aria-label"] = f"Activate model {model.version}"
        return badge, activate

    def _show(self) -> None:
        """Show which of them is active, and which may become it."""
        active = self.live.active_version
        for model, (badge, activate) in zip(self.models, self.buttons, strict=True):
            badge.set_visibility(model.version == active)
            activate.set_visibility(model.version != active)
            activate.set_enabled(model.usable and model.version in self.live.versions)


def _line(line: Difference) -> None:
    with ui.element("tr"):
        with ui.element("th").classes(HEAD).props("scope=row"):
            ui.label(line.label)
        for place, text in enumerate(line.texts):
            with ui.element("td").classes(CELL):
                if place in line.best:
                    with ui.row().classes("items-center gap-1 flex-nowrap font-semibold"):
                        ui.label(text)
                        ui.icon("star").classes("text-positive").props('role=img aria-label="the best"')
                else:
                    ui.label(text)
