"""What every page is given."""

from dataclasses import dataclass

from mlapp.services import Services
from mlapp.settings import Settings
from pages.session.live_updates import Live


@dataclass(frozen=True)
class Site:
    """The services, what is set, what changes; made where the pages are mounted, passed on from there."""

    services: Services
    settings: Settings
    live: Live
    api: bool = True
    """Whether there is a JSON API on the same port, which pages may speak of."""
