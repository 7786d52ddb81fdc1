"""Uploaded tables as temporary files."""

import os
import tempfile
import weakref
from pathlib import Path

from nicegui.elements.upload_files import FileUpload

from mlapp.schemas import Format


class TableFile:
    """An uploaded file; it is deleted with its last reference, or when the server stops."""

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size = name, size
        self.format = Format.of_file(name) or Format.CSV
        """The format by its name: a hint, as files are recognized by their content."""
        handle, path = tempfile.mkstemp(prefix="mlapp-table-")
        os.close(handle)
        self.path = Path(path)
        self.remove = weakref.finalize(self, self.path.unlink, missing_ok=True)

    @classmethod
    async def received(cls, upload: FileUpload) -> "TableFile":
        """Keep a file that a browser has sent."""
        file = cls(upload.name, upload.size())
        await upload.save(file.path)
        return file
