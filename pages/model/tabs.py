"""The frame of a model's pages: its name and state, and a row of links to its tabs."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum

from nicegui import Event, ui

from mlapp import TITLE
from mlapp.errors import NotFound
from mlapp.presentation.models.states import DELETED, not_found, nothing_active
from mlapp.presentation.sentences import headline
from mlapp.schemas import ModelInfo
from pages.components.buttons import MODELS, Target
from pages.components.cards import empty_state
from pages.components.forms.coalescing import CoalescedTask
from pages.components.shortcuts import shortcut
from pages.frame import frame
from pages.session.site import Site
from pages.theme import BADGE_GOOD, BADGE_MAIN, BADGE_PLAIN, MUTED, TAB, TAB_BAR, TAB_CURRENT, TAB_OTHER


class Tab(StrEnum):
    """The tabs of a model, in their order."""

    OVERVIEW = "Overview"
    PREDICT = "Predict"
    VERSIONS = "Versions"
    MONITOR = "Monitor"
    API = "API"
    SETTINGS = "Settings"


def tab_path(model: str, tab: Tab) -> str:
    """Return the path of a tab below the pages."""
    return f"/models/{model}" if tab is Tab.OVERVIEW else f"/models/{model}/{tab.lower()}"


class ModelPage:
    """What the pages of a model share: the model, and how they follow its changes until it is deleted."""

    def __init__(self, site: Site, info: ModelInfo, heading: ui.row) -> None:
        """Draw the badges beside the title, and the description below it."""
        self.site, self.info, self.model = site, info, info.name
        self._handlers: list[Callable[[], Awaitable[None]]] = []
        with heading:
            self._default = ui.label("default").classes(BADGE_MAIN).mark("is-default")
            self._default.tooltip("It answers programs that name no model.")
            self._active = ui.label().classes(BADGE_GOOD).mark("active-version")
            self._demo = ui.label("example").classes(BADGE_PLAIN).mark("is-demo")
            self._description = ui.label().classes(f"{MUTED} w-full line-clamp-2 break-words").mark("description")
        self._show()
        self._schedule = CoalescedTask(self._update).schedule
        site.live.models_changed.subscribe(self._schedule)
        self._subscriptions: list[tuple[Event[[]], Callable[[], object]]] = [(site.live.models_changed, self._schedule)]

    def on_change(self, handler: Callable[[], Awaitable[None]]) -> None:
        """Call a handler after changes of models and versions, when `info` is up to date, and once soon."""
        self._handlers.append(handler)
        # There may have been a change while the page was built.
        self._schedule()

    def follow(self, event: Event[[]], handler: Callable[[], Awaitable[None]]) -> None:
        """Call a handler on each event as long as the model exists."""

        async def call() -> None:
            # It may be deleted before its deletion is noticed.
            with suppress(NotFound):
                await handler()

        event.subscribe(call)
        self._subscriptions.append((event, call))

    def draw_into(self, tabs: ui.element, content: ui.column) -> None:
        """Set what is replaced when the model is deleted."""
        self._tabs, self._content = tabs, content

    async def _update(self) -> None:
        try:
            self.info = await self.site.services.models.get(self.model)
            self._show()
            for handler in self._handlers:
                await handler()
        except NotFound:
            if self.model not in self.site.live.models:
                self._show_deletion()

    def _show(self) -> None:
        info = self.info
        self._default.set_visibility(info.default)
        self._demo.set_visibility(info.demo)
        self._active.set_text(f"version {info.active} active" if info.active else "no active version")
        self._active.classes(replace=BADGE_GOOD if info.active else BADGE_PLAIN)
        self._description.set_text(_summary(info))

    def _show_deletion(self) -> None:
        for event, handler in self._subscriptions:
            event.unsubscribe(handler)
        for element in (self._default, self._active, self._demo, self._description, self._tabs):
            element.set_visibility(False)
        self._content.clear()
        with self._content:
            empty_state("delete_outline", f"{self.model} was deleted", DELETED, MODELS, mark="deleted")


async def model_page(site: Site, model: str, tab: Tab, draw: Callable[[ModelPage], Awaitable[None]]) -> None:
    """Draw the frame of a page of a model, and call `draw` for its content.

    If the model does not exist, the page says so; so it does if `draw` raises `NotFound` for a version.
    """
    await site.live.refresh()
    try:
        info = await site.services.models.get(model)
    except NotFound:
        with frame(site, "Model not found", "/"):
            _not_found("Model not found", not_found(model), MODELS)
        return
    with frame(site, model, "/") as heading:
        ui.page_title(f"{model} · {tab} · {TITLE}")
        page = ModelPage(site, info, heading)
        tabs = _tab_bar(site, model, tab)
        with ui.column().classes("w-full gap-5") as content:
            page.draw_into(tabs, content)
            try:
                await draw(page)
            except NotFound as error:
                content.clear()
                versions = (f"All versions of {model}", "layers", tab_path(model, Tab.VERSIONS))
                _not_found("Version not found", f"{error.detail.partition(';')[0].rstrip('.')}.", versions)


def no_active_version(model: str) -> None:
    """Draw the empty state of pages that need an active version."""
    target = ("Choose a version", "bolt", tab_path(model, Tab.VERSIONS))
    empty_state("pause_circle", "No version is active", nothing_active(model), target, mark="no-active-version")


def _not_found(title: str, text: str, target: Target) -> None:
    ui.status_code(404)
    empty_state("travel_explore", title, text, target)


def _tab_bar(site: Site, model: str, current: Tab) -> ui.element:
    with ui.element("nav").classes(f"{TAB_BAR} -mt-2").props('aria-label="Pages of this model"') as bar:
        for tab in Tab:
            if tab is Tab.API and not site.api:
                continue
            link = ui.link(tab, tab_path(model, tab)).classes(TAB).mark(f"tab-{tab.lower()}")
            link.classes(TAB_CURRENT if tab is current else TAB_OTHER)
            shortcut(link, tab)
            if tab is current:
                link.props("aria-current=page")
                # On a phone, the last tabs may be out of sight.
                ui.run_javascript(f"getHtmlElement({link.id})?.scrollIntoView({{inline: 'center', block: 'nearest'}})")
    return bar


def _summary(info: ModelInfo) -> str:
    """Return the description of a model, or what it predicts."""
    if info.description:
        return info.description
    if info.active_version:
        text = headline(info.active_version)
        return f"{text[:1].upper()}{text[1:]}."
    return f"Predicts {info.target}." if info.target else "It has no versions."
