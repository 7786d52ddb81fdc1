"""API tab: code that asks a model."""

from pages.session.site import Site


def register(site: Site) -> None:
    """Add the page."""
