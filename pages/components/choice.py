"""What a visitor of the Train page has chosen so far."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlapp.errors import MlappError
from mlapp.schemas import Format, Submission, TablePreview
from mlapp.services.training import TrainingService


@dataclass
class Choice:
    """A table, and the options of its training."""

    folder: Path
    """Holds the dropped file for as long as the page is open."""
    name: str | None = None
    """What the visitor calls the file."""
    format: Format | None = None
    dataset: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    _asked: int = 0

    @property
    def file(self) -> Path:
        """Where the dropped file is kept."""
        return self.folder / "table"

    async def look(self, training: TrainingService) -> TablePreview | None:
        """Look at the table for what is chosen; None when another choice overtook that.

        Raises:
            MlappError: the table cannot be read.
        """
        self._asked += 1
        mine = self._asked
        options = {name: self.options[name] for name in ("target", "features") if self.options.get(name)}
        path = None if self.dataset else str(self.file)
        try:
            found = await training.look(
                Submission(options=options, format=self.format, path=path, dataset=self.dataset)
            )
        except MlappError:
            if mine == self._asked:
                raise
            return None
        return found if mine == self._asked else None

    def submission(self) -> Submission:
        """Return the table with the options; of a file a copy, since a training removes its own."""
        options = {name: value for name, value in self.options.items() if value not in (None, "", [])}
        if self.dataset:
            return Submission(options=options, dataset=self.dataset)
        with tempfile.NamedTemporaryFile(prefix="mlapp-", delete=False) as copy, self.file.open("rb") as original:
            shutil.copyfileobj(original, copy)
        return Submission(options=options, format=self.format, path=copy.name, name=self.name)
