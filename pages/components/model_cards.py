"""Cards of models: what each predicts, how well, and whether it is in use."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.formats import format_age, format_count, format_time
from mlapp.presentation.models.states import INACTIVE, damaged
from mlapp.presentation.page_words import on_page
from mlapp.presentation.verdict import verdict
from mlapp.schemas import DataSource, ModelSummary, VersionInfo, VersionKey
from pages.session.site import Site
from pages.theme import (
    BADGE_GOOD,
    BADGE_MAIN,
    BADGE_PLAIN,
    BADGE_WARNING,
    COVER_LINK,
    LINK,
    MODEL_CARD,
    MUTED,
    SMALL,
    TEXT,
)


class ModelState(NamedTuple):
    """What a card shows."""

    summary: ModelSummary
    info: VersionInfo | None
    """The version that answers, or the latest one; None if none can be read."""
    default: bool
    problem: str | None
    """Why the active version does not answer."""


async def state_of(site: Site, model: ModelSummary) -> ModelState:
    """Return what the card of a model shows."""
    info = site.live.active(model.name)
    if info is None:
        with suppress(NotFound):
            info = await site.services.models.version(model.name, "latest")
    return ModelState(model, info, model.name == site.live.default, await _problem(site, model))


async def _problem(site: Site, model: ModelSummary) -> str | None:
    """Return why the active version of a model does not answer, as far as known without loading it."""
    if model.active is None:
        return INACTIVE
    stored = site.live.models.get(model.name)
    if stored and model.active not in stored.versions:
        return damaged(model.active)
    if problem := site.services.prediction.problem(model.name):
        return problem
    return await site.services.models.unusable_reason(VersionKey(model.name, model.active))


class ModelCard:
    """A card that leads to its model, updated in place."""

    def __init__(self, on_remove: Callable[[str], Awaitable[None]]) -> None:
        """Draw an empty card; `on_remove` is called with the name of an example that is to be removed."""
        self.on_remove = on_remove
        self.element = ui.card().classes(MODEL_CARD)
        self.state: ModelState | None = None

    def show(self, state: ModelState) -> None:
        """Show the state of a model."""
        if state != self.state:
            self.state = state
            self.element.clear()
            with self.element:
                self._draw(state)

    def show_activity(self, requests: int) -> None:
        """Show the requests of the last day, and how long ago the model was trained."""
        trained = self.state.summary.trained_at if self.state else None
        self.trained.set_text(f"trained {format_age(datetime.now(UTC) - trained)}" if trained else "")
        self.requests.set_text(f"{format_count(requests, 'request')} in the last day")

    def _draw(self, state: ModelState) -> None:
        summary = state.summary
        self.element.mark(f"model-{summary.name}")
        self._heading(state)
        self._text(state)
        if state.problem:
            with ui.row().classes("w-full items-start gap-2 flex-nowrap").mark("problem"):
                ui.icon("warning_amber").classes("text-warning text-lg")
                ui.label(on_page(state.problem)).classes(f"{TEXT} break-words min-w-0")
        with ui.row().classes(f"{SMALL} w-full items-center gap-x-4 gap-y-0.5 mt-auto"):
            ui.label(_origin(summary.source)).classes("truncate max-w-full")
            self.trained = ui.label().mark("trained")
            self.trained.props["title"] = format_time(summary.trained_at)
            self.requests = ui.label().mark("requests")
            if state.info and state.info.warnings:
                ui.label(format_count(len(state.info.warnings), "warning")).classes("text-warning font-medium")
        # Above the link that covers the card.
        with ui.row().classes("relative items-center gap-4 sm:absolute sm:top-4 sm:right-4"):
            for name in ("Predict", "Versions"):
                link = ui.link(name, f"/models/{summary.name}/{name.lower()}").classes(LINK)
                link.props["aria-label"] = f"{name}: {summary.name}"
            if summary.demo:
                remove = ui.button("Remove", color=None, on_click=lambda: self.on_remove(summary.name))
                remove.props("flat dense padding='0 2px'").classes(f"{MUTED} h-5 min-h-0").mark(
                    f"remove-{summary.name}"
                )
                remove.props["aria-label"] = f"Remove the example {summary.name}"

    def _heading(self, state: ModelState) -> None:
        summary = state.summary
        beside_links = "sm:pr-56" if summary.demo else "sm:pr-36"
        with ui.row().classes(f"w-full items-center gap-x-2 gap-y-1 {beside_links}"):
            # Never cut: names of several models may differ in their last characters only.
            with ui.element("h2").classes(
                "min-w-0 max-w-full text-base leading-6 font-semibold [overflow-wrap:anywhere]"
            ):
                ui.link(summary.name, f"/models/{summary.name}").classes(COVER_LINK)
            if state.default:
                badge = ui.label("default").classes(BADGE_MAIN)
                badge.props["title"] = "It answers programs that name no model."
            if summary.demo:
                ui.label("example").classes(BADGE_PLAIN)
            if summary.active:
                version = ui.label(f"version {summary.active}")
                version.classes(BADGE_WARNING if state.problem else BADGE_GOOD).props["title"] = "The active version"

    def _text(self, state: ModelState) -> None:
        summary, info = state.summary, state.info
        with ui.column().classes("w-full gap-0.5"):
            if info:
                columns = format_count(len(info.features), "column")
                ui.label(f"Predicts {info.target} from {columns}").classes(f"{MUTED} w-full truncate").mark("question")
                found = verdict(info)
                with ui.row().classes("w-full items-start gap-1 flex-nowrap"):
                    if found.is_doubtful:
                        ui.icon("warning_amber").classes("text-warning text-lg").mark("doubtful")
                    phrase = ui.label(f"{found.phrase}.").classes(f"{TEXT} break-words min-w-0 line-clamp-2")
                    phrase.mark("verdict")
            if summary.description:
                ui.label(summary.description).classes(f"{SMALL} w-full truncate").mark("description")


def _origin(source: DataSource | None) -> str:
    if source is None:
        return "table without a name"
    return source.file or f"sample table {source.dataset}"
