"""Predict tab: a form for the features of a version, its prediction, what-if charts, and predictions for a file."""

from urllib.parse import urlencode

from nicegui import ui

from mlapp.errors import MlappError, NotFound, pointer
from mlapp.schemas import PredictResponse, VersionInfo
from pages.components.cards import card, empty_state
from pages.components.forms.coalescing import CoalescedTask
from pages.components.forms.feature_form import FeatureForm
from pages.components.model.explanation.what_if import WhatIfView
from pages.components.model.explanation.why import WhyView
from pages.components.model.prediction import PredictionView
from pages.components.model.prediction_bar import PredictionBar
from pages.components.model.table_prediction import TablePrediction
from pages.model.tabs import ModelPage, Tab, model_page, no_active_version, tab_path
from pages.session.downloads import Downloads
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import LINE, LINK, MUTED, TEXT

ONE, FILE = "one", "file"
"""Names of the tabs."""
ACTIVE = "active"
TABS = "dense no-caps inline-label active-color=primary indicator-color=primary"
PAUSE_S = 0.05
BANNER = f"w-full items-center gap-x-4 gap-y-1 rounded-xl border {LINE} bg-indigo-50 dark:bg-[#232a4d] px-4 py-2"


def register(site: Site) -> None:
    """Add the page, and the route of its downloads."""
    services = site.services
    downloads = Downloads(services)
    downloads.register()

    @ui.page("/models/{model}/predict", response_timeout=RESPONSE_TIMEOUT_S)
    async def predict(model: str, version: str = "", tab: str = ONE) -> None:
        pinned = version not in ("", ACTIVE)

        async def draw(page: ModelPage) -> None:
            if not pinned and page.info.active is None:
                no_active_version(model)
                return
            number = await services.models.number(model, version) if pinned else None
            try:
                info = (await services.prediction.fitted(model, number)).info
            except NotFound:
                raise
            except MlappError as error:
                versions = ("All versions", "layers", tab_path(model, Tab.VERSIONS))
                empty_state("sentiment_dissatisfied", "This version cannot be used", error.detail, versions)
            else:
                shown = _Predict(site, downloads, page, info, pinned=pinned)
                shown.tabs.set_value(FILE if tab == FILE else ONE)
                await shown.show_example()

        await model_page(site, model, Tab.PREDICT, draw)


