"""File upload by drag and drop or file picker."""

from collections.abc import Awaitable, Callable

from nicegui import events, ui

from mlapp.settings import Settings
from pages.components.notifications import notify_error

HEADER = """
<div class="mlapp-drop">
  <button type="button" @click="props.pickFiles" :disabled="props.isUploading">
    <q-icon :name="props.isUploading ? 'cloud_upload' : 'upload_file'" size="2rem" color="primary" />
    <strong>{{ props.isUploading ? 'Uploading, ' + props.uploadProgressLabel : 'TITLE' }}</strong>
    <span>or click to choose a file: CSV, Excel, OpenDocument, Parquet, Arrow or JSON, also in .gz or .zip</span>
  </button>
  <label>Table file <q-uploader-add-trigger /></label>
</div>
"""
"""Replaces Quasar's header, whose file input inside a button confuses screen readers."""
LIST = "<div />"
"""Replaces Quasar's list of files: the page shows the uploaded table."""
DROP_ANYWHERE = """
<script>
document.addEventListener("dragover", (event) => {{
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
}});
document.addEventListener("drop", (event) => {{
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  getElement({id}).$refs.qRef.addFiles([event.dataTransfer.files[0]]);
}});
</script>
"""
"""Uploads a file that is dropped beside the zone, which the browser would open instead."""


def file_drop(
    settings: Settings,
    on_file: Callable[[events.UploadEventArguments], Awaitable[None]],
    title: str = "Drop a table here",
) -> ui.upload:
    """Draw the drop zone for a table file of any format; `on_file` is called with the upload.

    The title goes into a template, so that it must not be text of users.
    """

    async def uploaded(event: events.UploadEventArguments) -> None:
        upload.reset()
        await on_file(event)

    def rejected() -> None:
        notify_error(
            f"The file is larger than {settings.max_body_mb} MB, the limit of this server. "
            "Leave out columns or rows, pack it as .zip or .gz, or save it as Parquet."
        )

    upload = ui.upload(
        auto_upload=True, max_file_size=settings.max_body_bytes, on_upload=uploaded, on_rejected=rejected
    )
    upload.props("flat")
    upload.on("failed", lambda: notify_error("The upload failed; try again."), args=[])
    upload.add_slot("header", HEADER.replace("TITLE", title))
    upload.add_slot("list", LIST)
    ui.add_body_html(DROP_ANYWHERE.format(id=upload.id))
    return upload.classes("w-full rounded-xl bg-transparent").mark("file")
