"""What the content of pages lies on, and what stands there while, or where, there is none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

from pages.components.buttons import lead
from pages.theme import CARD, HEADING, LEAD, MUTED, SMALL, TEXT


@contextmanager
def card(heading: str = "", mark: str = "") -> Iterator[ui.card]:
    """Draw a card with a heading."""
    with ui.card().classes(CARD) as drawn:
        if mark:
            drawn.mark(mark)
        if heading:
            ui.label(heading).classes(HEADING).props("role=heading aria-level=2")
        yield drawn


@contextmanager
def empty(icon: str, what: str, why: str, mark: str = "empty") -> Iterator[None]:
    """Draw a card that says that there is nothing yet, and why; what to do about it goes inside."""
    with card(mark=mark), ui.column().classes("w-full items-center text-center gap-2 py-8"):
        ui.icon(icon).classes("text-5xl text-slate-400")
        ui.label(what).classes(LEAD)
        ui.label(why).classes(f"{MUTED} max-w-lg break-words")
        with ui.row().classes("justify-center pt-2"):
            yield


def no_model(why: str = "Train one from your own table, or from a bundled one to see how it works.") -> None:
    """Draw what a page shows that needs a model where there is none."""
    with empty("hub", "There is no model yet", why, mark="no-model"):
        lead("Train a model", "model_training", "/train")


def working(what: str) -> None:
    """Show that something is going on."""
    with ui.row().classes("items-center").props("role=status").mark("working"):
        ui.spinner(size="sm")
        ui.label(what).classes(MUTED)


def figures(shown: Sequence[tuple[str, str, str]]) -> None:
    """Show a few figures in a line: what it is, the figure, what to compare it with."""
    with ui.row().classes("w-full gap-x-10 gap-y-4"):
        for name, value, beside in shown:
            with ui.column().classes("gap-0"):
                ui.label(name).classes(MUTED)
                ui.label(value).classes("text-2xl font-semibold tracking-tight")
                ui.label(beside).classes(SMALL)


def facts(shown: Sequence[tuple[str, str]]) -> None:
    """Show what there is to know, line by line."""
    with ui.element("dl").classes("w-full grid grid-cols-1 sm:grid-cols-[minmax(8rem,14rem)_1fr] gap-x-4 gap-y-1 m-0"):
        for name, value in shown:
            with ui.element("dt").classes(f"{MUTED} min-w-0 break-words"):
                ui.label(name)
            with ui.element("dd").classes(f"{TEXT} m-0 pb-2 sm:pb-0 min-w-0 break-words"):
                ui.label(value)