class _Predict:
    def __init__(self, site: Site, downloads: Downloads, page: ModelPage, info: VersionInfo, *, pinned: bool) -> None:
        self.site, self.page, self.info, self.pinned = site, page, info, pinned
        self.task = CoalescedTask(self._predict, PAUSE_S)
        self._banner()
        with ui.row().classes("w-full items-center justify-between gap-x-6 gap-y-3"):
            with ui.tabs().props(TABS) as self.tabs:
                ui.tab(ONE, "One", "edit_note").mark("tab-one")
                ui.tab(FILE, "A file", "table_view").mark("tab-file")
            self._version()
        with ui.column().classes("w-full gap-5") as self.row:
            self._draw_row()
        with ui.column().classes("w-full gap-5") as self.file:
            TablePrediction(site, downloads, info, on_file=lambda: self.tabs.set_value(FILE))
        self.file.set_visibility(False)
        self.tabs.set_value(ONE)
        self.tabs.on_value_change(self._open_tab)
        self._update_versions()
        page.on_change(self._models_changed)

    def _draw_row(self) -> None:
        """Draw the form, its prediction, and what-if charts."""
        info = self.info
        self.bar = PredictionBar(info)
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
            with card("Values") as element:
                element.classes("lg:col-span-2")
                self.form = FeatureForm(info, self._changed)
                ui.label("An empty field is a missing value.").classes(MUTED)
                self._buttons()
            with card("Prediction", mark="prediction-card") as element:
                element.classes("lg:sticky lg:top-16")
                self.bar.lead_to(element)
                self.prediction = PredictionView(info)
                self.why = WhyView(self.site.services, info, lambda: self.form.record)
                if self.site.api:
                    ui.link("Call it from a program", tab_path(info.model, Tab.API)).classes(LINK).mark("to-api")
        self.what_if = WhatIfView(self.site.services, info, lambda: self.form.record)

    def _open_tab(self) -> None:
        self.row.set_visibility(self.tabs.value == ONE)
        self.file.set_visibility(self.tabs.value == FILE)
        # Kept in the address, for a reload and the way back.
        ui.navigate.history.replace(self._query(self.info.version if self.pinned else 0))

    async def show_example(self) -> None:
        """Show the prediction for the initial values, which does not count as traffic."""
        self._show(await self.site.services.prediction.trials.example(self.info.model, self.info.version))
        self.what_if.schedule()

    def _buttons(self) -> None:
        with ui.row().classes("gap-2"):
            another = ui.button("Another example", icon="shuffle", on_click=self.form.show_next_example)
            another.props("outline").mark("another").set_visibility(len(self.info.examples) > 1)
            ui.button("Reset", icon="restart_alt", on_click=self.form.reset).props("flat").mark("reset")

    def _banner(self) -> None:
        with ui.row().classes(BANNER).props("role=status").mark("banner") as self.banner:
            ui.icon("update").classes("text-xl text-primary")
            self.banner_text = ui.label().classes(f"{TEXT} flex-1")
            ui.button("Switch", on_click=ui.navigate.reload).props("flat dense").mark("switch")
        self.banner.set_visibility(False)

    def _version(self) -> None:
        with ui.row().classes("items-center gap-x-3 gap-y-1"):
            self.state = ui.label().classes(MUTED)
            selected = self.info.version if self.pinned else 0
            self.version = ui.select({selected: ""}, value=selected, on_change=lambda event: self._open(event.value))
            self.version.props('outlined dense aria-label="Version"').classes("min-w-[12rem]").mark("version")

    async def _models_changed(self) -> None:
        self._update_versions()
        active = self.site.live.active(self.info.model)
        other = active is not None and active.version != self.info.version and not self.pinned
        self.banner.set_visibility(other)
        if active is not None and other:
            self.banner_text.set_text(
                f"Version {active.version} is now active; this page still uses version {self.info.version}."
            )

    def _update_versions(self) -> None:
        live, version = self.site.live, self.info.version
        stored = live.models.get(self.info.model)
        versions = sorted({*(stored.versions if stored else ()), version}, reverse=True)
        active = stored.active if stored else None
        now = f"Active version ({active})" if active else "No active version"
        self.version.set_options({0: now} | {number: f"Version {number}" for number in versions})
        self.why.set_versions([number for number in versions if number != version])
        self.state.set_text("This version is active." if active == version else "This version is not active.")
        self.state.set_visibility(self.pinned)

    def _open(self, version: int) -> None:
        ui.navigate.to(f"{tab_path(self.info.model, Tab.PREDICT)}{self._query(version)}")

    def _query(self, version: int) -> str:
        """Return the query of the address for the open tab and a version, or the active one if it is 0."""
        return f"?{urlencode({'version': version or ACTIVE, 'tab': self.tabs.value})}"

    def _changed(self) -> None:
        self.task.schedule()
        self.what_if.schedule()

    async def _predict(self) -> None:
        """Predict the current values, by the same service as the API."""
        info = self.info
        try:
            found = await self.site.services.prediction.trials.answer([self.form.record], info.model, info.version)
        except MlappError as error:
            self.prediction.show_error(error.detail)
            self.bar.show(None)
            invalid = {entry.get("pointer") for entry in error.errors}
            names = [feature.name for feature in info.features if pointer("records", 0, feature.name) in invalid]
            self.form.show_messages({name: ["not a value of this type"] for name in names}, error=True)
            return
        self._show(found)

    def _show(self, found: PredictResponse) -> None:
        self.prediction.show(found)
        self.why.show(found)
        self.bar.show(found)
        messages: dict[str, list[str]] = {}
        for warned in found.warnings:
            messages.setdefault(warned.feature, []).append(warned.detail)
        self.form.show_messages(messages)
