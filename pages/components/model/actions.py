"""What can be done with a model, wherever one is shown; asked first, with what it would change."""

from collections.abc import Awaitable, Sequence

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.comparison import changes
from mlapp.services.models.service import MAX_NOTE_CHARACTERS
from pages.components.notifications import say_done, say_error
from pages.session.site import Site
from pages.theme import LEAD, TEXT

DIALOG = "w-full max-w-lg gap-4 p-5"


class ModelActions:
    """Asks, does, says that it is done; all open pages see it at once."""

    def __init__(self, site: Site) -> None:
        self.site, self.models = site, site.services.models
        self.dialog = ui.dialog()

    async def activate(self, version: int) -> None:
        """Let a model answer, after saying what that changes for callers."""
        question = f"Let model {version} answer from now on?"
        if await self._asked(question, "Activate", await self._changes(version)):
            await self._do(self.models.activate(str(version)), f"Model {version} answers from now on.")

    async def rollback(self) -> None:
        """Go back to the model that was active before, after saying which one that is."""
        version = await self.models.previous()
        if version is None:
            say_error("No other model was active before; activate one from the list.")
            return
        question = f"Go back to model {version}, which was active before?"
        if not await self._asked(question, "Roll back", await self._changes(version)):
            return
        if await self.models.previous() != version:
            say_error("Meanwhile another model was activated; look again whether to roll back.")
            return
        await self._do(self.models.rollback(), "The model that was active before answers again.")

    async def delete(self, version: int) -> None:
        """Remove a model."""
        lost = [f"Calls that ask for version {version} will fail.", "This cannot be undone."]
        if await self._asked(f"Delete model {version} for good?", "Delete", lost, color="negative"):
            await self._do(self.models.delete(str(version)), f"Model {version} is deleted.")

    async def annotate(self, version: int) -> None:
        """Change the note of a model."""
        try:
            note = (await self.models.get(str(version))).note
        except MlappError as error:
            say_error(error.detail)
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
            # It is nothing that is looked for all the time.
            self.site.live.models_changed.emit()

    async def _changes(self, version: int) -> list[str]:
        """Return what would change; nothing when there is no such model, of which the action itself will tell."""
        try:
            return changes(self.site.live.active, await self.models.get(str(version)))
        except MlappError:
            return []

    async def _asked(self, question: str, action: str, said: Sequence[str], color: str = "primary") -> bool:
        with self._open(question):
            with ui.element("ul").classes("w-full m-0 pl-5 list-disc flex flex-col gap-2").mark("changes"):
                for sentence in said:
                    with ui.element("li").classes("min-w-0"):
                        ui.label(sentence).classes(f"{TEXT} break-words")
            self._buttons(action, color)
        return bool(await self.dialog)

    def _open(self, heading: str) -> ui.card:
        self.dialog.clear()
        self.dialog.props["aria-label"] = heading
        with self.dialog:
            sheet = ui.card().classes(DIALOG)
        with sheet:
            ui.label(heading).classes(LEAD).props("role=heading aria-level=2")
        return sheet

    def _buttons(self, action: str, color: str = "primary") -> None:
        with ui.row().classes("w-full justify-end gap-2"):
            ui.button("Cancel", on_click=self.dialog.close).props("flat")
            ui.button(action, color=color, on_click=lambda: self.dialog.submit(action)).mark("confirm")

    async def _do(self, action: Awaitable[object], done: str) -> None:
        try:
            await action
        except MlappError as error:
            say_error(error.detail)
        else:
            say_done(done)
        await self.site.live.look()
