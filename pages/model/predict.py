"""Predict page: a form for the features of a model, its prediction, what-if charts, tables and code."""

from nicegui import ui

from mlapp.errors import MlappError, pointer
from mlapp.presentation.sentences import headline
from mlapp.schemas import VersionInfo
from pages.components.buttons import MODELS
from pages.components.cards import card, empty_state, no_model
from pages.components.forms.coalescing import CoalescedTask
from pages.components.forms.feature_form import FeatureForm
from pages.components.model.code_sample import CodeSample
from pages.components.model.prediction import PredictionView
from pages.components.model.table_prediction import TablePrediction
from pages.components.model.what_if import WhatIfView
from pages.frame import frame
from pages.session.downloads import Downloads
from pages.session.site import Site
from pages.theme import LINE, MUTED, TEXT

ROW, FILE = "row", "file"
"""Names of the tabs."""
PAUSE_S = 0.05
RESPONSE_TIMEOUT_S = 40
"""Right after the start of the server, the page waits for the model to load."""
BANNER = f"w-full items-center gap-x-4 gap-y-1 rounded-xl border {LINE} bg-indigo-50 dark:bg-[#232a4d] px-4 py-2"


def register(site: Site) -> None:
    """Add the page, and the route of its downloads."""
    services = site.services
    downloads = Downloads(services)
    downloads.register()

    @ui.page("/predict", response_timeout=RESPONSE_TIMEOUT_S)
    async def predict(version: str = "") -> None:
        with frame(site, "Predict", "/predict", "Predict one row, or all rows of a file."):
            try:
                number = await services.models.requested_version(version or None)
                model = (await services.prediction.fitted(number)).info
            except MlappError as error:
                if (await services.models.versions())[1]:
                    empty_state("sentiment_dissatisfied", "This model cannot be used", error.detail, MODELS)
                else:
                    no_model()
                return
            await _Predict(site, downloads, model, pinned=number is not None).predict_now()


class _Predict:
    def __init__(self, site: Site, downloads: Downloads, model: VersionInfo, *, pinned: bool) -> None:
        self.site, self.model, self.pinned = site, model, pinned
        self.task = CoalescedTask(self._predict, PAUSE_S)
        self._banner()
        with ui.row().classes("w-full items-center justify-between gap-x-6 gap-y-3"):
            self._version()
            with ui.tabs(on_change=self._open_tab).props("dense no-caps inline-label") as self.tabs:
                ui.tab(ROW, "One row", "edit_note").mark("tab-row")
                ui.tab(FILE, "A file", "table_view").mark("tab-file")
        with ui.column().classes("w-full gap-5") as self.row:
            self._draw_row()
        with ui.column().classes("w-full gap-5") as self.file:
            TablePrediction(site, downloads, model, on_file=lambda: self.tabs.set_value(FILE))
        self.tabs.set_value(ROW)
        self._update_versions()
        site.live.models_changed.subscribe(self._models_changed)

    def _draw_row(self) -> None:
        """Draw the form, its prediction, what-if charts and code."""
        site, model = self.site, self.model
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
            with card(f"Model {model.version} {headline(model)}") as element:
                element.classes("lg:col-span-2")
                self.form = FeatureForm(model, self._changed)
                ui.label("An empty field is a missing value.").classes(MUTED)
                self._buttons()
            with card("Prediction", mark="prediction-card") as element:
                element.classes("lg:sticky lg:top-16")
                self.prediction = PredictionView(model)
        self.views: list[WhatIfView | CodeSample] = [WhatIfView(site.services, model, lambda: self.form.record)]
        if site.api:
            key, version = site.services.access.key_variable, model.version if self.pinned else None
            self.views.append(CodeSample(lambda: self.form.record, version, key))

    def _open_tab(self) -> None:
        self.row.set_visibility(self.tabs.value == ROW)
        self.file.set_visibility(self.tabs.value == FILE)

    async def predict_now(self) -> None:
        """Show the prediction for the initial values."""
        await self._predict()
        for view in self.views:
            view.schedule()

    def _buttons(self) -> None:
        with ui.row().classes("gap-2"):
            another = ui.button("Another example", icon="shuffle", on_click=self.form.show_next_example)
            another.props("outline").mark("another").set_visibility(len(self.model.examples) > 1)
            ui.button("Reset", icon="restart_alt", on_click=self.form.reset).props("flat").mark("reset")

    def _banner(self) -> None:
        with ui.row().classes(BANNER).props("role=status").mark("banner") as self.banner:
            ui.icon("update").classes("text-xl text-primary")
            self.banner_text = ui.label().classes(f"{TEXT} flex-1")
            ui.button("Switch", on_click=ui.navigate.reload).props("flat dense").mark("switch")
        self.banner.set_visibility(False)

    def _version(self) -> None:
        with ui.row().classes("items-center gap-3"):
            selected = self.model.version if self.pinned else 0
            self.version = ui.select({selected: ""}, value=selected, on_change=lambda event: _open_version(event.value))
            self.version.props('outlined dense aria-label="Version"').classes("min-w-[11rem]").mark("version")
            self.state = ui.label().classes(MUTED)
            self.state.set_visibility(self.pinned)

    def _models_changed(self) -> None:
        self._update_versions()
        active = self.site.live.active
        other = active is not None and active.version != self.model.version and not self.pinned
        self.banner.set_visibility(other)
        if active is not None and other:
            self.banner_text.set_text(
                f"Model {active.version} is now active; this page still uses model {self.model.version}."
            )

    def _update_versions(self) -> None:
        live, version = self.site.live, self.model.version
        versions = sorted({*live.versions, version}, reverse=True)
        self.version.set_options({0: "The active model"} | {number: f"Model {number}" for number in versions})
        is_active = live.active is not None and live.active.version == version
        self.state.set_text("This is the active model." if is_active else "This is not the active model.")

    def _changed(self) -> None:
        self.task.schedule()
        for view in self.views:
            view.schedule()

    async def _predict(self) -> None:
        """Predict the current values, by the same service as the API."""
        try:
            found = await self.site.services.prediction.answer([self.form.record], self.model.version)
        except MlappError as error:
            self.prediction.show_error(error.detail)
            invalid = {entry.get("pointer") for entry in error.errors}
            names = [feature.name for feature in self.model.features if pointer("records", 0, feature.name) in invalid]
            self.form.show_messages({name: ["not a value of this type"] for name in names}, error=True)
            return
        self.prediction.show(found)
        messages: dict[str, list[str]] = {}
        for warned in found.warnings:
            messages.setdefault(warned.feature, []).append(warned.detail)
        self.form.show_messages(messages)


def _open_version(version: int) -> None:
    ui.navigate.to(f"/predict?version={version}" if version else "/predict")
