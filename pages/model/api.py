"""API tab: addresses of a model, code that asks it, and what it answers."""

import json

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.schemas import Task, VersionInfo
from pages.components.cards import card, empty_state, facts
from pages.components.model.code_sample import CodeSample, code_block
from pages.components.warnings import error_line
from pages.model.tabs import ModelPage, Tab, model_page, no_active_version, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import LINE, LINK, MUTED, TEXT

ACTIVE, PINNED, DEFAULT = "active", "pinned", "default"
"""What the code asks: the active version, the version that is active now, or the default model."""
ADDRESS = f"w-full items-center gap-3 flex-nowrap rounded-lg border {LINE} px-3 py-1.5"
ONE_EACH = "One for each row, in their order."
FIELDS = {
    Task.REGRESSION: [
        ("predictions", f"Predicted values. {ONE_EACH}"),
        ("lower, upper", "The interval around each prediction."),
        ("coverage", "Share of true values that lie within their intervals."),
    ],
    Task.CLASSIFICATION: [
        ("predictions", f"The most likely classes. {ONE_EACH}"),
        ("probabilities", "The probability of each class, by its name."),
    ],
}
WARNINGS = ("warnings", "Values outside the training data; such rows are predicted nevertheless.")
VERSION = ("model, version", "Which version answered.")
ERRORS = "Errors are JSON, too: status says what kind, and detail what to do."


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}/api", response_timeout=RESPONSE_TIMEOUT_S)
    async def api(model: str) -> None:
        async def draw(page: ModelPage) -> None:
            if site.api:
                await _Api(site, page).build()
            else:
                target = ("Predict", "insights", tab_path(model, Tab.PREDICT))
                empty_state("cloud_off", "No API", "This server serves the pages without the API.", target)

        await model_page(site, model, Tab.API, draw)


class _Api:
    """The page: redrawn when another version is active, updated in place when another model is the default one."""

    def __init__(self, site: Site, page: ModelPage) -> None:
        self.site, self.page, self.model = site, page, page.model
        self.base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        self.key = site.services.access.key_variable
        self.asked = ACTIVE
        self.drawn: tuple[int | None, bool] | None = None
        """The active version, and whether the model is the default one."""

    async def build(self) -> None:
        self.content = ui.column().classes("w-full gap-5")
        await self._show()
        self.page.on_change(self._show)

    async def _show(self) -> None:
        info = self.page.info.active_version
        shown = (info.version if info else None, self.page.info.default)
        if shown == self.drawn:
            return
        self.drawn = shown
        response = await self._response(info.version) if info else ""
        self.content.clear()
        with self.content:
            if info is None:
                no_active_version(self.model)
                return
            with card("Address"):
                self._addresses()
            with ui.element("div").classes("w-full grid grid-cols-1 lg:grid-cols-5 gap-4 items-start"):
                with ui.column().classes("lg:col-span-3 gap-4 min-w-0"):
                    with card("Request", mark="code"):
                        self._request(info)
                    with card("Fields of the response"):
                        _draw_fields(info)
                with card("Response", mark="response") as answer:
                    answer.classes("lg:col-span-2 min-w-0")
                    _draw_response(response)

    def _addresses(self) -> None:
        self._address(f"{self.base_url}/models/{self.model}/predict", "address")
        if self.page.info.default:
            self._address(f"{self.base_url}/predict", "short-address")
            ui.label(
                f"The short address asks the default model, which is {self.model} now. "
                "Programs that always want this model use the long one."
            ).classes(MUTED)
        key = (
            f"Send a key in the header X-API-Key. The code below reads it from the environment variable {self.key}."
            if self.key
            else "This server is open: requests need no key."
        )
        ui.label(key).classes(TEXT).mark("key-hint")
        # Not ui.link, which links to pages only.
        with ui.element("a").props("href=/docs").classes(LINK).mark("docs"):
            ui.label("All routes and options, such as files in other formats")

    def _address(self, url: str, mark: str) -> None:
        with ui.row().classes(ADDRESS):
            ui.label("POST").classes("text-xs font-semibold text-primary")
            ui.label(url).classes("text-sm font-mono break-all flex-1 min-w-0").mark(mark)
            copy = ui.button(icon="content_copy", on_click=lambda: ui.clipboard.write(url))
            copy.props('flat round dense size=sm color=primary aria-label="Copy the address"')

    def _request(self, info: VersionInfo) -> None:
        choices = {ACTIVE: "Active version", PINNED: f"Version {info.version}"}
        if self.page.info.default:
            choices[DEFAULT] = "Default model"
        if self.asked not in choices:
            self.asked = ACTIVE
        asked = ui.toggle(choices, value=self.asked, on_change=lambda event: self._ask(info, event.value))
        asked.props("unelevated no-caps dense padding='4px 12px' toggle-color=primary").classes(f"border {LINE}").mark(
            "asked"
        )
        self.meaning = ui.label().classes(MUTED).mark("meaning")
        self.code = CodeSample(self.key)
        self._ask(info, self.asked)

    def _ask(self, info: VersionInfo, asked: str) -> None:
        self.asked = asked
        self.meaning.set_text(
            {
                ACTIVE: f"Answered by the version of {self.model} that is active at the time.",
                PINNED: f"Always answered by version {info.version}; 404 once it is deleted.",
                DEFAULT: "Answered by the model that is the default one at the time.",
            }[asked]
        )
        record = {feature.name: feature.example for feature in info.features}
        self.code.show(record, None if asked == DEFAULT else self.model, info.version if asked == PINNED else None)

    async def _response(self, version: int) -> str:
        """Return the response to the request in the code, or why there is none."""
        try:
            found = await self.site.services.prediction.trials.example(self.model, version)
        except MlappError as error:
            return error.detail
        return json.dumps(found.model_dump(mode="json"), indent=2, ensure_ascii=False)


def _draw_response(response: str) -> None:
    if response.startswith("{"):
        code_block("json", "response-json").set_content(response)
        ui.label("The response to the row in the code.").classes(MUTED)
    else:
        error_line("response-error", response)


def _draw_fields(info: VersionInfo) -> None:
    facts([*FIELDS[info.task], WARNINGS, VERSION])
    ui.label(ERRORS).classes(MUTED)
