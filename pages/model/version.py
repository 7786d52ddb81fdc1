"""Version page: verdict, evaluation, signature, training details, activation history and model card of a version."""

from functools import partial

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.comparison.differences import breaking_summary
from mlapp.presentation.model_card import card as model_card
from mlapp.presentation.models.states import NOT_ACTIVE
from mlapp.presentation.retention import removal
from mlapp.presentation.sentences import headline, trained_on, version_name
from mlapp.schemas import VersionInfo, VersionKey
from mlapp.services.models.listing import StoredModel
from pages.components.buttons import link_button
from pages.components.cards import card, empty_state, facts
from pages.components.model.actions import VersionActions
from pages.components.model.activation_log import activation_log
from pages.components.model.scores import details, findings
from pages.components.model.signature import signature, technical_facts, training_facts
from pages.components.model.summary import summary
from pages.components.tables.paged_table import PagedTable
from pages.components.warnings import warnings
from pages.model.tabs import ModelPage, Tab, model_page, tab_path
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import FOLD, LINK, MUTED, TEXT

ALIASES = {"active": "The active version", "latest": "The latest version"}


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}/versions/{version}", response_timeout=RESPONSE_TIMEOUT_S)
    async def version(model: str, version: str) -> None:
        async def draw(page: ModelPage) -> None:
            await _Version(page, version, await site.services.models.version(model, version)).show()

        await model_page(site, model, Tab.VERSIONS, draw)


