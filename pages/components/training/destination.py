"""The model that gets the version: a field for its name, and what a training under this name means for callers."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.presentation.comparison.differences import breaking_summary
from mlapp.schemas import ActivationPolicy, ModelInfo, TablePreview
from mlapp.services.model_names import is_name, numbered, slug, suggest_name
from mlapp.services.models.expected_changes import expected_breaking
from pages.components.forms.coalescing import CoalescedTask
from pages.components.warnings import error_line, warnings
from pages.session.column_choices import ColumnChoices, Role
from pages.session.form_state import FormState
from pages.session.site import Site
from pages.theme import FIELD, SMALL, SMALL_BUTTON

INVALID = "A name has lower-case letters, digits, - and _, and begins with a letter or digit."
MAX_SUGGESTIONS = 100
"""Names of models that the field suggests."""
ENDINGS = {
    ActivationPolicy.AUTO: "It will be stored, and version {} keeps answering.",
    ActivationPolicy.ALWAYS: "It will answer nevertheless, instead of version {}.",
}


class Destination:
    """Sets the option `model` as the user types; a training is named after its table until then."""

    def __init__(
        self,
        site: Site,
        state: FormState,
        choices: ColumnChoices,
        on_change: Callable[[], None],
        on_other_model: Callable[[], None],
    ) -> None:
        """Draw the field.

        `on_change` is called when the name has changed, or what is known about its model; `on_other_model` when the
        name is that of another model that exists, or of none any more, as a model keeps its task.
        """
        self.site, self.live, self.options, self.choices = site, site.live, state.options, choices
        self.on_change, self.on_other_model = on_change, on_other_model
        file, target = state.file.name if state.file else None, state.options.get("target")
        self.suggested = suggest_name(dataset=state.dataset, file=file, target=target)
        self.info: ModelInfo | None = None
        self.found: TablePreview | None = None
        self.breaking: list[str] = []
        """What is expected to break callers of the active version."""
        self._draw()
        self._existing = self._existing_name()
        self._look_up = CoalescedTask(self._find_model)
        self._look_up.schedule()
        site.live.models_changed.subscribe(self._look_up.schedule)

    @property
    def name(self) -> str | None:
        """The name of the model; None if what was typed is none."""
        name = (self.field.value or "").strip() or self.suggested
        return name if is_name(name) else None

    @property
    def title(self) -> str:
        """What a training makes, such as `Version 4 of churn`; empty if the name is none."""
        if self._existing is None:
            return f"New model {self.name}" if self.name else ""
        return f"Version {max(self.live.models[self._existing].versions, default=0) + 1} of {self._existing}"

    @property
    def policy(self) -> ActivationPolicy:
        """Whether the version becomes active: as chosen for this training, or as the model says."""
        default = self.info.activation if self.info else ActivationPolicy.AUTO
        return ActivationPolicy(self.options.get("activate") or default)

    @property
    def warning(self) -> str:
        """What becomes of a version that would break callers, in short."""
        if not self.breaking:
            return ""
        return "It will break callers." if self.policy is ActivationPolicy.ALWAYS else "It will not be activated."

    def show(self, found: TablePreview) -> None:
        """Show what a version of a previewed table would change for callers."""
        self.found = found
        self.update()

    def update(self) -> None:
        """Show what a training with the current options means."""
        self.breaking = self._expected_breaking()
        proposal = slug(self.field.value or "")
        self.error.set_text("" if self.name else INVALID)
        self.use_slug.set_visibility(not self.name and bool(proposal))
        self.use_slug.set_text(f"Use {proposal}")
        never = self.name and self.policy is ActivationPolicy.NEVER
        self.status.set_text(f"{self.title}{', to be stored without being activated' if never else ''}")
        self.notice.clear()
        if self.name and self.policy in ENDINGS and self.breaking:
            self._show_breaking(self.name)
        self.on_change()

    def _draw(self) -> None:
        with ui.column().classes("w-full gap-1"):
            self.field = ui.input("Model", value=self.options.get("model") or self.suggested, on_change=self._typed)
            self.field.props(FIELD).classes("w-full").mark("model")
            self.field.props(f"list=models-{self.field.id} maxlength=63 spellcheck=false autocapitalize=off")
            self.field.props["placeholder"] = self.suggested
            self.names = ui.element("datalist").props(f"id=models-{self.field.id}")
            self._suggested_names: list[str] = []
            self.status = ui.label().classes(f"{SMALL} px-3 [overflow-wrap:anywhere]").mark("model-status")
            self.status.props("aria-live=polite")
            self.error = error_line("model-error")
            self.use_slug = ui.button(on_click=lambda: self._use(slug(self.field.value)))
            self.use_slug.props(SMALL_BUTTON).mark("use-slug")
            self.notice = ui.column().classes("w-full gap-2 empty:hidden")
            self.notice.props("aria-live=polite").mark("model-notice")

    def _existing_name(self) -> str | None:
        return self.name if self.name in self.live.models else None

    def _typed(self) -> None:
        if self.name:
            self.options["model"] = self.field.value and self.name
        self._look_up.schedule()
        self._follow_name()

    def _use(self, name: str) -> None:
        self.field.set_value(name)

    def _follow_name(self) -> None:
        existing = self._existing_name()
        if self.info and self.info.name != existing:
            self.info = None
        is_other, self._existing = existing != self._existing, existing
        self.update()
        if is_other:
            self.on_other_model()

    async def _find_model(self) -> None:
        """Look up the model of the name, after it was typed and whenever models have changed."""
        self._suggest_names()
        info = None
        if name := self._existing_name():
            with suppress(NotFound):
                info = await self.site.services.models.get(name)
        if not (self._look_up.is_outdated or self.field.is_deleted):
            self.info = info
            self._follow_name()

    def _suggest_names(self) -> None:
        names = [*self.live.models][:MAX_SUGGESTIONS]
        if names != self._suggested_names:
            self._suggested_names = names
            self.names.clear()
            with self.names:
                for name in names:
                    ui.element("option").props["value"] = name

    def _expected_breaking(self) -> list[str]:
        active = self.live.active(self.name)
        if active is None or self.found is None:
            return []
        features = [each.name for each in self.found.columns if self.choices.role(each) is Role.FEATURE]
        return expected_breaking(active, self.found, features)

    def _show_breaking(self, name: str) -> None:
        version = self.live.active(name)
        number = version.version if version else None
        free = next(other for n in count(2) if (other := numbered(name, n)) not in self.live.models)
        with self.notice:
            warnings(
                [f"{breaking_summary('The new version', number, self.breaking)} {ENDINGS[self.policy].format(number)}"]
            )
            button = ui.button(f"Train as {free}", on_click=partial(self._use, free)).mark("train-as")
            button.props(SMALL_BUTTON).classes("ml-7 max-w-full [overflow-wrap:anywhere]")
