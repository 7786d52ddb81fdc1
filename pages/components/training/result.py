"""The result of a training: the version and whether it answers, its scores and plots, and what to do with it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.comparison.differences import breaking_summary
from mlapp.presentation.sentences import headline, version_name
from mlapp.presentation.verdict import verdict
from mlapp.schemas import VersionInfo
from pages.components.buttons import confirmation, link_button
from pages.components.cards import card
from pages.components.charts.evaluation import PLAIN, plots
from pages.components.model.actions import VersionActions
from pages.components.model.scores import findings
from pages.components.model.summary import assessment, evidence
from pages.components.notifications import notify_result
from pages.components.warnings import notes, warnings
from pages.session.site import Site
from pages.theme import HEADING, MUTED, TEXT


class TrainingResult:
    """A newly trained version; created once per page."""

    def __init__(self, site: Site, on_train_without: Callable[[VersionInfo], object]) -> None:
        """Draw nothing yet; `on_train_without` trains again without the columns that seem to give the target away."""
        self.site, self.on_train_without = site, on_train_without
        self.model, self.version = "", 0
        """The version on the page; 0 if there is none."""
        self.kept = False
        """Whether the user has decided that the version stays inactive."""
        self._shown: tuple[object, ...] = ()
        """The state that is drawn."""
        self.content = ui.column().classes("w-full gap-5")
        site.live.models_changed.subscribe(self._update)

    @property
    def name(self) -> str:
        """The name of the version."""
        return version_name(self.model, self.version)

    def clear(self) -> None:
        """Remove the result."""
        self.version = 0
        self.content.clear()

    async def show(self, model: str, version: int) -> None:
        """Show a version."""
        self.model, self.version, self.kept = model, version, False
        info = await self._find()
        # Otherwise the page shows another training by now.
        if (model, version) == (self.model, self.version):
            self._draw(info)

    def _draw(self, info: VersionInfo | None) -> None:
        self.content.clear()
        self._shown = ()
        with self.content:
            with card(mark="result"):
                if info:
                    assessment(info, lambda: self.on_train_without(info))
                self.heading = ui.column().classes("w-full gap-2").props("aria-live=polite")
                self.links = ui.row()
                if info:
                    ui.separator()
                    evidence(info)
                    notes("unused", [f"'{column.name}' {column.reason}; it is not used." for column in info.ignored])
            if info:
                findings(info)
                plots([info], PLAIN)
        self._show_state(info)

    async def _update(self) -> None:
        """Update whether the version exists and is active."""
        if shown := self.version:
            info = await self._find()
            if shown == self.version:
                self._show_state(info) if info else self._draw(None)

    async def _find(self) -> VersionInfo | None:
        try:
            return await self.site.services.models.version(self.model, str(self.version))
        except NotFound:
            return None

    def _show_state(self, info: VersionInfo | None) -> None:
        state = (self._active, self.kept, info and (info.active, info.default, tuple(info.breaking)))
        if state == self._shown:
            # What is drawn again would lose the focus.
            return
        self._shown = state
        self.heading.clear()
        self.links.clear()
        with self.heading:
            ui.label(self._title(info)).classes(f"{HEADING} break-words max-w-full").mark("result-heading")
            if info:
                ui.label(self._about(info)).classes(f"{MUTED} break-words max-w-full").mark("result-about")
                if info.breaking and not self.kept:
                    warnings([breaking_summary("It", self._active, info.breaking)])
        if info:
            with self.links:
                self._buttons(info)

    @property
    def _active(self) -> int | None:
        stored = self.site.live.models.get(self.model)
        return stored.active if stored else None

    def _title(self, info: VersionInfo | None) -> str:
        if info is None:
            return f"{self.name} was trained but has since been deleted."
        if info.active:
            return f"{self.name} answers now."
        return f"{self.name} is stored, but not activated."

    def _about(self, info: VersionInfo) -> str:
        sentences = [f"It {headline(info)}."]
        if info.active and info.default:
            sentences.append(f"{self.model} is the default model: it answers programs that name no model.")
        elif not info.active and self._active:
            sentences.append(f"Version {self._active} keeps answering.")
        return " ".join(sentences)

    def _buttons(self, info: VersionInfo) -> None:
        predict = f"/models/{self.model}/predict"
        if info.active:
            use = link_button("Predict with it", "insights", predict).mark("predict")
            # What is to be done first is to train again.
            use.props("outline" if verdict(info).suspects else "")
        else:
            text = "Activate it anyway" if info.breaking else "Activate"
            activate = ui.button(text, icon="bolt", on_click=self._activate).mark("activate-it")
            if info.breaking and not self.kept:
                activate.props("outline")
                ui.button(f"Keep version {self._active}", icon="check", on_click=self._keep).mark("keep")
            link_button("Predict with it", "insights", f"{predict}?version={self.version}").props("outline").mark(
                "predict"
            )
        link_button("Details", "layers", f"/models/{self.model}/versions/{self.version}").props("outline").mark(
            "details"
        )
        if not info.active:
            discard = ui.button("Discard", icon="delete", on_click=self._confirm_discard)
            discard.props("flat color=negative").mark("discard")

    async def _activate(self) -> None:
        await VersionActions(self.site, self.model).activate(self.version)

    async def _keep(self) -> None:
        self.kept = True
        await self._update()

    def _confirm_discard(self) -> None:
        with confirmation(f"Discard {self.name}?", "Discard", self._discard, color="negative"):
            ui.label("It will be deleted permanently.").classes(TEXT)

    async def _discard(self) -> None:
        action = self.site.services.models.delete_version(self.model, str(self.version))
        await self._do(action, f"{self.name} is deleted.")

    async def _do(self, action: Awaitable[object], success: str) -> None:
        await notify_result(action, success)
        await self._update()
