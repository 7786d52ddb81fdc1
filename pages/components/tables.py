"""Tables of user data: names and cells are shown as text and nothing else."""

from collections.abc import Sequence

from nicegui import ui

Cell = str | int | float | None


def plain_table(names: Sequence[str], rows: Sequence[Sequence[Cell]], *, page_rows: int = 0) -> ui.table:
    """Show rows under column names; `page_rows` at a time, all when 0.

    A name of the user's never becomes a key: a key that begins with a colon would be run as JavaScript.
    """
    columns = [
        {"name": f"c{place}", "field": f"c{place}", "label": name, "align": "left"} for place, name in enumerate(names)
    ]
    keyed = [{"key": number} | {f"c{place}": cell for place, cell in enumerate(row)} for number, row in enumerate(rows)]
    table = ui.table(columns=columns, rows=keyed, row_key="key", pagination=page_rows or None)
    return table.props("flat dense wrap-cells").classes("w-full max-w-full")
