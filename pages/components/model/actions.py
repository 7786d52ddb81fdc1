"""Actions on models, each confirmed in a dialog: activate, roll back, delete, annotate."""

from collections.abc import Awaitable, Sequence

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.comparison import changes
from mlapp.services.models.service import MAX_NOTE_CHARACTERS
from pages.components.notifications import notify_error, notify_success
from pages.session.site import Site
from pages.theme import LEAD, TEXT

DIALOG = "w-full max-w-lg gap-4 p-5"


class ModelActions:
    """Asks for confirmation, runs the action, notifies, and refreshes all open pages."""

    def __init__(self, site: Site) -> None:
        self.site, self.models = site, site.services.models
        self.dialog = ui.dialog()

    async def activate(self, version: int) -> None:
        """Activate a model after showing what that changes for callers."""
        question = f"Activate model {version}?"
        if await self._confirmed(question, "Activate", await self._changes(version)):
            await self._do(self.models.activate(str(version)), f"Model {version} is now active.")

    async def rollback(self) -> None:
        """Activate the previously active model after showing which one that is."""
        version = await self.models.previous()
        if version is None:
            notify_error("No other model has been active; activate one from the list.")
            return
        question = f"Roll back to model {version}, the previously active one?"
        if not await self._confirmed(question, "Roll back", await self._changes(version)):
            return
        if await self.models.previous() != version:
            notify_error("Another model was activated in the meantime; check whether you still want to roll back.")
            return
        await self._do(self.models.rollback(), f"Model {version} is active again.")

    async def delete(self, version: int) -> None:
        """Delete a model."""
        consequences = [f"Requests for version {version} will fail.", "This cannot be undone."]
        if await self._confirmed(f"Delete model {version}?", "Delete", consequences, color="negative"):
            await self._do(self.models.delete(str(version)), f"Model {version} is deleted.")

    async def annotate(self, version: int) -> None:
        """Change the note of a model."""
        try:
            note = (await self.models.get(str(version))).note
        except MlappError as error:
            notify_error(error.detail)
            return
        with self._open(f"Note of model {version}"):
            text = ui.textarea(value=note, placeholder="What is it for? What is special about it?")
            text.props(f"outlined autogrow autofocus counter maxlength={MAX_NOTE_CHARACTERS}").classes("w-full")
            text.props["aria-label"] = f"Note of model {version}"
            self._buttons("Save")
            text.mark("note")
        if await self.dialog:
            note = text.value or ""
            await self._do(self.models.annotate(str(version), note), f"The note of model {version} is saved.")
            # Notes are not polled.
            self.site.live.models_changed.emit()

    async def _changes(self, version: int) -> list[str]:
        """Return what an activation would change; nothing for an unknown model, which the action itself reports."""
        try:
            return changes(self.site.live.active, await self.models.get(str(version)))
        except MlappError:
            return []

    async def _confirmed(self, question: str, action: str, consequences: Sequence[str], color: str = "primary") -> bool:
        with self._open(question):
            with ui.element("ul").classes("w-full m-0 pl-5 list-disc flex flex-col gap-2").mark("changes"):
                for sentence in consequences:
                    with ui.element("li").classes("min-w-0"):
                        ui.label(sentence).classes(f"{TEXT} break-words")
            self._buttons(action, color)
        return bool(await self.dialog)

    def _open(self, heading: str) -> ui.card:
        self.dialog.clear()
        self.dialog.props["aria-label"] = heading
        with self.dialog:
            content = ui.card().classes(DIALOG)
        with content:
            ui.label(heading).classes(LEAD).props("role=heading aria-level=2")
        return content

    def _buttons(self, action: str, color: str = "primary") -> None:
        with ui.row().classes("w-full justify-end gap-2"):
            ui.button("Cancel", on_click=self.dialog.close).props("flat")
            ui.button(action, color=color, on_click=lambda: self.dialog.submit(action)).mark("confirm")

    async def _do(self, action: Awaitable[object], message: str) -> None:
        try:
            await action
        except MlappError as error:
            notify_error(error.detail)
        else:
            notify_success(message)
        await self.site.live.refresh()
