"""Bars that show a share between 0 and 1."""

from nicegui import ui


def bar(share: float, label: str, *, size: str = "8px") -> ui.linear_progress:
    """Draw a bar filled to a share between 0 and 1; `label` is its accessible name."""
    # Screen readers take no exponents.
    element = ui.linear_progress(round(share, 4), show_value=False, size=size).props("rounded instant-feedback")
    element.props["aria-label"] = label
    return element
