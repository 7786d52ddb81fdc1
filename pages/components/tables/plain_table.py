"""Tables of user data: names and cells are shown as text and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

Cell = str | int | float | None


@contextmanager
def scrolling(about: str) -> Iterator[None]:
    """Let what is inside scroll sideways where it is too wide; by the keyboard, too, as a table alone would not."""
    with ui.element("div").classes("mlapp-scroll w-full overflow-x-auto").props("role=region tabindex=0") as region:
        region.props["aria-label"] = about
        yield


def plain_table(about: str, names: Sequence[str], rows: Sequence[Sequence[Cell]], *, page_rows: int = 0) -> ui.table:
    """Show rows under column names; `page_rows` at a time, all when 0. `about` is for those who cannot see it.

    A name of the user's never becomes a key: a key that begins with a colon would be run as JavaScript.
    """
    columns = [
        {"name": f"c{place}", "field": f"c{place}", "label": name, "align": "left"} for place, name in enumerate(names)
    ]
    keyed = [{"key": number} | {f"c{place}": cell for place, cell in enumerate(row)} for number, row in enumerate(rows)]
    with scrolling(about):
        table = ui.table(columns=columns, rows=keyed, row_key="key", pagination=page_rows or None)
    return table.props("flat dense wrap-cells").classes("w-full max-w-full")
