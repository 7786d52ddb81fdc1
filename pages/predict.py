"""Predict: a form made from the signature; the answer follows the values."""

import json

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.sentences import headline
from mlapp.schemas import Format, Model
from mlapp.services.prediction.service import Body
from pages.components.buttons import lead
from pages.components.cards import card, empty, no_model
from pages.components.forms.feature_form import Form
from pages.components.forms.latest_only import Latest
from pages.components.model.code_sample import CodeView
from pages.components.model.prediction import AnswerView
from pages.components.model.table_prediction import ManyRows
from pages.components.model.what_if import WhatIfView
from pages.frame import frame
from pages.session.downloads import Downloads
from pages.session.site import Site
from pages.theme import LINE, MUTED, TEXT

PAUSE_S = 0.05
PATIENCE_S = 40
"""How long the page may take to come: right after a start, the model is still loading."""
BANNER = f"w-full items-center gap-x-4 gap-y-1 rounded-xl border {LINE} bg-indigo-50 dark:bg-[#232a4d] px-4 py-2"


def register(site: Site) -> None:
    """Add the page, and the route of its downloads."""
    services = site.services
    downloads = Downloads(services)
    downloads.register()

    @ui.page("/predict", response_timeout=PATIENCE_S)
    async def predict(version: str = "") -> None:
        with frame(site, "Predict", "/predict", "Change the values; the answer follows."):
            try:
                number = await services.models.asked(version or None)
                model = (await services.prediction.fitted(number)).model
            except MlappError as error:
                await _say_why_not(site, error)
                return
            await _Predict(site, downloads, model, pinned=number is not None).answer_now()


async def _say_why_not(site: Site, error: MlappError) -> None:
    if not (await site.services.models.versions())[1]:
        no_model()
    else:
        with empty("sentiment_dissatisfied", "This model cannot answer", error.detail):
            lead("Look at the models", "inventory_2", "/models")


class _Predict:
    def __init__(self, site: Site, downloads: Downloads, model: Model, *, pinned: bool) -> None:
        self.site, self.model, self.pinned = site, model, pinned
        self.latest = Latest(self._ask, PAUSE_S)
        self._banner()
        with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-3 gap-4 items-start"):
            with card(f"Model {model.version} {headline(model)}") as drawn:
                drawn.classes("lg:col-span-2")
                self._version()
                self.form = Form(model, self._changed)
                ui.label("An empty field is a missing value.").classes(MUTED)
                self._buttons()
            with card("Answer", mark="answer") as drawn:
                drawn.classes("lg:sticky lg:top-16")
                self.answer = AnswerView(model)
        self.what_if = WhatIfView(site.services, model, lambda: self.form.record)
        ManyRows(site, downloads, model)
        self.code = None
        if site.api:
            key = site.services.access.key_variable
            self.code = CodeView(lambda: self.form.record, model.version if pinned else None, key)
        self._follow()

    async def answer_now(self) -> None:
        """Show the answer for the values that the form begins with."""
        await self._ask()
        self.what_if.ask()
        if self.code:
            self.code.ask()

    def _buttons(self) -> None:
        with ui.row().classes("gap-2"):
            another = ui.button("Another example", icon="shuffle", on_click=self._another).props("outline")
            another.mark("another").set_visibility(len(self.model.examples) > 1)
            ui.button("Reset", icon="restart_alt", on_click=self._reset).props("flat").mark("reset")

    def _banner(self) -> None:
        with ui.row().classes(BANNER).props("role=status").mark("banner") as self.banner:
            ui.icon("update").classes("text-xl text-primary")
            self.news = ui.label().classes(f"{TEXT} flex-1")
            ui.button("Show it", on_click=ui.navigate.reload).props("flat dense").mark("show-it")
        self.banner.set_visibility(False)

    def _version(self) -> None:
        with ui.row().classes("w-full items-center gap-3"):
            chosen = self.model.version if self.pinned else 0
            self.version = ui.select({chosen: ""}, value=chosen, on_change=lambda event: _go_to(event.value))
            self.version.props('outlined dense aria-label="Version"').classes("min-w-[11rem]").mark("version")
            self.standing = ui.label().classes(MUTED)

    def _follow(self) -> None:
        """Keep up with which versions there are, and which one is active."""
        self._stand()
        self.site.live.models_changed.subscribe(self._changed_models)

    def _changed_models(self) -> None:
        self._stand()
        active = self.site.live.active
        other = active is not None and active.version != self.model.version and not self.pinned
        self.banner.set_visibility(other)
        if active is not None and other:
            self.news.set_text(f"Model {active.version} answers now; this page still asks model {self.model.version}.")

    def _stand(self) -> None:
        live, mine = self.site.live, self.model.version
        versions = sorted({*live.versions, mine}, reverse=True)
        self.version.set_options({0: "The active model"} | {number: f"Model {number}" for number in versions})
        active = live.active.version if live.active else None
        self.standing.set_text(
            "" if not self.pinned else "It is the active one." if active == mine else "It is not the active one."
        )

    def _another(self) -> None:
        self.form.another()
        self._changed()

    def _reset(self) -> None:
        self.form.reset()
        self._changed()

    def _changed(self) -> None:
        self.latest.ask()
        self.what_if.ask()
        if self.code:
            self.code.ask()

    async def _ask(self) -> None:
        """Ask for the present values, through the same service as the API."""
        body = Body(json.dumps({"records": [self.form.record]}).encode(), Format.JSON)
        try:
            found = await self.site.services.prediction.answer(body, self.model.version)
        except MlappError as error:
            self.answer.say(error.detail)
            self.form.say(self._wrong(error), wrong=True)
            return
        self.answer.show(found)
        notes: dict[str, list[str]] = {}
        for warned in found.warnings:
            notes.setdefault(warned.feature, []).append(warned.detail)
        self.form.say(notes)

    def _wrong(self, error: MlappError) -> dict[str, list[str]]:
        """Return which features are to blame."""
        blamed = {entry["pointer"] for entry in error.errors if "pointer" in entry}
        names = {f"/records/0/{_pointed(feature.name)}": feature.name for feature in self.model.features}
        return {names[pointer]: ["not a value of this type"] for pointer in blamed if pointer in names}


def _pointed(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _go_to(version: int) -> None:
    ui.navigate.to(f"/predict?version={version}" if version else "/predict")
