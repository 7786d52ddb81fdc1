"""Uploaded tables as temporary files."""

import os
import tempfile
import weakref
from pathlib import Path

from mlapp.schemas import Format


class TableFile:
    """An uploaded file; it is deleted with its last reference, or when the server stops."""

    def __init__(self, name: str, file_format: Format, size: int) -> None:
        self.name, self.format, self.size = name, file_format, size
        handle, path = tempfile.mkstemp(prefix="mlapp-table-")
        os.close(handle)
        self.path = Path(path)
        self.remove = weakref.finalize(self, self.path.unlink, missing_ok=True)
