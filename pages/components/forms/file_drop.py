"""Where a file is dropped, or chosen: by mouse, finger or keyboard."""

from collections.abc import Awaitable, Callable

from nicegui import events, ui

from mlapp.schemas import Format
from mlapp.settings import Settings
from pages.components.notifications import say_error

ACCEPT = ".csv,.tsv,.txt,.parquet,.pq,.ndjson,.jsonl"
HEADER = """
<div class="mlapp-drop">
  <button type="button" @click="props.pickFiles" :disabled="props.isUploading">
    <q-icon :name="props.isUploading ? 'cloud_upload' : 'upload_file'" size="2rem" color="primary" />
    <strong>{{ props.isUploading ? 'Uploading, ' + props.uploadProgressLabel : 'Drop a table here' }}</strong>
    <span>or press to choose a CSV, Parquet or NDJSON file</span>
  </button>
  <label>Table file <q-uploader-add-trigger /></label>
</div>
"""
"""Quasar's own has a field for the file inside of a button, which screen readers cannot tell apart."""
LIST = "<div />"
"""What was chosen stands on the page anyhow."""


def drop(settings: Settings, taken: Callable[[events.UploadEventArguments, Format], Awaitable[None]]) -> ui.upload:
    """Draw a place for one table file; `taken` is called with it and its format."""

    async def take(event: events.UploadEventArguments) -> None:
        upload.reset()
        kind = Format.of_file(event.file.name)
        if kind is None or kind is Format.JSON:
            say_error("The file is neither CSV, Parquet nor NDJSON by its name; save it as one of them.")
        else:
            await taken(event, kind)

    def refuse() -> None:
        say_error(f"A file is taken if it is CSV, Parquet or NDJSON, and up to {settings.max_body_mb} MB large.")

    upload = ui.upload(auto_upload=True, max_file_size=settings.max_body_bytes, on_upload=take, on_rejected=refuse)
    upload.props(f'accept="{ACCEPT}" flat')
    upload.on("failed", lambda: say_error("The file did not arrive; try again."), args=[])
    upload.add_slot("header", HEADER)
    upload.add_slot("list", LIST)
    return upload.classes("w-full rounded-xl bg-transparent").mark("file")
