"""Uploaded tables as temporary files."""

import os
import tempfile
import weakref
from pathlib import Path

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
