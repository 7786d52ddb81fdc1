"""Code samples that request a prediction of a row: curl, Python, JavaScript; and of a file: curl."""

from typing import Any

from nicegui import ui

from mlapp.presentation.code_snippets import curl, curl_file, javascript, python

LANGUAGES = (("curl", "bash"), ("Python", "python"), ("JavaScript", "javascript"), ("A file", "bash"))
"""Name of the tab, and language of its code."""


class CodeSample:
    """Tabs of code samples, whose row and address can be changed."""

    def __init__(self, key: str | None) -> None:
        """Draw the tabs; `key` names the environment variable of the API key, if the server requires one."""
        self.key = key
        self.base_url = str(ui.context.client.request.base_url).removesuffix("/").removesuffix("/ui")
        self.codes: list[ui.code] = []
        with (
            ui.tabs()
            .props("dense align=left no-caps active-color=primary indicator-color=primary")
            .classes("w-full") as tabs
        ):
            for name, _ in LANGUAGES:
                ui.tab(name)
        with ui.tab_panels(tabs, value=LANGUAGES[0][0]).classes("w-full bg-transparent"):
            for name, language in LANGUAGES:
                with ui.tab_panel(name).classes("p-0"):
                    self.codes.append(code_block(language, f"code-{name.lower().replace(' ', '-')}"))

    def show(self, record: dict[str, Any], model: str | None, version: int | None) -> None:
        """Show the code for a row; without a model it asks the default one, without a version the active one."""
        texts = [write(self.base_url, record, model, version, self.key) for write in (curl, python, javascript)]
        texts.append(curl_file(self.base_url, model, version, self.key))
        for code, text in zip(self.codes, texts, strict=True):
            code.set_content(text)


def code_block(language: str, mark: str) -> ui.code:
    """Draw a block of code with a button that copies it."""
    code = ui.code(language=language).classes("w-full mlapp-code [&_pre]:pr-10").mark(mark)
    code.copy_button.props('aria-label="Copy"').classes("opacity-80", remove="opacity-20")
    return code
