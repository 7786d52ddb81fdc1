"""Compare page: differences between versions of a model, and their plots on top of each other."""

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from mlapp import TITLE
from mlapp.presentation.comparison.comparability import comparability, same_question, suspicions
from mlapp.presentation.comparison.differences import (
    MAX_COMPARED,
    Difference,
    differences,
    parameter_differences,
)
from mlapp.presentation.verdict import verdict
from mlapp.schemas import VersionInfo
from mlapp.services.models.listing import StoredModel
from mlapp.services.models.service import ModelService
from pages.components.cards import card, empty_state
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.model.actions import VersionActions
from pages.components.tables.plain_table import scrolling
from pages.components.warnings import notes, warnings
from pages.model.tabs import ModelPage, Tab, model_page, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import LEAD, LINE, LINK, MUTED, SURFACE, TEXT

SELECT = f"Select 2 to {MAX_COMPARED} versions in the list."
STARS = "The best score of each row has a star; a version that is too good to be true gets none. "
SPREADS = "± is how much a score varies between parts of the rows."
CELL = (
    f"p-2 text-left align-top border-b {LINE} {TEXT} [overflow-wrap:anywhere] "
    "min-w-[6.25rem] sm:min-w-[8rem] max-w-[18rem]"
)
HEAD = (
    f"p-2 text-left align-top border-b {LINE} {MUTED} font-normal sticky left-0 {SURFACE} "
    "min-w-[5.5rem] max-w-[5.5rem] max-sm:text-xs sm:min-w-[14rem] sm:max-w-[14rem] [overflow-wrap:anywhere]"
)


def register(site: Site) -> None:
    """Add the page; before the version page, whose path would match too."""

    @ui.page("/models/{model}/versions/compare", response_timeout=RESPONSE_TIMEOUT_S)
    async def compare(model: str, versions: str = "") -> None:
        names = list(dict.fromkeys(name.strip() for name in versions.split(",") if name.strip()))

        async def draw(page: ModelPage) -> None:
            found = await _versions(site.services.models, model, names)
            if 2 <= len(found) <= MAX_COMPARED:
                _comparison(page, found)
            else:
                target = ("All versions", "layers", tab_path(model, Tab.VERSIONS))
                empty_state("compare_arrows", "Choose versions to compare", SELECT, target)

        await model_page(site, model, Tab.VERSIONS, draw)


async def _versions(service: ModelService, model: str, names: Sequence[str]) -> list[VersionInfo]:
    """Return the named versions without duplicates; at most one more than can be compared."""
    found = [await service.version(model, name) for name in names[: MAX_COMPARED + 1]]
    return list({info.version: info for info in found}.values())


def _comparison(page: ModelPage, versions: Sequence[VersionInfo]) -> None:
    live, fair = page.site.live, comparability(versions)
    numbers = ", ".join(str(info.version) for info in versions)
    ui.page_title(f"{page.model}, versions {numbers} · {TITLE}")
    with card(mark="comparability"):
        ui.label(f"Versions {numbers}").classes(LEAD).props("role=heading aria-level=2")
        notes("comparable", [fair.reason] if fair.scores else [])
        warnings([*([] if fair.scores else [fair.reason]), *suspicions(versions)])
    with card("Side by side"):
        buttons = _table(versions, VersionActions(page.site, page.model))
        starred = any(row.best for row in differences(versions))
        ui.label((STARS if starred else "") + SPREADS).classes(MUTED)

    def update() -> None:
        """Show which version is active, and which ones can be activated."""
        stored = live.models.get(page.model, StoredModel(None, ()))
        for info, (badge, activate) in zip(versions, buttons, strict=True):
            badge.set_visibility(info.version == stored.active)
            activate.set_visibility(info.version != stored.active)
            activate.set_enabled(info.usable and info.version in stored.versions)

    update()
    live.models_changed.subscribe(update)
    if same_question(versions):
        with card("Important columns"):
            importance_plot(versions[0], [(f"Version {info.version}", info.importance) for info in versions])
        plots(versions)
    if parameters := parameter_differences(versions):
        with card("Parameters that differ"):
            _parameters(versions, parameters)


def _table(versions: Sequence[VersionInfo], actions: VersionActions) -> list[tuple[ui.badge, ui.button]]:
    """Draw the differences, and return the badge and the button of each version."""
    with scrolling("Differences"), ui.element("table").classes("w-full border-collapse").mark("differences"):
        with ui.element("thead"), ui.element("tr"):
            ui.element("td").classes(HEAD)
            buttons = [_head(info, actions) for info in versions]
        with ui.element("tbody"):
            verdicts = [verdict(info) for info in versions]
            doubtful = frozenset(index for index, found in enumerate(verdicts) if found.is_doubtful)
            _row(Difference("Verdict", tuple(found.phrase for found in verdicts)), doubtful)
            for row in differences(versions):
                _row(row)
    return buttons


def _parameters(versions: Sequence[VersionInfo], rows: Sequence[Difference]) -> None:
    with scrolling("Parameters"), ui.element("table").classes("w-full border-collapse").mark("parameters"):
        with ui.element("thead"), ui.element("tr"):
            ui.element("td").classes(HEAD)
            for info in versions:
                with ui.element("th").classes(CELL).props("scope=col"):
                    ui.label(f"Version {info.version}")
        with ui.element("tbody"):
            for row in rows:
                _row(row)


def _head(info: VersionInfo, actions: VersionActions) -> tuple[ui.badge, ui.button]:
    path = f"{tab_path(info.model, Tab.VERSIONS)}/{info.version}"
    with ui.element("th").classes(CELL).props("scope=col"), ui.column().classes("gap-2 items-start"):
        with ui.row().classes("items-center gap-2"):
            ui.link(f"Version {info.version}", path).classes(LINK)
            badge = ui.badge("active", color="positive")
        activate = ui.button("Activate", on_click=partial(actions.activate, info.version))
        activate.props("outline dense size=sm").classes("px-2").mark(f"activate-{info.version}")
        activate.props["aria-label"] = f"Activate version {info.version}"
    return badge, activate


def _row(row: Difference, doubtful: frozenset[int] = frozenset()) -> None:
    """Draw a row, with a star at the best values and a warning at doubtful ones."""
    with ui.element("tr"):
        with ui.element("th").classes(HEAD).props("scope=row"):
            ui.label(row.label)
        for index, text in enumerate(row.texts):
            with ui.element("td").classes(CELL):
                if index not in row.best | doubtful:
                    ui.label(text)
                    continue
                with ui.row().classes("items-start gap-1 flex-nowrap font-semibold"):
                    ui.label(text)
                    if index in row.best:
                        _mark("star", "text-positive", "best").mark("best")
                    else:
                        _mark("warning_amber", "text-warning", "not to be used as it is").mark("doubtful")


def _mark(icon: str, colour: str, meaning: str) -> ui.element:
    """Draw an icon with a meaning; icons themselves are hidden from screen readers."""
    with ui.element("span").props("role=img tabindex=0") as element:
        element.props["aria-label"] = meaning
        ui.icon(icon).classes(colour)
        ui.tooltip(meaning)
    return element
