"""Cards, empty states, loading indicators, figures and definition lists."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from nicegui import ui

from pages.components.buttons import Target, link_button
from pages.theme import CARD, FIGURE, HEADING, LEAD, MUTED, SMALL, TEXT


@contextmanager
def card(heading: str = "", mark: str = "") -> Iterator[ui.card]:
    """Draw a card with a heading."""
    with ui.card().classes(CARD) as element:
        if mark:
            element.mark(mark)
        if heading:
            ui.label(heading).classes(HEADING).props("role=heading aria-level=2")
        yield element


def empty_state(icon: str, title: str, text: str, target: Target, mark: str = "empty") -> None:
    """Draw a card for missing content: a title, an explanation, and a button for what to do next."""
    with card(mark=mark), ui.column().classes("w-full items-center text-center gap-2 py-8"):
        ui.icon(icon).classes("text-5xl text-slate-400")
        ui.label(title).classes(LEAD)
        ui.label(text).classes(f"{MUTED} max-w-lg break-words")
        with ui.row().classes("justify-center pt-2"):
            link_button(*target)


def loading(text: str) -> None:
    """Draw a spinner with a text."""
    with ui.row().classes("items-center").props("role=status").mark("loading"):
        ui.spinner(size="sm")
        ui.label(text).classes(MUTED)


def figure(name: str) -> tuple[ui.label, ui.label]:
    """Draw the name of a figure, and return the labels of its value and of a detail."""
    with ui.column().classes("gap-0"):
        ui.label(name).classes(MUTED)
        return ui.label().classes(FIGURE), ui.label().classes(SMALL)


class Figure(NamedTuple):
    """A figure: its name, its value, what to compare it with, and all of its digits."""

    name: str
    value: str
    comparison: str
    exact: str


def figures(items: Sequence[Figure]) -> None:
    """Draw figures in a row."""
    with ui.row().classes("w-full gap-x-10 gap-y-4"):
        for each in items:
            value, comparison = figure(each.name)
            value.set_text(each.value)
            value.props["title"] = each.exact
            comparison.set_text(each.comparison)


def facts(items: Sequence[tuple[str, str]]) -> None:
    """Draw names and values as a definition list."""
    with ui.element("dl").classes("w-full grid grid-cols-1 sm:grid-cols-[minmax(8rem,14rem)_1fr] gap-x-4 gap-y-1 m-0"):
        for name, value in items:
            with ui.element("dt").classes(f"{MUTED} min-w-0 break-words"):
                ui.label(name)
            with ui.element("dd").classes(f"{TEXT} m-0 pb-2 sm:pb-0 min-w-0 break-words"):
                ui.label(value)
