"""Code samples that request a prediction of the current values: curl, Python, JavaScript."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.presentation.code_snippets import curl, javascript, python
from pages.components.cards import card
from pages.components.forms.coalescing import CoalescedTask
from pages.theme import MUTED

LANGUAGES = (("curl", "bash", curl), ("Python", "python", python), ("JavaScript", "javascript", javascript))
PAUSE_S = 0.2


class CodeSample:
    """Tabs of code samples, updated as the record changes.

    `key` names the environment variable of the API key, if the server requires one.
    """

    def __init__(self, record: Callable[[], dict[str, Any]], version: int | None, key: str | None) -> None:
        self.record, self.version, self.key = record, version, key
        self.base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        self.schedule = CoalescedTask(self._update, PAUSE_S).schedule
        """Updates the code soon."""
        self.codes: list[ui.code] = []
        with card("Use it from code", mark="code"):
            note = f" It reads the API key from the environment variable {key}." if key else ""
            ui.label(f"A request with the current values, ready to run.{note}").classes(MUTED)
            with ui.tabs().props("dense align=left no-caps").classes("w-full") as tabs:
                for name, _, _ in LANGUAGES:
                    ui.tab(name)
            with ui.tab_panels(tabs, value=LANGUAGES[0][0]).classes("w-full bg-transparent"):
                for name, language, _ in LANGUAGES:
                    with ui.tab_panel(name).classes("p-0"):
                        code = ui.code(language=language).classes("w-full mlapp-code [&_pre]:pr-10").mark(name.lower())
                        code.copy_button.props('aria-label="Copy"')
                        self.codes.append(code)

    async def _update(self) -> None:
        for code, (_, _, write) in zip(self.codes, LANGUAGES, strict=True):
            code.set_content(write(self.base_url, self.record(), self.version, self.key))
