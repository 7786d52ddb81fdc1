"""Tables of user data, shown as text only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

Cell = str | int | float | None


@contextmanager
def scrolling(label: str) -> Iterator[None]:
    """Draw a region that scrolls sideways, by keyboard too; `label` is its accessible name."""
    with ui.element("div").classes("mlapp-scroll w-full overflow-x-auto").props("role=region tabindex=0") as region:
        region.props["aria-label"] = label
        yield


def plain_table(label: str, names: Sequence[str], rows: Sequence[Sequence[Cell]], *, page_rows: int = 0) -> ui.table:
    """Draw rows, `page_rows` per page or all if 0; `label` is the accessible name.

    Column names of users are never keys: a key that begins with a colon is executed as JavaScript.
    """
    columns = [
        {"name": f"c{index}", "field": f"c{index}", "label": name, "align": "left"} for index, name in enumerate(names)
    ]
    keyed = [{"key": number} | {f"c{index}": cell for index, cell in enumerate(row)} for number, row in enumerate(rows)]
    with scrolling(label):
        table = ui.table(columns=columns, rows=keyed, row_key="key", pagination=page_rows or None)
    return table.props("flat dense wrap-cells").classes("w-full max-w-full")
