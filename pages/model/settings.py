"""Settings tab: description, default model, activation policy, deletion."""

from functools import partial

from nicegui import ui

from mlapp.presentation.models.settings import (
    ACTIVATION,
    DELETION,
    DESCRIPTION,
    KEPT,
    NONE_ACTIVE,
    POLICIES,
    default_changes,
    default_text,
    losses,
)
from mlapp.schemas import ActivationPolicy, ModelPatch
from mlapp.schemas.models import MAX_DESCRIPTION
from pages.components.buttons import confirmation
from pages.components.cards import card
from pages.components.model.actions import bullets
from pages.components.notifications import notify_result
from pages.model.tabs import ModelPage, Tab, model_page
from pages.session.site import RESPONSE_TIMEOUT_S, Site
from pages.theme import MUTED, TEXT


def register(site: Site) -> None:
    """Add the page."""

    @ui.page("/models/{model}/settings", response_timeout=RESPONSE_TIMEOUT_S)
    async def settings(model: str) -> None:
        await model_page(site, model, Tab.SETTINGS, lambda page: _Settings(site, page).build())


class _Settings:
    """The page, updated in place; a description that is being edited stays."""

    def __init__(self, site: Site, page: ModelPage) -> None:
        self.site, self.page, self.model = site, page, page.model
        self.saved = page.info.description
        with card("Description"):
            self._description()
        with card("Activation of new versions"):
            self._activation()
        with card("Default model", mark="default-card"):
            self._default()
        with card("Delete this model"):
            self._deletion()

    async def build(self) -> None:
        """Show the state of the model, and follow it."""
        await self._update()
        self.page.on_change(self._update)

    async def _update(self) -> None:
        info, default = self.page.info, self.site.live.default
        edited, self.saved = self.text.value != self.saved, info.description
        if not edited:
            self.text.set_value(info.description)
        self._show_save()
        self.policy.set_value(info.activation)
        self.default_text.set_text(default_text(info, default))
        self.make_default.set_visibility(not info.default)
        self.make_default.set_enabled(info.active is not None)
        self.default_hint.set_visibility(not info.default and info.active is None)
        keeps = info.default and len(self.site.live.models) > 1
        self.delete.set_enabled(not keeps)
        self.delete_hint.set_visibility(keeps)

    def _description(self) -> None:
        ui.label(DESCRIPTION).classes(MUTED)
        self.text = ui.textarea(value=self.saved, on_change=self._show_save).mark("description-text")
        self.text.props(f"outlined autogrow counter maxlength={MAX_DESCRIPTION}").classes("w-full")
        self.text.props["aria-label"] = "Description"
        self.save = ui.button("Save", icon="check", on_click=self._save_description).mark("save-description")
        self._show_save()

    def _show_save(self) -> None:
        self.save.set_enabled((self.text.value or "") != self.saved)

    async def _save_description(self) -> None:
        text = (self.text.value or "").strip()[:MAX_DESCRIPTION]
        self.saved = text
        self.text.set_value(text)
        self._show_save()
        await self._patch(ModelPatch(description=text), "The description is saved.")

    def _activation(self) -> None:
        ui.label(ACTIVATION).classes(MUTED)
        names = {policy: name for policy, (name, _) in POLICIES.items()}
        self.policy = ui.radio(
            names, value=self.page.info.activation, on_change=lambda event: self._set_policy(event.value)
        )
        self.policy.props("dense").classes("flex flex-col gap-3").mark("policy")
        for index, (name, meaning) in enumerate(POLICIES.values()):
            with self.policy.add_slot(f"label-{index}"), ui.column().classes("gap-0 pl-2"):
                ui.label(name).classes(f"{TEXT} font-medium")
                ui.label(meaning).classes(MUTED)

    async def _set_policy(self, policy: ActivationPolicy) -> None:
        if policy != self.page.info.activation:
            await self._patch(
                ModelPatch(activation=policy), f"New versions become active: {POLICIES[policy][0].lower()}."
            )

    def _default(self) -> None:
        self.default_text = ui.label().classes(f"{TEXT} break-words").mark("default-text")
        self.default_hint = ui.label(NONE_ACTIVE).classes(MUTED)
        self.make_default = ui.button("Make it the default model", icon="flag", on_click=self._confirm_default)
        self.make_default.props("outline").mark("make-default")

    def _confirm_default(self) -> None:
        live, model = self.site.live, self.model
        old, new = live.active(live.default), live.active(model)
        make = partial(self._patch, ModelPatch(default=True), f"{model} is now the default model.")
        with confirmation(f"Make {model} the default model?", "Make default", make):
            bullets(default_changes(model, live.default, new, old))

    def _deletion(self) -> None:
        ui.label(DELETION).classes(MUTED)
        self.delete_hint = ui.label(KEPT).classes(TEXT)
        self.delete_hint.mark("delete-hint")
        self.delete = ui.button("Delete model", icon="delete", on_click=self._confirm_deletion)
        self.delete.props("outline color=negative").mark("delete-model")

    def _confirm_deletion(self) -> None:
        with confirmation(f"Delete {self.model}?", "Delete", self._delete, color="negative"):
            bullets(losses(self.page.info))

    async def _delete(self) -> None:
        await notify_result(self.site.services.models.delete(self.model), f"{self.model} is deleted.")
        await self.site.live.refresh()

    async def _patch(self, patch: ModelPatch, success: str) -> None:
        await notify_result(self.site.services.models.update(self.model, patch), success)
        self.site.live.notify_edited(self.model)
        await self.site.live.refresh()
