"""The objects that every page receives."""

from dataclasses import dataclass

from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.live_updates import LiveUpdates


@dataclass(frozen=True)
class Site:
    """Services, settings and live updates; created when the pages are mounted."""

    services: Services
    settings: Settings
    live: LiveUpdates
    api: bool = True
    """Whether the JSON API is served too, so that pages can link to it."""
