"""Compare page: differences between models, and their plots on top of each other."""

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.comparison import MAX_COMPARED, Difference, comparable, differences, same_table
from mlapp.schemas import VersionInfo
from mlapp.services.models.service import ModelService
from pages.components.buttons import MODELS
from pages.components.cards import card, empty_state, not_found
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.model.actions import VersionActions
from pages.components.tables.plain_table import scrolling
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import LINE, LINK, MUTED, SURFACE, TEXT

TITLE = "Compare models"
SELECT = f"Select two to {MAX_COMPARED} models in the list."
OTHER_TARGETS = "These models predict different targets, so their scores and plots cannot be compared."
OTHER_TABLES = "These models were trained and evaluated on different tables, so their scores are not comparable."
CELL = f"p-2 text-left align-top border-b {LINE} {TEXT} break-words min-w-[8rem] max-w-[18rem]"
HEAD = (
    f"p-2 text-left align-top border-b {LINE} {MUTED} font-normal sticky left-0 {SURFACE} "
    "min-w-[7rem] max-w-[7rem] sm:min-w-[14rem] sm:max-w-[14rem] [overflow-wrap:anywhere]"
)


def register(site: Site) -> None:
    """Add the page; before the model page, whose path would match too."""

    @ui.page("/models/compare")
    async def compare(versions: str = "") -> None:
        names = list(dict.fromkeys(name.strip() for name in versions.split(",") if name.strip()))
        try:
            models = await _models(site.services.models, names)
        except NotFound as error:
            ui.status_code(404)
            with frame(site, TITLE, "/models"):
                not_found(error)
            return
        if not 2 <= len(models) <= MAX_COMPARED:
            with frame(site, TITLE, "/models"):
                empty_state("compare_arrows", "Choose models to compare", SELECT, MODELS)
            return
        await site.live.refresh()
        with frame(site, TITLE, "/models", f"Models {', '.join(str(model.version) for model in models)}."):
            _comparison(site, models)


async def _models(service: ModelService, names: Sequence[str]) -> list[VersionInfo]:
    """Return the named models without duplicates; at most one more than can be compared."""
    found = [await service.get(name) for name in names[: MAX_COMPARED + 1]]
    return list({model.version: model for model in found}.values())


def _comparison(site: Site, models: Sequence[VersionInfo]) -> None:
    live, same_target = site.live, comparable(models)
    if not same_target or not same_table(models):
        with card():
            warnings([OTHER_TABLES if same_target else OTHER_TARGETS])
    with card("Side by side"):
        buttons = _table(models, VersionActions(site))
        ui.label("The best value of each row is starred; ± is the standard deviation across folds.").classes(MUTED)

    def update() -> None:
        """Show which model is active, and which ones can be activated."""
        for model, (badge, activate) in zip(models, buttons, strict=True):
            badge.set_visibility(model.version == live.active_version)
            activate.set_visibility(model.version != live.active_version)
            activate.set_enabled(model.usable and model.version in live.versions)

    update()
    live.models_changed.subscribe(update)
    if same_target:
        with card("Feature importance"):
            importance_plot([(f"Model {model.version}", model.importance) for model in models])
        plots(models)


def _table(models: Sequence[VersionInfo], actions: VersionActions) -> list[tuple[ui.badge, ui.button]]:
    """Draw the differences, and return the badge and the button of each model."""
    with scrolling("Differences"), ui.element("table").classes("w-full border-collapse").mark("differences"):
        with ui.element("thead"), ui.element("tr"):
            ui.element("td").classes(HEAD)
            buttons = [_head(model, actions) for model in models]
        with ui.element("tbody"):
            for row in differences(models):
                _row(row)
    return buttons


def _head(model: VersionInfo, actions: VersionActions) -> tuple[ui.badge, ui.button]:
    with ui.element("th").classes(CELL).props("scope=col"), ui.column().classes("gap-2 items-start"):
        with ui.row().classes("items-center gap-2"):
            ui.link(f"Model {model.version}", f"/models/{model.version}").classes(LINK)
            badge = ui.badge("active", color="positive")
        activate = ui.button("Activate", on_click=partial(actions.activate, model.version))
        activate.props("outline dense size=sm").classes("px-2").mark(f"activate-{model.version}")
        activate.props["aria-label"] = f"Activate model {model.version}"
    return badge, activate


def _row(row: Difference) -> None:
    with ui.element("tr"):
        with ui.element("th").classes(HEAD).props("scope=row"):
            ui.label(row.label)
        for index, text in enumerate(row.texts):
            with ui.element("td").classes(CELL):
                if index in row.best:
                    with ui.row().classes("items-center gap-1 flex-nowrap font-semibold"):
                        ui.label(text)
                        ui.icon("star").classes("text-positive").props('role=img aria-label="best"')
                else:
                    ui.label(text)
