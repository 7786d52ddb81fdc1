"""State of the Train form: table and options, kept on the server for each browser tab."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

from nicegui import Client
from nicegui import app as ui_app

from mlapp.errors import NotFound, Unavailable
from mlapp.schemas import FileOptions, Submission, TablePreview
from mlapp.services.access.sessions import SESSION, Session
from mlapp.services.temporary_files import save_copy
from mlapp.services.training.service import TrainingService
from pages.session.column_choices import COLUMN_OPTIONS
from pages.session.table_file import TableFile

MAX_STATES = 100
MAX_AGE_S = 24 * 3_600
"""How long a state is kept after its last use."""

PREVIEWED = {*FileOptions.model_fields, *COLUMN_OPTIONS, "model"}
"""Options that a preview depends on."""

Owner = tuple[Session | None, str]
"""The session, if the server requires a login, and a secret id of the browser tab."""


def tab_owner(client: Client) -> Owner:
    """Return the owner of what a browser tab keeps; the browser must have connected.

    NiceGUI's tab storage survives a reload on phones, where the tab gets another id.
    """
    return client.request.scope.get(SESSION), ui_app.storage.tab.setdefault("owner", client.id)


@dataclass(eq=False)
class FormState:
    """A table, bundled or uploaded, and the options of its training."""

    owner: Owner
    dataset: str | None = None
    description: str = ""
    """The description of a bundled table."""
    file: TableFile | None = None
    options: dict[str, Any] = field(default_factory=dict)
    job: int | None = None
    """The last training started with this state."""
    started_options: dict[str, Any] = field(default_factory=dict)
    """The options of that training."""
    last_used: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.file.name if self.file else self.dataset or ""

    async def preview(self, training: TrainingService) -> TablePreview:
        """Preview the table as it is read and used with the current options.

        Raises:
            MlappError: the table cannot be read.
        """
        self.last_used = time.monotonic()
        options = {name: value for name, value in self._chosen().items() if name in PREVIEWED}
        return await training.preview(self._submission(options, str(self.file.path) if self.file else None))

    def submission(self) -> Submission:
        """Return table and options; files are copied, as a training deletes its file.

        Raises:
            NotFound: the file has been deleted.
            Unavailable: there is no disk space for the copy.
        """
        return self._submission(self._chosen(), _copy(self.file) if self.file else None)

    def _chosen(self) -> dict[str, Any]:
        """Return the options that were set."""
        return {name: value for name, value in self.options.items() if value not in (None, "", [], {})}

    def _submission(self, options: dict[str, Any], path: str | None) -> Submission:
        if self.file is None:
            return Submission(options=options, dataset=self.dataset)
        return Submission(options=options, path=path, format=self.file.format, name=self.file.name)


def _copy(file: TableFile) -> str:
    try:
        with file.path.open("rb") as original:
            return save_copy(original)
    except FileNotFoundError:
        raise NotFound(f"{file.name} is no longer kept on the server; upload it again.") from None
    except OSError as error:
        raise Unavailable(f"The table cannot be stored ({error.strerror}); try again later.") from None


class FormStates:
    """The kept states: for each tab those of its trainings, and one that was not started yet."""

    def __init__(self, max_bytes: int) -> None:
        """Keep files of at most `max_bytes` in total."""
        self.max_bytes = max_bytes
        self._states: list[FormState] = []

    def find(self, owner: Owner, job: int | None = None) -> FormState | None:
        """Return the state of a training; without `job` the state not started yet, or else the last used one.

        It is a copy that replaces the original, as another page, such as a duplicated tab, may still use that one.
        """
        self.prune()
        own = [state for state in self._states if state.owner == owner and job in (None, state.job)]
        if not own:
            return None
        found = max(own, key=lambda state: (state.job is None, state.last_used))
        copy = replace(found, options=dict(found.options))
        self._states[self._states.index(found)] = copy
        return copy

    def keep(self, state: FormState) -> None:
        """Keep a state, replacing the one of its owner that was not started yet."""
        self._keep([kept for kept in self._states if kept.job or kept.owner != state.owner] + [state])

    def start(self, state: FormState, job: int) -> None:
        """Record that a training was started; the state of an earlier training is kept with its own options."""
        others = [kept for kept in self._states if kept is not state]
        if state.job:
            others.append(replace(state, options=state.started_options))
        state.job, state.started_options, state.last_used = job, dict(state.options), time.monotonic()
        self._keep([*others, state])

    def prune(self) -> None:
        """Drop states beyond the limits, and delete their files."""
        self._keep(self._states)

    def _keep(self, states: list[FormState]) -> None:
        """Keep the most recently used states within the limits, and delete the files of dropped ones."""
        before, self._states = self._states, []
        files: set[TableFile] = set()
        for state in sorted(states, key=lambda state: state.last_used, reverse=True):
            needed = files | ({state.file} if state.file else set())
            fits = len(self._states) < MAX_STATES and sum(file.size for file in needed) <= self.max_bytes
            if fits and time.monotonic() - state.last_used < MAX_AGE_S:
                self._states.append(state)
                files = needed
        for state in before:
            if state.file and state.file not in files:
                state.file.remove()
