"""Settings tab: description, default model, activation policy, deletion."""

from pages.session.site import Site


def register(site: Site) -> None:
    """Add the page."""
