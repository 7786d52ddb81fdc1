"""What visitors choose on the Train page: kept for a while, each for the browser tab in which it was chosen."""

import os
import tempfile
import time
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlapp.errors import NotFound, Unavailable
from mlapp.schemas import Format, Submission, TablePreview
from mlapp.services.access.sessions import Session
from mlapp.services.temporary_files import save_copy
from mlapp.services.training import TrainingService

KEPT = 100
"""Choices that are kept."""
KEPT_S = 24 * 3_600
"""How long a choice is kept after it was last used."""

Owner = tuple[Session | None, str]
"""The session, if people log in, and a name of the browser tab that is known to the server only."""


class TableFile:
    """A dropped file; it is removed when nothing refers to it any more, or when the server ends."""

    def __init__(self, name: str, kind: Format, size: int) -> None:
        self.name, self.format, self.size = name, kind, size
        handle, path = tempfile.mkstemp(prefix="mlapp-table-")
        os.close(handle)
        self.path = Path(path)
        self.remove = weakref.finalize(self, self.path.unlink, missing_ok=True)


@dataclass(eq=False)
class Choice:
    """A table, bundled or a file, and the options of its training."""

    owner: Owner
    dataset: str | None = None
    about: str = ""
    """What there is to say of a bundled table."""
    file: TableFile | None = None
    options: dict[str, Any] = field(default_factory=dict)
    job: int | None = None
    """The training that was started with it last."""
    started: dict[str, Any] = field(default_factory=dict)
    """The options of that training."""
    used: float = field(default_factory=time.monotonic)
    looks: int = 0
    """How often its table was looked at."""

    @property
    def name(self) -> str:
        """What the table is called."""
        return self.file.name if self.file else self.dataset or ""

    async def look(self, training: TrainingService) -> TablePreview:
        """Look at the table for these options.

        Raises:
            MlappError: the table cannot be read.
        """
        self.used = time.monotonic()
        options = {name: self.options[name] for name in ("target", "features") if self.options.get(name)}
        return await training.preview(self._submission(options, str(self.file.path) if self.file else None))

    def submission(self) -> Submission:
        """Return the table with the options; of a file a copy, since a training removes its own.

        Raises:
            NotFound: the file has been removed.
        """
        options = {name: value for name, value in self.options.items() if value not in (None, "", [])}
        return self._submission(options, _copy(self.file) if self.file else None)

    def _submission(self, options: dict[str, Any], path: str | None) -> Submission:
        if self.file is None:
            return Submission(options=options, dataset=self.dataset)
        return Submission(options=options, path=path, format=self.file.format, name=self.file.name)


def _copy(file: TableFile) -> str:
    try:
        with file.path.open("rb") as original:
            return save_copy(original)
    except FileNotFoundError:
        raise NotFound(f"{file.name} is no longer kept on the server; drop it again.") from None
    except OSError as error:
        raise Unavailable(f"There is no room for the table ({error.strerror}); try again later.") from None


class Choices:
    """The choices that are kept: of each tab those of its trainings, and one that was not started yet."""

    def __init__(self, max_bytes: int) -> None:
        """Keep files of `max_bytes` in all."""
        self.max_bytes = max_bytes
        self._kept: list[Choice] = []

    def find(self, owner: Owner, job: int | None = None) -> Choice | None:
        """Return the choice of a training; without one the choice not started yet, else the one used last.

        It is a copy, kept from now on instead: a page that is still open, as in a tab that was duplicated, has its own.
        """
        self.tidy()
        mine = [choice for choice in self._kept if choice.owner == owner and job in (None, choice.job)]
        if not mine:
            return None
        found = max(mine, key=lambda choice: (choice.job is None, choice.used))
        copy = replace(found, options=dict(found.options))
        self._kept[self._kept.index(found)] = copy
        return copy

    def keep(self, choice: Choice) -> None:
        """Keep a choice, in place of the one of its owner that was not started yet."""
        self._keep([kept for kept in self._kept if kept.job or kept.owner != choice.owner] + [choice])

    def start(self, choice: Choice, job: int) -> None:
        """Note that a training was started with a choice; of an earlier one, keep what it was started with."""
        others = [kept for kept in self._kept if kept is not choice]
        if choice.job:
            others.append(replace(choice, options=choice.started))
        choice.job, choice.started, choice.used = job, dict(choice.options), time.monotonic()
        self._keep([*others, choice])

    def forget(self, choice: Choice) -> None:
        """Keep a choice no longer."""
        self._keep([kept for kept in self._kept if kept is not choice])

    def tidy(self) -> None:
        """Forget choices that are beyond the limits, and remove their files."""
        self._keep(self._kept)

    def _keep(self, wanted: list[Choice]) -> None:
        """Keep those of the wanted choices that the limits allow, those used last first."""
        before, self._kept = self._kept, []
        files: set[TableFile] = set()
        for choice in sorted(wanted, key=lambda choice: choice.used, reverse=True):
            more = files | ({choice.file} if choice.file else set())
            fits = len(self._kept) < KEPT and sum(file.size for file in more) <= self.max_bytes
            if fits and time.monotonic() - choice.used < KEPT_S:
                self._kept.append(choice)
                files = more
        for choice in before:
            if choice.file and choice.file not in files:
                choice.file.remove()
