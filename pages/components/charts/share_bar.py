"""A share as a bar."""

from nicegui import ui


def bar(share: float, about: str, *, size: str = "8px") -> ui.linear_progress:
    """Draw a bar that is filled by a share of 0 to 1; `about` says of what, to those who cannot see it."""
    drawn = ui.linear_progress(share, show_value=False, size=size).props("rounded instant-feedback")
    drawn.props["aria-label"] = about
    return drawn
