"""File upload by drag and drop or file picker."""

from collections.abc import Awaitable, Callable

from nicegui import events, ui

from mlapp.schemas import Format
from mlapp.settings import Settings
from pages.components.notifications import notify_error

ACCEPT = ".csv,.tsv,.txt,.parquet,.pq,.ndjson,.jsonl"
HEADER = """
<div class="mlapp-drop">
  <button type="button" @click="props.pickFiles" :disabled="props.isUploading">
    <q-icon :name="props.isUploading ? 'cloud_upload' : 'upload_file'" size="2rem" color="primary" />
    <strong>{{ props.isUploading ? 'Uploading, ' + props.uploadProgressLabel : 'Drop a table here' }}</strong>
    <span>or click to choose a CSV, Parquet or NDJSON file</span>
  </button>
  <label>Table file <q-uploader-add-trigger /></label>
</div>
"""
"""Replaces Quasar's header, whose file input inside a button confuses screen readers."""
LIST = "<div />"
"""Replaces Quasar's list of files: the page shows the uploaded table."""


def file_drop(
    settings: Settings, on_file: Callable[[events.UploadEventArguments, Format], Awaitable[None]]
) -> ui.upload:
    """Draw the drop zone for a table file; `on_file` is called with the upload and its format."""

    async def uploaded(event: events.UploadEventArguments) -> None:
        upload.reset()
        file_format = Format.of_file(event.file.name)
        if file_format is None or file_format is Format.JSON:
            notify_error(
                "This is not a CSV, Parquet or NDJSON file by its name; save the table in one of these formats."
            )
        else:
            await on_file(event, file_format)

    def rejected() -> None:
        notify_error(f"Only CSV, Parquet and NDJSON files of up to {settings.max_body_mb} MB are accepted.")

    upload = ui.upload(
        auto_upload=True, max_file_size=settings.max_body_bytes, on_upload=uploaded, on_rejected=rejected
    )
    upload.props(f'accept="{ACCEPT}" flat')
    upload.on("failed", lambda: notify_error("The upload failed; try again."), args=[])
    upload.add_slot("header", HEADER)
    upload.add_slot("list", LIST)
    return upload.classes("w-full rounded-xl bg-transparent").mark("file")