class _Version:
    """The content of the page; rebuilt only if the alias `active` or `latest` points to another version."""

    log: PagedTable

    def __init__(self, page: ModelPage, name: str, info: VersionInfo) -> None:
        self.page, self.site, self.model, self.name, self.info = page, page.site, page.model, name, info
        self.versions = tab_path(page.model, Tab.VERSIONS)
        self.actions = VersionActions(page.site, page.model)

    async def show(self) -> None:
        """Draw the page, and follow changes."""
        self.content = ui.column().classes("w-full gap-5")
        await self._build()
        self.page.on_change(self._update)

    async def _build(self) -> None:
        self.content.clear()
        with self.content:
            ui.page_title(version_name(self.model, self.info.version))
            with card(mark="state"):
                self._state()
            await self._update_state()
            findings(self.info, scaled=True)
            details(self.info)
            with card("Columns"):
                await signature(self.info)
            with card("Training"):
                facts(training_facts(self.info))
                with ui.expansion("Parameters and libraries").props(FOLD).classes("w-full").mark("parameters"):
                    facts(technical_facts(self.info))
            with card("Activation history"):
                self.log = activation_log(self.site.services.models, self.model, self.info.version)
            await self.log.show()
            with card("Model card"):
                self._card()

    async def _update(self) -> None:
        """Show changes of the version."""
        version = self.info.version
        try:
            self.info = await self.site.services.models.version(self.model, self.name)
        except NotFound as error:
            self.content.clear()
            with self.content:
                empty_state("delete_outline", "Version not found", error.detail, self._all_versions())
            return
        if self.info.version != version:
            await self._build()
            return
        await self._update_state()
        await self.log.show()

    def _all_versions(self) -> tuple[str, str, str]:
        return "All versions", "layers", self.versions

    def _state(self) -> None:
        version = self.info.version
        with ui.row().classes("w-full items-center gap-x-3 gap-y-2"):
            if self.name in ALIASES:
                ui.label(ALIASES[self.name]).classes(MUTED)
                ui.link(f"Version {version}", f"{self.versions}/{version}").classes(LINK)
            else:
                ui.label(f"Version {version}").classes("text-sm font-medium")
            self.active = ui.badge("active", color="positive").mark("active")
            if self.info.registered:
                ui.badge("registered", color="secondary").mark("registered")
            self.unusable = ui.badge("unusable", color="warning").mark("unusable")
            self.inactive = ui.label(NOT_ACTIVE).classes(MUTED)
        self.reason = ui.label().classes(f"{TEXT} break-words").mark("reason")
        summary(self.info)
        about = f"It {headline(self.info)} and was {trained_on(self.info)}."
        ui.label(about).classes(f"{MUTED} break-words max-w-full").mark("source")
        self.breaking = ui.column().classes("w-full gap-1").mark("breaking")
        with ui.row().classes("w-full items-start gap-2 flex-nowrap"):
            self.note = ui.label().classes(f"{TEXT} whitespace-pre-wrap break-words min-w-0").mark("note-text")
            edit = ui.button(icon="edit", on_click=partial(self.actions.annotate, version)).mark("annotate")
            edit.props('flat round dense size=sm color=primary aria-label="Edit note"')
        self._buttons(version)
        self.removal = ui.label().classes(MUTED).mark("removal")

    def _buttons(self, version: int) -> None:
        with ui.row().classes("w-full gap-2"):
            self.predict = link_button("Predict", "insights", f"/models/{self.model}/predict?version={version}")
            self.predict.mark("predict")
            self.activate = ui.button("Activate", icon="bolt", on_click=partial(self.actions.activate, version))
            self.activate.props("outline").mark("activate")
            comparison = f"{self.versions}/compare?versions=active,{version}"
            self.compare = link_button("Compare with active", "compare_arrows", comparison)
            self.compare.props("outline").mark("compare")
            self.delete = ui.button("Delete", icon="delete", on_click=partial(self.actions.delete, version))
            self.delete.props("flat color=negative").mark("delete")
            link_button(*self._all_versions()).props("flat").mark("all-versions")

    async def _update_state(self) -> None:
        info, key = self.info, VersionKey(self.model, self.info.version)
        reason = None if info.usable else await self.site.services.models.unusable_reason(key)
        self.active.set_visibility(info.active)
        self.unusable.set_visibility(not info.usable)
        self.inactive.set_visibility(not info.active and info.usable)
        self.reason.set_visibility(not info.usable)
        self.reason.set_text(reason or "")
        self.note.set_text(info.note or "No note yet.")
        self.note.classes("italic" if not info.note else "", remove="italic")
        self.predict.set_enabled(info.usable)
        self.activate.set_visibility(not info.active)
        self.activate.set_enabled(info.usable)
        self.activate.set_text("Activate anyway" if info.breaking else "Activate")
        self.compare.set_visibility(not info.active and self.page.info.active is not None)
        self.delete.set_visibility(not info.active)
        stored = self.site.live.models.get(self.model, StoredModel(None, ()))
        keep, previous = self.site.settings.keep_versions, await self.site.services.models.previous(self.model)
        self.removal.set_text(removal(info.version, stored.versions, stored.active, previous, keep))
        self._show_breaking()

    def _show_breaking(self) -> None:
        self.breaking.clear()
        self.breaking.set_visibility(bool(self.info.breaking))
        with self.breaking:
            warnings([breaking_summary("It", self.page.info.active, self.info.breaking)])

    def _card(self) -> None:
        with ui.row().classes("w-full items-center justify-between"):
            ui.label("A Markdown summary of this version, to share or to archive.").classes(MUTED)
            ui.button("Download card", icon="download", on_click=self._download).props("outline").mark("download-card")
        # Drawn when opened, as it is long.
        with ui.expansion("Preview", on_value_change=self._preview).classes("w-full") as self.preview:
            self.text = ui.column().classes("w-full overflow-x-auto")
        self.preview.mark("preview-card")

    def _preview(self) -> None:
        self.text.clear()
        if self.preview.value:
            with self.text:
                _, _, body = self._markdown().split("---\n", 2)
                ui.markdown(body).classes("mlapp-prose w-full text-sm break-words").mark("card")

    def _download(self) -> None:
        ui.download.content(self._markdown().encode(), f"{self.model}-{self.info.version}.md", "text/markdown")

    def _markdown(self) -> str:
        base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        key = self.site.services.access.key_variable
        return model_card(self.info, base_url, key, description=self.page.info.description)
