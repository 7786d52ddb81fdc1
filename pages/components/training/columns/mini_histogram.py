"""Small histograms and frequent values of table columns."""

from nicegui import ui

from mlapp.presentation.formats import format_percent
from mlapp.schemas import Distribution, TableColumn
from pages.theme import SERIES

MAX_BARS = 20


class MiniHistogram:
    """A small histogram as one element, whose bars are layers of its background."""

    def __init__(self) -> None:
        self.element = ui.element("div").classes("h-7 w-full max-sm:hidden").props("aria-hidden=true")

    def show(self, found: Distribution | None) -> None:
        """Draw a distribution."""
        counts = found.counts[:MAX_BARS] if found else []
        top = max(counts, default=0) or 1
        width = 100 / max(len(counts), 8)
        layers = [
            # A background position of p % aligns the point at p % of the image with the point at p % of the element.
            f"linear-gradient({SERIES[0]}, {SERIES[0]}) {index * width / (100 - 0.8 * width) * 100:.2f}% 100% / "
            f"{0.8 * width:.2f}% {max(4, 100 * count / top):.1f}% no-repeat"
            for index, count in enumerate(counts)
            if count
        ]
        self.element.style(replace=f"background: {', '.join(layers) or 'none'}")


def frequent_values(column: TableColumn) -> str:
    """Return the most frequent values with their shares, or a few examples."""
    found = column.distribution
    if not found or not found.categories or column.distinct > len(found.categories):
        return ", ".join(column.examples)
    present = found.total - found.missing
    pairs = list(zip(found.categories, found.counts, strict=True))[:3]
    return ", ".join(f"{category} {format_percent(count / present)}" for category, count in pairs)
