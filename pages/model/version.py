"""Model page: evaluation, signature, training details, activation history and model card."""

from functools import partial

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.formats import format_duration, format_time, format_value
from mlapp.presentation.model_card import card as model_card
from mlapp.presentation.sentences import headline, training_rows
from mlapp.schemas import Feature, VersionInfo
from pages.components.buttons import link_button
from pages.components.cards import card, facts, not_found
from pages.components.model.actions import VersionActions
from pages.components.model.activation_log import activation_log
from pages.components.model.scores import details, scores
from pages.components.tables.paged_table import PagedTable, paged_rows
from pages.components.warnings import warnings
from pages.frame import frame
from pages.session.site import Site
from pages.theme import LEAD, MUTED, TEXT

ALIASES = {"active": "Active model", "latest": "Latest model"}
SIGNATURE = ("Feature", "Type", "Missing in training", "Values in training", "Example")
PAGE_FEATURES = 25


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{version}")
    async def model(version: str) -> None:
        try:
            found = await site.services.models.get(version)
        except NotFound as error:
            ui.status_code(404)
            with frame(site, "Model not found", "/models"):
                not_found(error)
            return
        await site.live.refresh()
        title = ALIASES.get(version, f"Model {found.version}")
        with frame(site, title, "/models", "" if version in ALIASES else f"It {headline(found)}."):
            page = _Page(site, version, found)
            with ui.column().classes("w-full gap-5") as page.content:
                await page.build()
        site.live.models_changed.subscribe(page.update)


class _Page:
    """The content of the page; rebuilt only if the alias `active` or `latest` points to another version."""

    content: ui.column
    log: PagedTable

    def __init__(self, site: Site, name: str, model: VersionInfo) -> None:
        self.site, self.name, self.model = site, name, model
        self.actions = VersionActions(site)

    async def build(self) -> None:
        with card(mark="state"):
            self._state()
        await self._update_state()
        with card("Evaluation"):
            scores(self.model)
        if self.model.warnings:
            with card("Warnings"):
                warnings(self.model.warnings)
        details(self.model)
        with card("Signature"):
            await self._signature()
        with card("Training"):
            facts(_training_facts(self.model))
        with card("Activation history"):
            self.log = activation_log(self.site.services.models, self.model.version)
        await self.log.show()
        with card("Model card"):
            self._card()

    async def update(self) -> None:
        """Show changes of the model."""
        version = self.model.version
        try:
            self.model = await self.site.services.models.get(self.name)
        except NotFound as error:
            self.content.clear()
            with self.content:
                not_found(error)
            return
        if self.model.version != version:
            self.content.clear()
            with self.content:
                await self.build()
            return
        await self._update_state()
        await self.log.show()

    def _state(self) -> None:
        version = self.model.version
        with ui.row().classes("w-full items-center gap-x-3 gap-y-2"):
            if self.name in ALIASES:
                ui.link(f"Model {version}", f"/models/{version}").classes(f"{LEAD} text-primary no-underline")
                ui.label(headline(self.model)).classes(f"{MUTED} break-words min-w-0")
            self.active = ui.badge("active", color="positive").mark("active")
            self.unusable = ui.badge("unusable", color="warning").mark("unusable")
            self.inactive = ui.label("Inactive: used only by requests that name this version.").classes(MUTED)
        self.reason = ui.label().classes(f"{TEXT} break-words").mark("reason")
        ui.label(f"Trained on {training_rows(self.model)}.").classes(f"{TEXT} break-words max-w-full").mark("source")
        with ui.row().classes("w-full items-start gap-2 flex-nowrap"):
            self.note = ui.label().classes(f"{TEXT} whitespace-pre-wrap break-words min-w-0").mark("note-text")
            edit = ui.button(icon="edit", on_click=partial(self.actions.annotate, version)).mark("annotate")
            edit.props('flat round dense size=sm color=primary aria-label="Edit note"')
        with ui.row().classes("w-full gap-2"):
            self.predict = link_button("Predict", "insights", f"/predict?version={version}")
            self.activate = ui.button("Activate", icon="bolt", on_click=partial(self.actions.activate, version))
            self.activate.props("outline").mark("activate")
            comparison = f"/models/compare?versions=active,{version}"
            self.compare = link_button("Compare with active", "compare_arrows", comparison)
            self.compare.props("outline").mark("compare")
            self.delete = ui.button("Delete", icon="delete", on_click=partial(self.actions.delete, version))
            self.delete.props("flat color=negative").mark("delete")

    async def _update_state(self) -> None:
        model = self.model
        reason = None if model.usable else await self.site.services.models.unusable_reason(model.version)
        self.active.set_visibility(model.active)
        self.unusable.set_visibility(not model.usable)
        self.inactive.set_visibility(not model.active and model.usable)
        self.reason.set_visibility(not model.usable)
        self.reason.set_text(reason or "")
        self.note.set_text(model.note or "No note yet.")
        self.note.classes("italic" if not model.note else "", remove="italic")
        self.predict.set_enabled(model.usable)
        self.activate.set_visibility(not model.active)
        self.activate.set_enabled(model.usable)
        self.compare.set_visibility(not model.active and self.site.live.active is not None)
        self.delete.set_visibility(not model.active)

    async def _signature(self) -> None:
        rows = [
            (f.name, f.type, "no" if f.required else "yes", _values(f), format_value(f.example))
            for f in self.model.features
        ]
        await paged_rows("Signature", SIGNATURE, rows, PAGE_FEATURES)
        if self.model.ignored:
            ui.label("Unused columns").classes(MUTED)
            ignored = [(column.name, column.reason) for column in self.model.ignored]
            await paged_rows("Unused columns", ("Column", "Reason"), ignored)

    def _card(self) -> None:
        with ui.row().classes("w-full items-center justify-between"):
            ui.label("A Markdown summary of this model, to share or to archive.").classes(MUTED)
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
        ui.download.content(self._markdown().encode(), f"model-{self.model.version}.md", "text/markdown")

    def _markdown(self) -> str:
        base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        return model_card(self.model, base_url, self.site.services.access.key_variable)


def _training_facts(model: VersionInfo) -> list[tuple[str, str]]:
    libraries = ", ".join(f"{name} {version}" for name, version in model.library_versions.items())
    coverage = [] if model.coverage is None else [("Interval coverage", f"{model.coverage:.0%}")]
    return [
        ("Estimator", model.estimator),
        ("Rows", f"{model.rows:,} ({model.rows_dropped:,} without a target excluded)"),
        ("Trained", f"{format_time(model.created_at)}, in {format_duration(model.training_seconds)}"),
        *coverage,
        ("Seed", str(model.seed)),
        ("Libraries", libraries),
        ("Table values (SHA-256)", model.data_sha256),
        *((f"Parameter {name}", format_value(value)) for name, value in model.parameters.items() if value is not None),
    ]


def _values(feature: Feature) -> str:
    if feature.categories is not None:
        return ", ".join(feature.categories[:5]) + (" …" if len(feature.categories) > 5 else "")
    if feature.min is None or feature.max is None:
        return "true or false"
    return f"{format_value(feature.min)} to {format_value(feature.max)}"
