"""Actions on the versions of a model, each confirmed in a dialog: activate, roll back, delete, annotate."""

from collections.abc import Awaitable, Sequence

from nicegui import ui

from mlapp.errors import Conflict, MlappError
from mlapp.presentation.comparison.differences import changes
from mlapp.services.models.service import MAX_NOTE_CHARACTERS
from pages.components.buttons import confirmation
from pages.components.notifications import notify_error, notify_result
from pages.session.site import Site
from pages.theme import TEXT


class VersionActions:
    """Asks for confirmation, runs the action, notifies, and refreshes all open pages."""

    def __init__(self, site: Site, model: str) -> None:
        self.site, self.models, self.model = site, site.services.models, model

    async def activate(self, version: int) -> None:
        """Activate a version after showing what that changes for callers."""
        consequences = await self._changes(version)

        async def activate() -> None:
            await self._do(self.models.activate(self.model, str(version)), f"Version {version} is now active.")

        with confirmation(f"Activate version {version} of {self.model}?", "Activate", activate):
            bullets(consequences)

    async def rollback(self) -> None:
        """Activate the previously active version after showing which one that is."""
        try:
            version = await self.models.previous(self.model)
        except MlappError as error:
            notify_error(error.detail)
            return
        if version is None:
            notify_error("No other version has been active; activate one from the list.")
            return
        consequences = await self._changes(version)

        async def roll_back() -> None:
            await self._do(self._rollback_to(version), f"Version {version} is active again.")

        with confirmation(f"Roll back to version {version}, the previously active one?", "Roll back", roll_back):
            bullets(consequences)

    async def delete(self, version: int) -> None:
        """Delete a version."""

        async def delete() -> None:
            await self._do(self.models.delete_version(self.model, str(version)), f"Version {version} is deleted.")

        with confirmation(f"Delete version {version} of {self.model}?", "Delete", delete, color="negative"):
            bullets([f"Programs that ask for version {version} get an error.", "This cannot be undone."])

    async def annotate(self, version: int) -> None:
        """Change the note of a version."""
        try:
            note = (await self.models.version(self.model, str(version))).note
        except MlappError as error:
            notify_error(error.detail)
            return

        async def save() -> None:
            action = self.models.annotate(self.model, str(version), text.value or "")
            await self._do(action, f"The note of version {version} is saved.")
            self.site.live.notify_edited(self.model)

        with confirmation(f"Note of version {version}", "Save", save):
            text = ui.textarea(value=note, placeholder="What is it for? What is special about it?").mark("note")
            text.props(f"outlined autogrow autofocus counter maxlength={MAX_NOTE_CHARACTERS}").classes("w-full")
            text.props["aria-label"] = f"Note of version {version}"

    async def _rollback_to(self, version: int) -> None:
        """Roll back, if that still activates this version."""
        if await self.models.previous(self.model) != version:
            raise Conflict("Another version was activated in the meantime; check whether you still want to roll back.")
        await self.models.rollback(self.model)

    async def _changes(self, version: int) -> list[str]:
        """Return what an activation would change; nothing for an unknown version, which the action itself reports."""
        try:
            return changes(self.site.live.active(self.model), await self.models.version(self.model, str(version)))
        except MlappError:
            return []

    async def _do(self, action: Awaitable[object], success: str) -> None:
        await notify_result(action, success)
        await self.site.live.refresh()


def bullets(sentences: Sequence[str]) -> None:
    """Draw sentences as a list: what an action changes."""
    with ui.element("ul").classes("w-full m-0 pl-5 list-disc flex flex-col gap-2").mark("changes"):
        for sentence in sentences:
            with ui.element("li").classes("min-w-0"):
                ui.label(sentence).classes(f"{TEXT} break-words")
