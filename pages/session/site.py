"""The objects that every page receives."""

from dataclasses import dataclass
from functools import cached_property

from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.form_state import FormStates
from pages.session.live_updates import LiveUpdates

RESPONSE_TIMEOUT_S = 40
"""A page waits for its version to load right after the start of the server, and for its turn on a busy machine."""


@dataclass(frozen=True)
class Site:
    """Services, settings and live updates; created when the pages are mounted."""

    services: Services
    settings: Settings
    live: LiveUpdates
    api: bool = True
    """Whether the JSON API is served too, so that pages can link to it."""

    @cached_property
    def forms(self) -> FormStates:
        """The tables that browser tabs have chosen to train on."""
        return FormStates(2 * self.settings.max_body_bytes)
